// Weights as they are stored: products and gathered rows have the bits of the same weights expanded, for every type,
// for fused pieces of different types and orders, and however the work is cut.

import ApusCore
import Foundation
import Testing

@testable import ApusTensor

@Suite("Stored weights")
struct StoredMatrixTests {
  // Rows and columns that fill neither panels nor vectors nor the steps that are packed at once.
  static let shapes: [(rows: Int, columns: Int)] = [(1, 1), (70, 33), (17, 600), (65, 257), (130, 1100), (33, 520)]
  static let types: [StoredNumbers] = [.float32, .float16, .bfloat16, .float64]

  /// Bytes in memory of their own, at any alignment.
  final class Bytes: ByteOwner, @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    let bytes: UnsafeRawBufferPointer
    private(set) var released = 0

    init(_ content: [UInt8], offset: Int) {
      memory = .allocate(byteCount: content.count + offset, alignment: 64)
      bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[offset...])
      UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyBytes(from: content)
    }

    deinit { memory.deallocate() }

    func release(_ bytes: UnsafeRawBufferPointer) { released += bytes.count }
  }

  private func random(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
  }

  private func encoded(_ values: [Float], as type: StoredNumbers) -> [UInt8] {
    switch type {
    case .float32: values.flatMap { withUnsafeBytes(of: $0.bitPattern) { Array($0) } }
    case .float64: values.flatMap { withUnsafeBytes(of: Double($0)) { Array($0) } }
    case .float16: values.flatMap { value in withUnsafeBytes(of: halfBits(value)) { Array($0) } }
    case .bfloat16: values.flatMap { value in withUnsafeBytes(of: UInt16(value.bitPattern >> 16)) { Array($0) } }
    default: values.withUnsafeBufferPointer { Kernels.available[0].bytes($0, as: type) ?? [] }
    }
  }

  // Truncated, which is enough for numbers to store.
  private func halfBits(_ value: Float) -> UInt16 {
    let magnitude = abs(value)
    guard magnitude >= 0x1p-14 else { return 0 }
    let bits = magnitude.bitPattern - 112 << 23
    return UInt16(bits >> 13) | (value < 0 ? 0x8000 : 0)
  }

  /// A matrix of the given pieces, and its values as a tensor.
  private func matrix(
    _ kernels: Kernels, columns: Int, _ parts: [(type: StoredNumbers, rows: Int, order: [Int32]?)], offset: Int
  ) -> (StoredMatrix, Tensor, [Bytes]) {
    var (pieces, values, owners) = ([StoredMatrix.Piece](), [Float](), [Bytes]())
    for (index, part) in parts.enumerated() {
      let placeRows = Int(part.order?.max() ?? Int32(part.rows - 1)) + 1
      let content = encoded(random(placeRows * columns, seed: UInt64(index + 1)), as: part.type)
      let owner = Bytes(content, offset: offset)
      owners.append(owner)
      pieces.append(
        StoredMatrix.Piece(part.type, owner.bytes, rows: part.rows, order: part.order, owner: owner))
      let place = kernels.floats(part.type, in: owner.bytes)
      for row in part.order ?? (0..<Int32(part.rows)).map({ $0 }) {
        values += place[Int(row) * columns..<(Int(row) + 1) * columns]
      }
    }
    let tensor = Tensor(rows: values.count / columns, columns: columns, values: values)
    return (StoredMatrix(columns: columns, pieces), tensor, owners)
  }

  /// Every shape in every type, and fused pieces in several types and orders.
  private func cases(_ kernels: Kernels) -> [(name: String, stored: StoredMatrix, expanded: Tensor, owners: [Bytes])] {
    var all: [(name: String, stored: StoredMatrix, expanded: Tensor, owners: [Bytes])] = []
    for (rows, columns) in Self.shapes {
      for type in Self.types {
        for offset in [0, 3] {
          let (stored, expanded, owners) = matrix(kernels, columns: columns, [(type, rows, nil)], offset: offset)
          all.append(("\(type) [\(rows), \(columns)] at \(offset)", stored, expanded, owners))
        }
      }
      let halves = (0..<Int32(2 * rows)).map { $0 / 2 + $0 % 2 * Int32(rows) }
      let some = (0..<Int32(rows)).reversed().map { $0 * 3 }
      let (stored, expanded, owners) = matrix(
        kernels, columns: columns,
        [(.bfloat16, 2 * rows, halves), (.float32, rows, nil), (.float16, rows, some), (.float32, rows, some)],
        offset: 2)
      all.append(("fused [\(5 * rows), \(columns)]", stored, expanded, owners))
    }
    return all
  }

  private func product(_ x: Tensor, _ weight: Parameter, _ workspace: Workspace, rowsAtOnce: Int) -> [UInt32] {
    let y = Tensor(rows: x.rows, columns: weight.rows)
    for row in stride(from: 0, to: x.rows, by: rowsAtOnce) {
      let rows = row..<min(x.rows, row + rowsAtOnce)
      var job = MatrixProduct.Job(rows: x.rows(rows), times: weight.rows, into: y.rows(rows))
      job.function = .silu
      workspace.products.multiply(job, byTransposeOf: weight)
    }
    return y.values.map(\.bitPattern)
  }

  @Test("Products have the bits of expanded weights", arguments: Kernels.available.map(\.name))
  func products(name: String) throws {
    let kernels = try #require(Kernels.named(name))
    let workspaces = [1, 2, 5].map { Workspace(pool: ThreadPool(threads: $0), kernels: kernels) }
    for (name, matrix, expanded, owners) in cases(kernels) {
      let x = Tensor(rows: 9, columns: matrix.columns, values: random(9 * matrix.columns, seed: 9))
      let master = Parameter(name: name, value: expanded, decays: true)
      let stored = Parameter(name: name, rows: matrix.rows, columns: matrix.columns, decays: true)
      stored.keep(matrix)
      let packed = Parameter(name: name, rows: matrix.rows, columns: matrix.columns, decays: true)
      packed.pack(matrix, in: workspaces[1])
      #expect(owners.allSatisfy { $0.released >= $0.bytes.count }, "\(name): memory is let go")
      let expected = product(x, master, workspaces[0], rowsAtOnce: 9)
      for workspace in workspaces {
        for rowsAtOnce in [9, 4, 1] {
          let context = "\(name), \(workspace.pool.threads) threads, \(rowsAtOnce) rows"
          #expect(product(x, stored, workspace, rowsAtOnce: rowsAtOnce) == expected, "stored \(context)")
          #expect(product(x, packed, workspace, rowsAtOnce: rowsAtOnce) == expected, "packed \(context)")
        }
      }
    }
  }

  @Test("Gathered rows have the bits of expanded weights", arguments: Kernels.available.map(\.name))
  func gathering(name: String) throws {
    let kernels = try #require(Kernels.named(name))
    let workspace = Workspace(pool: ThreadPool(threads: 2), kernels: kernels)
    for (name, matrix, expanded, _) in cases(kernels) where matrix.rows > 1 {
      let master = Parameter(name: name, value: expanded.copied(), decays: true)
      let packed = Parameter(name: name, value: expanded, decays: true)
      packed.pack(in: workspace)
      let stored = Parameter(name: name, rows: matrix.rows, columns: matrix.columns, decays: true)
      stored.keep(matrix)
      let ids = [0, matrix.rows - 1, matrix.rows / 2, 0].map { Int32($0 - min($0, 1)) }
      func gather(_ parameter: Parameter) -> [UInt32] {
        let y = Tensor(rows: ids.count, columns: matrix.columns)
        parameter.gather(ids, count: ids.count, scale: 1.7, into: y.pointer, accumulate: false, kernels)
        parameter.gather(ids, count: ids.count, firstRow: 1, into: y.pointer, accumulate: true, kernels)
        return y.values.map(\.bitPattern)
      }
      let expected = gather(master)
      #expect(gather(packed) == expected && gather(stored) == expected, "\(name)")
    }
  }

  @Test("Rows are read and masters made again in every form")
  func rows() throws {
    let kernels = try Kernels.select()
    let workspace = Workspace(pool: ThreadPool(threads: 2), kernels: kernels)
    for (name, matrix, expanded, _) in cases(kernels) {
      let values = expanded.values
      let packed = Parameter(name: name, value: expanded, decays: true)
      packed.pack(in: workspace)
      let stored = Parameter(name: name, rows: matrix.rows, columns: matrix.columns, decays: true)
      stored.keep(matrix)
      for parameter in [packed, stored] {
        #expect(!parameter.hasMaster)
        var read: [Float] = []
        parameter.forEachRow(0..<matrix.rows, kernels) { read += $0 }
        #expect(read == values, "\(name)")
        parameter.unpack(kernels)
        #expect(parameter.hasMaster && parameter.value.values == values, "\(name)")
      }
    }
  }
}

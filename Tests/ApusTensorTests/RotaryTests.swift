// The rotation of packed rows against its formula in double precision: partial, in both layouts, scaled, and by the
// length of each sequence; and that the backward pass is the transpose of the forward one.

import ApusCore
import Foundation
import Testing

@testable import ApusTensor

@Suite struct RotaryTests {
  private static let shape = AttentionShape(heads: 3, keyValueHeads: 1, headWidth: 10)
  private static let frequencies: [Float] = [1, 0.31, 0.04]
  private static let scale: Float = 1.25
  // Alike up to 4 tokens; beyond, each length divides by itself.
  private static let segments = [
    Segment(start: 0, count: 3), Segment(start: 3, count: 4), Segment(start: 7, count: 5, position: 70),
    Segment(start: 12, count: 1, declaredLength: 75), Segment(start: 13, count: 2, declaredLength: 9),
  ]
  private static let lengths = [3, 4, 75, 75, 9]
  private static let rows = 15

  private static func divisor(_ length: Int) -> Float { length <= 4 ? 1 : Float(length) }

  private static func tables(_ isInterleaved: Bool) -> RotaryTables {
    RotaryTables(isInterleaved: isInterleaved, representative: { max($0, 4) }) { length in
      RotaryTable(inverseFrequencies: frequencies.map { $0 / divisor(length) }, scale: scale)
    }
  }

  private static func values(_ seed: Double) -> [Float] {
    (0..<rows * shape.fusedWidth).map { Float(sin(seed * Double($0 * $0 % 7919))) }
  }

  private static func rotated(_ x: [Float], _ isInterleaved: Bool) -> [Double] {
    var y = x.map(Double.init)
    for (segment, length) in zip(segments, lengths) {
      for index in 0..<segment.count {
        for head in 0..<shape.heads + shape.keyValueHeads {
          let start = (segment.start + index) * shape.fusedWidth + head * shape.headWidth
          for (pair, frequency) in frequencies.enumerated() {
            let angle = Double(segment.position + index) * Double(frequency / divisor(length))
            let first = start + (isInterleaved ? 2 * pair : pair)
            let second = isInterleaved ? first + 1 : first + frequencies.count
            let (a, b) = (y[first] * Double(scale), y[second] * Double(scale))
            (y[first], y[second]) = (a * cos(angle) - b * sin(angle), b * cos(angle) + a * sin(angle))
          }
        }
      }
    }
    return y
  }

  @Test(arguments: [false, true], [1, 3])
  func rowsTurnByPositionAndLength(isInterleaved: Bool, threads: Int) throws {
    let workspace = Workspace(pool: ThreadPool(threads: threads), kernels: try Kernels.select())
    let batch = PackedBatch(tokens: [Int32](repeating: 0, count: Self.rows), segments: Self.segments)
    let (x, dy) = (Self.values(1), Self.values(2))
    workspace.begin(batch, recording: true)
    let input = workspace.tape.variable(Tensor(rows: Self.rows, columns: Self.shape.fusedWidth, values: x))
    let operation = Rotary(tables: Self.tables(isInterleaved), shape: Self.shape, variable: input)
    let output = Rotary.forward(input, tables: operation.tables, shape: Self.shape, in: workspace).value.values
    let expected = Self.rotated(x, isInterleaved)
    #expect(zip(output, expected).allSatisfy { abs(Double($0) - $1) < 2e-6 })

    let gradient = workspace.tape.gradient(of: input).0
    gradient.withMutableValues { for index in $0.indices { $0[index] = dy[index] } }
    operation.backward(in: workspace)
    let dx = workspace.tape.gradient(of: input).0.values
    let forward = zip(expected, dy).reduce(0) { $0 + $1.0 * Double($1.1) }
    let backward = zip(x, dx).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(forward - backward) < 1e-4)
    #expect(zip(dx, dy).contains { abs($0 - $1) > 0.1 })
  }

  @Test func tablesAreKeptAndForgotten() {
    let tables = Self.tables(false)
    let short = tables.table(forLength: 1)
    #expect(tables.table(forLength: 4) === short)
    let long = tables.table(forLength: 5)
    #expect(long !== short && tables.table(forLength: 5) === long)
    for length in 100..<200 { _ = tables.table(forLength: length) }
    #expect(tables.table(forLength: 1) !== short)
    let known = RotaryTable(inverseFrequencies: [1])
    #expect(RotaryTables(known).table(forLength: 7) === RotaryTables(known).table(forLength: 9_000))
  }
}

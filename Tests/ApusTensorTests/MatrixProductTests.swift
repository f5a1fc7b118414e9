// The product driver: the three forms against sums in double, and the same bits however the work is cut.

import ApusCore
import Testing

@testable import ApusTensor

@Suite("Matrix products over threads")
struct MatrixProductTests {
  // From one output to several chunks of panels and of k.
  static let shapes: [(tokens: Int, width: Int, depth: Int)] = [
    (1, 1, 1), (1, 70, 33), (3, 17, 600), (64, 200, 130), (129, 65, 257), (37, 900, 96), (90, 48, 1100), (2, 5, 0),
  ]

  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let values = (0..<rows * columns).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    return Tensor(rows: rows, columns: columns, values: values)
  }

  /// a b in double, on top of `start`.
  private func product(
    m: Int, n: Int, k: Int, start: [Float]?, a: (Int, Int) -> Float, b: (Int, Int) -> Float
  ) -> [Double] {
    (0..<m * n).map { index in
      let (row, column) = (index / n, index % n)
      return (0..<k).reduce(start.map { Double($0[index]) } ?? 0) {
        $0 + Double(a(row, $1)) * Double(b($1, column))
      }
    }
  }

  private func agree(_ found: Tensor, _ wanted: [Double], depth: Int) -> Bool {
    let limit = 3e-7 * (4 + 3 * Double(depth).squareRoot())
    return zip(found.values, wanted).allSatisfy { abs(Double($0) - $1) <= limit * (1 + abs($1)) }
  }

  @Test("The three forms agree with sums in double", arguments: Kernels.available.map(\.name), [1, 3])
  func forms(name: String, threads: Int) throws {
    let kernels = try #require(Kernels.named(name))
    let products = MatrixProduct(kernels: kernels, pool: ThreadPool(threads: threads))
    for (tokens, width, depth) in Self.shapes {
      let (x, w) = (random(tokens, depth, seed: 1), random(width, depth, seed: 2))
      let (xs, ws) = (x.values, w.values)
      let y = random(tokens, width, seed: 3)
      let forward = product(
        m: tokens, n: width, k: depth, start: nil, a: { xs[$0 * depth + $1] }, b: { ws[$1 * depth + $0] })
      products.multiply(
        MatrixProduct.Job(rows: x, times: width, into: y), byTransposeOf: Parameter(name: "w", value: w, decays: true))
      #expect(agree(y, forward, depth: depth), "\(name): [\(tokens), \(depth)] by [\(width), \(depth)] transposed")

      let (dy, dx, dw) = (random(tokens, width, seed: 4), random(tokens, depth, seed: 5), w.copied())
      let dys = dy.values
      let input = product(
        m: tokens, n: depth, k: width, start: dx.values, a: { dys[$0 * width + $1] }, b: { ws[$0 * depth + $1] })
      products.multiply(dy, by: w, into: dx, accumulate: true)
      #expect(agree(dx, input, depth: width), "\(name): [\(tokens), \(width)] by [\(width), \(depth)]")
      let weight = product(
        m: width, n: depth, k: tokens, start: nil, a: { dys[$1 * width + $0] }, b: { xs[$0 * depth + $1] })
      products.multiply(transposed: dy, by: x, into: dw, accumulate: false)
      #expect(agree(dw, weight, depth: tokens), "\(name): [\(tokens), \(width)] transposed by [\(tokens), \(depth)]")
    }
  }

  @Test("Threads, packing ahead and single rows change no bit", arguments: Kernels.available.map(\.name))
  func bits(name: String) throws {
    let kernels = try #require(Kernels.named(name))
    for (tokens, width, depth) in Self.shapes {
      let (x, w) = (random(tokens, depth, seed: 1), random(width, depth, seed: 2))
      let (bias, residual) = (random(1, width, seed: 3), random(tokens, width, seed: 4))
      var first: [UInt32]?
      for threads in [1, 2, 5] {
        let workspace = Workspace(pool: ThreadPool(threads: threads), kernels: kernels)
        let weight = Parameter(name: "w", value: w, decays: true)
        for packed in [false, true] {
          if packed { weight.pack(in: workspace) }
          for rowsAtOnce in [tokens, 1] {
            let y = Tensor(rows: tokens, columns: width)
            for row in stride(from: 0, to: tokens, by: rowsAtOnce) {
              let rows = row..<row + rowsAtOnce
              var job = MatrixProduct.Job(rows: x.rows(rows), times: width, into: y.rows(rows))
              (job.bias, job.residual, job.function) = (bias, residual.rows(rows), .geluTanh)
              workspace.products.multiply(job, byTransposeOf: weight)
            }
            let bits = y.values.map(\.bitPattern)
            #expect(bits == first ?? bits, "\(name), \(threads) threads, packed: \(packed), \(rowsAtOnce) rows")
            first = bits
          }
        }
      }
    }
  }

  @Test("A plan covers every output once")
  func plans() {
    for threads in [1, 2, 5, 16] {
      for (m, n, k) in [(1, 1, 1), (768, 128, 128), (2048, 288, 768), (1, 32000, 288), (5000, 3, 40)] {
        for (preparation, strided) in [(ProductPlan.Preparation.none, false), (.packing, true), (.unpacking, false)] {
          let plan = ProductPlan(
            m: m, n: n, k: k, stridedA: strided, panel: 16, tileRows: 6, preparation: preparation,
            threads: threads)
          let width = (n + 15) / 16
          var covered = [Int](repeating: 0, count: m * width)
          for index in 0..<plan.tasks {
            let (rows, panels) = plan.task(index)
            #expect(!rows.isEmpty && !panels.isEmpty && rows.upperBound <= m && panels.upperBound <= width)
            for row in rows { for panel in panels { covered[row * width + panel] += 1 } }
          }
          #expect(covered.allSatisfy { $0 == 1 }, "\(m) x \(n) x \(k) on \(threads) threads")
        }
      }
    }
  }
}

// Softmax and rotary embedding against double-precision references, and their derivatives.

import CApusKernels
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct SoftmaxTests {
  static func reference(_ x: [Double], columns: Int) -> [Double] {
    stride(from: 0, to: x.count, by: columns).flatMap { start -> [Double] in
      let row = x[start..<(start + columns)]
      let top = row.max() ?? 0
      let e = row.map { exp($0 - top) }
      let sum = e.reduce(0, +)
      return e.map { $0 / sum }
    }
  }

  @Test(arguments: instructionSets) func forwardAndBackward(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 4)
    for columns in [1, 2, 5, 8, 17, 40] {
      let x = numbers.floats(3 * columns, in: -5...5)
      var (y, dx) = (x, x)
      table.softmax(x, &y, 3, columns)
      #expect(largestError(y, floats(Self.reference(doubles(x), columns: columns))) < 1e-6)
      let dy = numbers.floats(x.count)
      table.softmax_backward(y, dy, &dx, 3, columns)
      let expected = numericalGradient(at: doubles(x)) { dot(Self.reference($0, columns: columns), doubles(dy)) }
      #expect(largestError(dx, floats(expected)) < 1e-6)
    }
  }

  @Test(arguments: instructionSets) func largeAndMasked(name: String) throws {
    let x: [Float] = [1e30, -1e30, 1e30, -.infinity, 0, 1e30, -.infinity, -.infinity, 1e30]
    var y = x
    try kernels(name).softmax(x, &y, 1, x.count)
    #expect(largestError(y, [0.25, 0, 0.25, 0, 0, 0.25, 0, 0, 0.25]) < 1e-7)
  }
}

@Suite struct RopeTests {
  /// Head dimension, rotated features, interleaved.
  private static let shapes = [(8, 8), (16, 4), (48, 48), (64, 64), (6, 2), (130, 130), (10, 10)]

  @Test(arguments: instructionSets) func turnsPairs(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 5)
    for (head, rotary) in Self.shapes {
      for interleaved in [false, true] {
        let (heads, rows, half) = (3, 4, rotary / 2)
        let stride = heads * head + 5
        let angles = numbers.floats(10 * half, in: -3...3)
        let (cosine, sine) = (angles.map { cosf($0) }, angles.map { sinf($0) })
        let positions: [Int32] = [0, 9, 3, 3]
        let x = numbers.floats(rows * stride)
        var y = x
        table.rope(&y, stride, heads, head, rotary, cosine, sine, positions, interleaved, 1, rows)
        var expected = doubles(x)
        for t in 0..<rows {
          for h in 0..<heads {
            for i in 0..<half {
              let base = t * stride + h * head
              let (a, b) = interleaved ? (base + 2 * i, base + 2 * i + 1) : (base + i, base + half + i)
              let angle = Int(positions[t]) * half + i
              let (c, s) = (Double(cosine[angle]), Double(sine[angle]))
              (expected[a], expected[b]) = (
                Double(x[a]) * c - Double(x[b]) * s, Double(x[b]) * c + Double(x[a]) * s
              )
            }
          }
        }
        #expect(largestError(y, floats(expected)) < 3e-7)
        table.rope(&y, stride, heads, head, rotary, cosine, sine, positions, interleaved, -1, rows)
        #expect(largestError(y, x) < 1e-6, "the inverse undoes it")
      }
    }
  }
}

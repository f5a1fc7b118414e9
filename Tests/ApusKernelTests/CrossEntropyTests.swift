// Cross-entropy by vocabulary chunks: loss and gradient against a double-precision reference.

import CApusKernels
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct CrossEntropyTests {
  private static func loss(_ logits: [Double], vocabulary: Int, targets: [Int32]) -> Double {
    targets.enumerated().reduce(0) { total, item in
      guard item.element >= 0 else { return total }
      let row = logits[(item.offset * vocabulary)..<((item.offset + 1) * vocabulary)]
      let top = row.max() ?? 0
      let sum = row.reduce(0) { $0 + exp($1 - top) }
      return total + top + log(sum) - row[row.startIndex + Int(item.element)]
    }
  }

  @Test(arguments: instructionSets) func chunks(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 6)
    for (vocabulary, chunk) in [(1, 1), (5, 2), (33, 33), (50, 16), (257, 64)] {
      let targets: [Int32] = [0, Int32(vocabulary - 1), -100, Int32(vocabulary / 2)]
      let logits = numbers.floats(4 * vocabulary, in: -8...8)
      var (maximum, sum) = ([Float](repeating: -.infinity, count: 4), [Float](repeating: 0, count: 4))
      var target = [Float](repeating: 0, count: 4)
      let buffer = FloatBuffer(logits)
      let chunks = stride(from: 0, to: vocabulary, by: chunk).map { ($0, min(chunk, vocabulary - $0)) }
      for (first, count) in chunks {
        table.cross_entropy_update(
          buffer.pointer + first, vocabulary, 4, count, first, targets, &maximum, &sum, &target)
      }
      let total = (0..<4).reduce(0.0) {
        targets[$1] < 0 ? $0 : $0 + Double(maximum[$1]) + log(Double(sum[$1])) - Double(target[$1])
      }
      #expect(abs(total - Self.loss(doubles(logits), vocabulary: vocabulary, targets: targets)) < 1e-5)

      for (first, count) in chunks {
        table.cross_entropy_backward(
          buffer.pointer + first, vocabulary, 4, count, first, targets, maximum, sum, 0.5)
      }
      let expected = numericalGradient(at: doubles(logits)) {
        0.5 * Self.loss($0, vocabulary: vocabulary, targets: targets)
      }
      #expect(largestError(buffer.values, floats(expected)) < 2e-6)
    }
  }

  /// Chunks of nothing but -infinity (masked vocabulary) add nothing, first or later.
  @Test(arguments: instructionSets) func masked(name: String) throws {
    let table = try kernels(name)
    let masked = [Float](repeating: -.infinity, count: 20)
    var (maximum, sum, target): ([Float], [Float], [Float]) = ([-.infinity], [0], [0])
    table.cross_entropy_update(masked, 20, 1, 20, 0, [20], &maximum, &sum, &target)
    #expect(sum == [0])
    table.cross_entropy_update([3, 3], 2, 1, 2, 20, [20], &maximum, &sum, &target)
    table.cross_entropy_update(masked, 20, 1, 20, 22, [20], &maximum, &sum, &target)
    #expect(maximum == [3] && abs(sum[0] - 2) < 1e-6 && target == [3])
  }
}

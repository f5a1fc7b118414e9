// Random numbers: Random123's published answers, streams that resume anywhere, distributions, and permutations that are
// such.

import ApusCore
import Testing

@Suite struct PhiloxTests {
  // kat_vectors of Random123, philox 4x32 with 10 rounds.
  @Test func answersAsPublished() {
    let zeros = Philox(seed: 0).block(SIMD4(repeating: 0))
    #expect(zeros == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    let ones = Philox(seed: .max).block(SIMD4(repeating: .max))
    #expect(ones == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    let pi = Philox(seed: 0x299F_31D0_A409_3822).block(SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344))
    #expect(pi == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test func streamsResumeAtAnyPosition() {
    var whole = Philox(seed: 3).stream(5)
    let numbers = (0..<20).map { _ in whole.next() }
    for start in 0..<20 {
      var part = Philox(seed: 3).stream(5, from: UInt64(start))
      #expect((start..<20).map { _ in part.next() } == Array(numbers[start...]))
    }
    var other = Philox(seed: 3).stream(6)
    #expect(other.next() != numbers[0])
    #expect(whole.position == 20)
  }

  @Test func distributionsHaveTheirMoments() {
    var random = Philox(seed: 1).stream()
    let count = 100_000.0
    var (mean, square, normalMean, normalSquare, normalFourth) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for _ in 0..<Int(count) {
      let (uniform, normal) = (random.uniform(), random.normal())
      #expect(uniform >= 0 && uniform < 1)
      mean += uniform / count
      square += uniform * uniform / count
      normalMean += normal / count
      normalSquare += normal * normal / count
      normalFourth += normal * normal * normal * normal / count
    }
    // Five standard errors and more.
    #expect(abs(mean - 0.5) < 0.005 && abs(square - 1 / 3.0) < 0.005)
    #expect(abs(normalMean) < 0.016 && abs(normalSquare - 1) < 0.023 && abs(normalFourth - 3) < 0.16)
    let single = random.uniformFloat()
    #expect(single >= 0 && single < 1)
  }
}

@Suite struct PermutationTests {
  @Test(arguments: Array(0...40) + [63, 64, 65, 255, 256, 257, 1000, 4096, 10_007, 65_537])
  func sendsEveryPositionToItsOwnValue(count: Int) {
    let permutation = Permutation(count: count, seed: 9, stream: 2)
    var seen = [Bool](repeating: false, count: count)
    for position in 0..<count {
      let value = permutation[position]
      #expect(0..<count ~= value)
      seen[value] = true
      if permutation.position(of: value) != position { Issue.record("\(position) does not come back") }
    }
    #expect(seen.allSatisfy { $0 })
  }

  @Test(arguments: [1 << 40, (1 << 40) + 1, (1 << 62) + 12_345, Int.max])
  func isItsOwnInverseForLargeCounts(count: Int) {
    let permutation = Permutation(count: count, seed: 4)
    for position in [0, 1, 2, count / 2, count - 2, count - 1] {
      let value = permutation[position]
      #expect(0..<count ~= value)
      #expect(permutation.position(of: value) == position)
    }
  }

  @Test func seedsAndStreamsGiveDifferentOrders() {
    let orders = [(1, 0), (2, 0), (1, 1)].map { seed, stream in
      let permutation = Permutation(count: 100, seed: UInt64(seed), stream: UInt64(stream))
      return (0..<100).map { permutation[$0] }
    }
    #expect(orders[0] != orders[1] && orders[0] != orders[2] && orders[1] != orders[2])
    #expect(orders[0] != Array(0..<100))
  }

  /// Every order of three is about as frequent as every other.
  @Test func isFair() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 {
      let permutation = Permutation(count: 3, seed: UInt64(seed))
      counts[(0..<3).map { permutation[$0] }, default: 0] += 1
    }
    #expect(counts.count == 6)
    for (_, count) in counts { #expect(abs(count - 1000) < 160) }
  }
}

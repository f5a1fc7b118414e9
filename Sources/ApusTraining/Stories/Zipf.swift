// Zipf's law in whole numbers: the weights of ranks, and orders that are like one another without being equal.
// Whole numbers make every probability a fraction that is drawn exactly.

import ApusCore

enum Zipf {
  /// Weights of `count` ranks: 2²⁴ / (rank + offset)^exponent, rounded, at least 1; ranks count from 0.
  static func weights(_ count: Int, _ exponent: Double, _ offset: Double) -> [UInt64] {
    (0..<count).map { UInt64(max(1, (16_777_216 / Double.pow(Double($0) + offset, exponent)).rounded())) }
  }

  /// An order of `count` words near the common one: each place is drawn from the first `window` words that are left.
  static func order(_ count: Int, window: Int, seed: UInt64) -> [UInt16] {
    var left = (0..<count).map { UInt16($0) }
    var state = seed
    return (0..<count).map { _ in
      // SplitMix64; a step is enough to decorrelate neighbouring seeds.
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      mixed ^= mixed >> 31
      return left.remove(at: Int(mixed % UInt64(max(1, min(window, left.count)))))
    }
  }
}

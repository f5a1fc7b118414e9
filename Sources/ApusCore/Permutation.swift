// A random order of 0 ..< count as a function, both ways, without a table: a Feistel network over the next even number
// of bits permutes, and what falls outside the range walks along its cycle until it is inside (Black and Rogaway,
// "Ciphers with arbitrary finite domains", 2002). The shuffle of an epoch is then a function of position: resuming
// needs no state.

/// A pseudo-random permutation of the integers below `count`.
public struct Permutation: Sendable, Equatable {
  /// How many integers are permuted.
  public let count: Int

  private let philox: Philox
  private let stream: UInt64
  private let halfBits: UInt64
  private static let rounds: UInt64 = 6

  /// The permutation of `count` integers that belongs to a seed; `stream` distinguishes several of one seed, such as
  /// epochs.
  public init(count: Int, seed: UInt64, stream: UInt64 = 0) {
    self.count = max(0, count)
    philox = Philox(seed: seed)
    self.stream = stream
    let bits = UInt64(UInt64.bitWidth - UInt64(max(1, self.count) - 1).leadingZeroBitCount)
    halfBits = max(1, (bits + 1) / 2)
  }

  /// Where `position` is sent; positions are taken modulo `count`.
  public subscript(position: Int) -> Int { walk(position, forward: true) }

  /// Which position is sent to `value`.
  public func position(of value: Int) -> Int { walk(value, forward: false) }

  private func walk(_ start: Int, forward: Bool) -> Int {
    if count < 2 { return 0 }
    let limit = UInt64(count)
    var value = UInt64(start % count + (start < 0 ? count : 0)) % limit
    // The domain is at most four times the range, so about four steps at most are expected.
    repeat { value = forward ? encrypt(value) : decrypt(value) } while value >= limit
    return Int(value)
  }

  private func encrypt(_ value: UInt64) -> UInt64 {
    var (left, right) = (value >> halfBits, value & mask)
    for round in 0..<Self.rounds { (left, right) = (right, left ^ mixed(right, round)) }
    return left << halfBits | right
  }

  private func decrypt(_ value: UInt64) -> UInt64 {
    var (left, right) = (value >> halfBits, value & mask)
    for round in (0..<Self.rounds).reversed() { (left, right) = (right ^ mixed(left, round), left) }
    return left << halfBits | right
  }

  private var mask: UInt64 { (1 << halfBits) - 1 }

  private func mixed(_ half: UInt64, _ round: UInt64) -> UInt64 {
    // The upper counter keeps permutations apart from other draws of the same seed.
    let block = philox.block(half << 3 | round, stream ^ 0xFE15_7E10_0000_0000)
    return (UInt64(block[1]) << 32 | UInt64(block[0])) & mask
  }
}

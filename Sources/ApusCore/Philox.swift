// Counter-based random numbers, Philox 4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
// The number at a place is a function of seed and place, so a dropped activation or a shuffled document needs no stored
// state, and no order of threads can change it.

/// A family of random numbers, indexed by counters.
public struct Philox: Sendable, Equatable {
  /// The key, from the seed.
  public let key: SIMD2<UInt32>

  /// The family of a seed.
  public init(seed: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The four random words at a counter of 128 bits, lowest word first.
  @inlinable public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (x, key) = (counter, key)
    for _ in 0..<10 {
      let left = UInt64(x[0]) &* 0xD251_1F53
      let right = UInt64(x[2]) &* 0xCD9E_8D57
      x = SIMD4(
        UInt32(truncatingIfNeeded: right >> 32) ^ x[1] ^ key[0], UInt32(truncatingIfNeeded: right),
        UInt32(truncatingIfNeeded: left >> 32) ^ x[3] ^ key[1], UInt32(truncatingIfNeeded: left))
      key = SIMD2(key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85)
    }
    return x
  }

  /// The four random words at a counter of two times 64 bits.
  @inlinable public func block(_ low: UInt64, _ high: UInt64 = 0) -> SIMD4<UInt32> {
    block(
      SIMD4(
        UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32), UInt32(truncatingIfNeeded: high),
        UInt32(truncatingIfNeeded: high >> 32)))
  }

  /// The random numbers at counters (0, `stream`), (1, `stream`), … one after another.
  public func stream(_ stream: UInt64 = 0, from position: UInt64 = 0) -> PhiloxStream {
    PhiloxStream(family: self, stream: stream, position: position)
  }
}

/// One sequence of random numbers out of a family; its place is two integers, so it can be saved and resumed.
public struct PhiloxStream: RandomNumberGenerator, Sendable, Equatable {
  /// The family that it belongs to.
  public let family: Philox
  /// Which sequence of the family it is.
  public let stream: UInt64
  /// How many 64-bit numbers have been drawn.
  public private(set) var position: UInt64

  private var block: SIMD4<UInt32>

  init(family: Philox, stream: UInt64, position: UInt64) {
    self.family = family
    self.stream = stream
    self.position = position
    block = family.block(position >> 1, stream)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if position & 1 == 0 {
      block = family.block(position >> 1, stream)
      position &+= 1
      return UInt64(block[1]) << 32 | UInt64(block[0])
    }
    position &+= 1
    return UInt64(block[3]) << 32 | UInt64(block[2])
  }

  /// A number uniform in [0, 1), with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number uniform in [0, 1), with 24 random bits.
  public mutating func uniformFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number of the standard normal distribution (Box and Muller, 1958; one of the pair is used, so that position
  /// counts draws).
  public mutating func normal() -> Double {
    // In (0, 1], where the logarithm is finite.
    let radius = 1 - uniform()
    return (-2 * Double.log(radius)).squareRoot() * Double.cos(2 * .pi * uniform())
  }
}

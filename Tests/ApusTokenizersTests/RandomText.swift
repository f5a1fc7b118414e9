// Reproducible random bytes, texts and words for the tests.

/// A small generator with a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

enum RandomText {
  /// Scalars that splitting patterns treat differently.
  static let scalars: [Unicode.Scalar] = Array(
    ("aAbBzstrevmldSTREVMLD'09.,!-_/ "
      + "\t\n\r\u{0B}\u{85}\u{A0}\u{2028}\u{3000}éßſKあ中한Ⅳǅªʰשא\u{301}\u{20DD}½٣€😀\u{200B}\u{0}")
      .unicodeScalars)

  /// A text of up to `length` scalars from `scalars`.
  static func text(upTo length: Int, using generator: inout SeededGenerator) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...length, using: &generator) {
      text.append(scalars[Int.random(in: 0..<scalars.count, using: &generator)])
    }
    return String(text)
  }

  /// Up to `length` bytes, some of them valid characters.
  static func bytes(upTo length: Int, using generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < length {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes.append(UInt8.random(in: 0...255, using: &generator))
      case 1: bytes.append(UInt8.random(in: 0x20...0x7E, using: &generator))
      default: bytes += Array(text(upTo: 3, using: &generator).utf8)
      }
    }
    return Array(bytes.prefix(Int.random(in: 0...length, using: &generator)))
  }

  /// A word over the letters a to c.
  static func word(upTo length: Int, using generator: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 1...length, using: &generator)).map { _ in UInt8.random(in: 97...99, using: &generator) }
  }
}

// Well-formed UTF-8 (Unicode 17, table 3-7): which bytes may start a character and which may follow. It knows no
// policy; what to do about invalid text is TextPolicy's business.

/// Questions about the validity of bytes as UTF-8.
public enum UTF8Validation {
  /// The offset of the first byte that does not belong to a valid character, or nil where all is valid.
  public static func firstInvalid(in bytes: Span<UInt8>) -> Int? {
    var place = 0
    while place < bytes.count {
      if bytes[place] < 0x80 {
        place += 1
        continue
      }
      let length = characterLength(in: bytes, at: place)
      if length == 0 { return place }
      place += length
    }
    return nil
  }

  /// The offset of the first byte that does not belong to a valid character, or nil where all is valid.
  public static func firstInvalid(in bytes: [UInt8]) -> Int? { firstInvalid(in: bytes.span) }

  /// How many bytes are not part of a valid character.
  public static func countInvalid(in bytes: Span<UInt8>) -> Int {
    var place = 0
    var invalid = 0
    while place < bytes.count {
      let length = characterLength(in: bytes, at: place)
      if length == 0 { invalid += 1 }
      place += max(length, 1)
    }
    return invalid
  }

  /// The length in bytes of the valid character at `place`, or 0 where there is none.
  public static func characterLength(in bytes: Span<UInt8>, at place: Int) -> Int {
    let lead = bytes[place]
    let length = length(lead: lead)
    guard length > 1 else { return length }
    guard length <= bytes.count - place else { return 0 }
    for index in 1..<length where !isContinuation(bytes[place + index], at: index, after: lead) { return 0 }
    return length
  }

  /// The length of the character that this byte starts, or 0 where it starts none.
  static func length(lead: UInt8) -> Int {
    switch lead {
    case 0x00...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  /// Whether `byte` may stand at `index` (1 to 3) of a character that starts with `lead`.
  static func isContinuation(_ byte: UInt8, at index: Int, after lead: UInt8) -> Bool {
    guard index == 1 else { return byte & 0xC0 == 0x80 }
    return switch lead {
    case 0xE0: 0xA0...0xBF ~= byte
    case 0xED: 0x80...0x9F ~= byte
    case 0xF0: 0x90...0xBF ~= byte
    case 0xF4: 0x80...0x8F ~= byte
    default: byte & 0xC0 == 0x80
    }
  }
}

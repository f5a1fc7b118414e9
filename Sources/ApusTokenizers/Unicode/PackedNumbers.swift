// Unpacks the tables that Scripts/generate-unicode-table.py writes: whole numbers as printable text, so that a table of
// thousands of entries costs the compiler nothing.

/// Numbers in base 32, lowest digit first; a digit from 32 on says that more follow.
struct PackedNumbers: Sequence, IteratorProtocol {
  private var place: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  init(_ text: StaticString) {
    place = text.utf8Start
    end = text.utf8Start + text.utf8CodeUnitCount
  }

  mutating func next() -> UInt32? {
    guard place < end else { return nil }
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while place < end {
      let digit = Self.digit(place.pointee)
      place += 1
      value |= (digit & 31) << shift
      shift += 5
      if digit < 32 { break }
    }
    return value
  }

  /// The next number as a signed one.
  mutating func nextSigned() -> Int {
    let value = Int(next() ?? 0)
    return value & 1 == 0 ? value / 2 : -(value + 1) / 2
  }

  private static func digit(_ byte: UInt8) -> UInt32 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    default: 63
    }
  }
}

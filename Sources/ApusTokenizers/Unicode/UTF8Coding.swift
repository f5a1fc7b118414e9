// Scalars out of bytes and bytes out of scalars. A byte that is not part of valid UTF-8 is a scalar of its own beyond
// Unicode, so that any bytes can be walked through and written back as they were.

enum UTF8Coding {
  /// Added to a byte that is not part of valid UTF-8.
  static let invalid: UInt32 = 0x11_0000

  /// The scalar at `place` (below `end`) and its length in bytes.
  @inline(__always)
  static func scalar(_ base: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> (value: UInt32, length: Int) {
    let byte = base[place]
    return byte < 0x80 ? (UInt32(byte), 1) : wideScalar(base, place, end)
  }

  static func wideScalar(_ base: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> (value: UInt32, length: Int) {
    let lead = base[place]
    let length = UTF8Validation.length(lead: lead)
    guard length > 1, length <= end - place else { return (invalid + UInt32(lead), 1) }
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for index in 1..<length {
      let byte = base[place + index]
      guard UTF8Validation.isContinuation(byte, at: index, after: lead) else { return (invalid + UInt32(lead), 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (value, length)
  }

  /// The scalar that ends before `place` (above 0).
  static func scalar(_ base: UnsafePointer<UInt8>, before place: Int) -> (value: UInt32, length: Int) {
    for length in 2...4 where length <= place && base[place - 1] >= 0x80 {
      let found = wideScalar(base, place - length, place)
      if found.length == length { return found }
    }
    let byte = base[place - 1]
    return (byte < 0x80 ? UInt32(byte) : invalid + UInt32(byte), 1)
  }

  /// Appends the bytes of a scalar.
  @inline(__always) static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    switch value {
    case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: value))
    case 0x80..<0x800:
      bytes.append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    case 0x800..<0x1_0000:
      bytes.append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    case 0x1_0000..<invalid:
      bytes.append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    default: bytes.append(UInt8(truncatingIfNeeded: value))
    }
  }

  /// All scalars of a text.
  static func scalars(_ bytes: [UInt8]) -> [UInt32] {
    var scalars: [UInt32] = []
    forEachScalar(bytes) { value, _ in scalars.append(value) }
    return scalars
  }

  /// Calls `body` with each scalar and its place.
  @inline(__always) static func forEachScalar(_ bytes: [UInt8], _ body: (UInt32, Range<Int>) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      var place = 0
      while place < bytes.count {
        let (value, length) = scalar(base, place, bytes.count)
        body(value, place..<place + length)
        place += length
      }
    }
  }
}

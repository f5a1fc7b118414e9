// Reads a GGUF file's header front to back. Every length is held against the bytes that are left before it is used, so
// that a lie costs nothing.

import ApusCore

struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Bytes not read yet.
  var remaining: Int { bytes.count - offset }

  /// A little-endian number; `what` names it in errors.
  mutating func integer<Number: FixedWidthInteger>(_ what: String, as type: Number.Type) throws(ApusError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw cutShort(what) }
    let value = Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    offset += size
    return value
  }

  /// The next `count` bytes.
  mutating func take(_ count: UInt64, _ what: String) throws(ApusError) -> Range<Int> {
    guard count <= UInt64(remaining) else {
      throw error("\(what) is said to have \(count) bytes, and \(remaining) are left in the file")
    }
    let begin = offset
    offset += Int(count)
    return begin..<offset
  }

  /// A length and so many bytes.
  mutating func string(_ what: String) throws(ApusError) -> Range<Int> {
    try take(try integer("the length of \(what)", as: UInt64.self), what)
  }

  /// A name: a length and so many bytes of UTF-8, at least one and no more than the format allows.
  mutating func name(_ what: String) throws(ApusError) -> String {
    let begin = offset
    let range = try string(what)
    guard (1...Self.longestName).contains(range.count) else {
      throw error("\(what) has \(range.count) bytes, and 1 to \(Self.longestName) are allowed", at: begin)
    }
    guard let name = String(validating: bytes[range], as: UTF8.self) else {
      throw error("\(what) is not valid UTF-8", at: begin)
    }
    return name
  }

  /// `count` strings: where each begins, with its length, counted from the first.
  mutating func strings(_ count: Int, _ what: String) throws(ApusError) -> [Int] {
    let begin = offset
    var starts: [Int] = []
    starts.reserveCapacity(count)
    var place = begin
    for index in 0..<count {
      let left = bytes.count - place - 8
      guard left >= 0 else { throw cutShort("\(what), string \(index)") }
      let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      guard length <= UInt64(left) else {
        throw error("\(what), string \(index) is said to have \(length) bytes, and \(left) are left", at: place)
      }
      starts.append(place - begin)
      place += 8 + Int(length)
    }
    offset = place
    return starts
  }

  func cutShort(_ what: String) -> ApusError {
    error("the file ends inside \(what): it is cut short or corrupt")
  }

  func error(_ problem: String, at place: Int? = nil) -> ApusError {
    ApusError(
      .badData, problem, file: file, place: "byte \(place ?? offset)", remedy: "fetch or convert the file again")
  }

  /// The longest key of the format's specification.
  private static let longestName = 65_535
}

// Reads the wire format of protocol buffers, as far as sentencepiece's files use it: fields by number, each with its
// value. It knows no message.

import ApusCore

/// The fields of one message.
struct ProtobufReader {
  /// A field's value.
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(UnsafeBufferPointer<UInt8>)

    var bool: Bool? { if case .integer(let value) = self { value != 0 } else { nil } }
    var int: Int? {
      if case .integer(let value) = self { Int(truncatingIfNeeded: Int64(bitPattern: value)) } else { nil }
    }
    var float: Float? { if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil } }
    var bytes: UnsafeBufferPointer<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String?
  /// Where the message begins in the file.
  private let origin: UnsafePointer<UInt8>?
  private var place = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String?, origin: UnsafePointer<UInt8>? = nil) {
    self.bytes = bytes
    self.file = file
    self.origin = origin ?? bytes.baseAddress
  }

  /// A reader of a message inside this one.
  func message(_ bytes: UnsafeBufferPointer<UInt8>) -> ProtobufReader {
    ProtobufReader(bytes, file: file, origin: origin)
  }

  /// The next field; nil at the end.
  mutating func next() throws(ApusError) -> (field: Int, value: Value)? {
    guard place < bytes.count else { return nil }
    let tag = try integer()
    let field = Int(truncatingIfNeeded: tag >> 3)
    guard field > 0 else { throw problem("a field has the number 0") }
    switch tag & 7 {
    case 0: return (field, .integer(try integer()))
    case 1: return (field, .fixed64(UInt64(try fixed(4)) | UInt64(try fixed(4)) << 32))
    case 2:
      let length = try integer()
      guard length <= UInt64(bytes.count - place) else {
        throw problem("a field of \(length) bytes, of which only \(bytes.count - place) are there")
      }
      let value = UnsafeBufferPointer(rebasing: bytes[place..<place + Int(length)])
      place += Int(length)
      return (field, .bytes(value))
    case 5: return (field, .fixed32(try fixed(4)))
    default: throw problem("a field of the unknown kind \(tag & 7)")
    }
  }

  func problem(_ text: String) -> ApusError {
    let start = origin.flatMap { origin in bytes.baseAddress.map { $0 - origin } } ?? 0
    return ApusError(.badData, "not a sentencepiece model: \(text)", file: file, place: "byte \(start + place)")
  }

  private mutating func integer() throws(ApusError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard place < bytes.count else { throw problem("a number has no end") }
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw problem("a number of more than ten bytes")
  }

  private mutating func fixed(_ count: Int) throws(ApusError) -> UInt32 {
    guard bytes.count - place >= count else { throw problem("a number of \(count) bytes has no end") }
    var value: UInt32 = 0
    for index in 0..<count { value |= UInt32(bytes[place + index]) << UInt32(8 * index) }
    place += count
    return value
  }
}

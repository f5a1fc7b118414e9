// The header of a safetensors file, checked before anything in it is believed: 8 bytes of length, a JSON object, then
// the tensors' bytes without holes. Format: https://huggingface.co/docs/safetensors (format section). Duplicate names,
// which the format forbids and the reference library lets pass, are refused.

import ApusCore

struct SafetensorsHeader {
  /// The tensors in the order of their bytes.
  var tensors: [TensorEntry] = []
  /// The file's free metadata, in its order.
  var metadata: [(key: String, value: String)] = []

  private let file: String
  private let dataStart: Int
  private let dataCount: Int

  static let metadataKey = "__metadata__"
  /// The reference library's limit.
  static let longest = 100_000_000

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(ApusError) {
    self.file = file
    guard bytes.count >= 8 else {
      throw Self.bad(file, "the file has \(bytes.count) bytes and a safetensors file at least 8", place: "byte 0")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.longest), Int(length) <= bytes.count - 8 else {
      throw Self.bad(
        file, "the header is said to have \(length) bytes, and the file has \(bytes.count)", place: "byte 0")
    }
    dataStart = 8 + Int(length)
    dataCount = bytes.count - dataStart
    let header = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
    let value = try JSON.parse(header, file: file, duplicateKeys: .error)
    guard let object = value.object else {
      throw Self.bad(file, "the header is \(value.kindName) where an object is expected", place: "byte 8")
    }
    tensors.reserveCapacity(object.count)
    for (name, value) in object {
      if name == Self.metadataKey { try readMetadata(value) } else { try readTensor(name, value) }
    }
    try checkCover()
  }

  private mutating func readMetadata(_ value: JSON) throws(ApusError) {
    guard let object = value.object else { throw bad(Self.metadataKey, "the metadata are no object") }
    for (key, value) in object {
      guard let text = value.string else {
        throw bad(Self.metadataKey, "the value of `\(key)` is \(value.kindName), no string")
      }
      metadata.append((key, text))
    }
  }

  private mutating func readTensor(_ name: String, _ value: JSON) throws(ApusError) {
    guard let entry = value.object else {
      throw bad(name, "the entry is \(value.kindName) where an object is expected")
    }
    guard let typeName = entry["dtype"]?.string else { throw bad(name, "`dtype` is missing or no string") }
    guard let type = ElementType(rawValue: typeName), !type.isBlockType else {
      throw bad(name, "the dtype `\(typeName.prefix(40))` is unknown")
    }
    guard let shape = Self.counts(entry["shape"]) else {
      throw bad(name, "`shape` is missing or not a list of whole numbers")
    }
    guard let offsets = Self.counts(entry["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1] else {
      throw bad(name, "`data_offsets` is missing or not two rising whole numbers")
    }
    guard offsets[1] <= dataCount else {
      throw bad(
        name, "its bytes end at \(offsets[1]) and the file's data at \(dataCount): the file is cut short or corrupt")
    }
    guard let needed = type.byteCount(shape: shape) else {
      throw bad(
        name, "the shape \(shape) of \(typeName) is impossible: its size overflows or is no whole number of bytes")
    }
    guard needed == offsets[1] - offsets[0] else {
      throw bad(name, "shape \(shape) of \(typeName) needs \(needed) bytes, and \(offsets[1] - offsets[0]) are given")
    }
    let range = dataStart + offsets[0]..<dataStart + offsets[1]
    tensors.append(TensorEntry(TensorDescription(name: name, type: type, shape: shape), byteRange: range))
  }

  /// Whole numbers that are not negative and were written as such.
  private static func counts(_ value: JSON?) -> [Int]? {
    guard let values = value?.array else { return nil }
    var counts: [Int] = []
    for value in values {
      guard case .int(let number) = value, number >= 0, let count = Int(exactly: number) else { return nil }
      counts.append(count)
    }
    return counts
  }

  /// The tensors must cover the data without hole and overlap.
  private mutating func checkCover() throws(ApusError) {
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = dataStart
    for tensor in tensors {
      let begin = tensor.byteRange.lowerBound
      if begin != end {
        throw bad(
          tensor.name,
          begin < end
            ? "its bytes overlap another tensor's" : "there is a hole of \(begin - end) bytes before its bytes")
      }
      end = tensor.byteRange.upperBound
    }
    if end != dataStart + dataCount {
      throw Self.bad(
        file, "\(dataStart + dataCount - end) bytes after the last tensor belong to none", place: "byte \(end)")
    }
  }

  private func bad(_ name: String, _ problem: String) -> ApusError {
    Self.bad(file, problem, place: "tensor `\(name.prefix(200))`")
  }

  private static func bad(_ file: String, _ problem: String, place: String) -> ApusError {
    ApusError(.badData, problem, file: file, place: place, remedy: "fetch or save the file again")
  }
}

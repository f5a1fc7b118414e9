// The header of a GGUF file, checked before anything in it is believed: magic and version, metadata, the table of
// tensors, then the tensors' bytes, each at the sum of the padded sizes before it. Format: docs/gguf.md of ggml; where
// it is silent, the rules are those of llama.cpp's gguf.cpp.

import ApusCore

struct GGUFHeader {
  private(set) var version: UInt32 = 0
  private(set) var metadata: GGUFMetadata
  private(set) var alignment = 32
  /// The tensors in the order of their bytes.
  private(set) var tensors: [TensorEntry] = []

  static let magic = Array("GGUF".utf8)
  static let alignmentKey = "general.alignment"
  /// ggml's greatest number of dimensions.
  static let mostDimensions = 4

  private var cursor: GGUFCursor
  private let mapping: MappedFile

  init(_ mapping: MappedFile) throws(ApusError) {
    self.mapping = mapping
    cursor = GGUFCursor(mapping.bytes, file: mapping.path)
    metadata = GGUFMetadata(file: mapping.path)
    try readMagic()
    // A value takes at least 8 + 1 bytes of key, 4 of type and 1 more; a tensor 8 + 1 of name, 4 + 4 and 8.
    let tensorCount = try count("tensors", leastBytes: 25)
    let valueCount = try count("metadata values", leastBytes: 14)
    for index in 0..<valueCount { try readValue(index) }
    alignment = try Self.alignment(metadata)
    try readTensors(tensorCount)
  }

  private mutating func readMagic() throws(ApusError) {
    let magic = try cursor.take(4, "the magic number")
    guard mapping.bytes[magic].elementsEqual(Self.magic) else {
      throw cursor.error("this is no GGUF file: it does not begin with `GGUF`", at: 0)
    }
    version = try cursor.integer("the version", as: UInt32.self)
    guard version & 0xFFFF != 0 else {
      throw cursor.error(
        version == 0
          ? "the version is 0, and versions 2 and 3 are known"
          : "the file is big-endian, which Apus does not read: only little-endian files are supported", at: 4)
    }
    guard (2...3).contains(version) else {
      throw cursor.error("the version is \(version), and versions 2 and 3 are known", at: 4)
    }
  }

  /// How many tensors or values are said to follow; no more than can be in the bytes that are left.
  private mutating func count(_ what: String, leastBytes: Int) throws(ApusError) -> Int {
    let begin = cursor.offset
    let count = try cursor.integer("the number of \(what)", as: UInt64.self)
    guard count <= UInt64(cursor.remaining / leastBytes) else {
      throw cursor.error(
        "the file is said to have \(count) \(what), and \(cursor.remaining) bytes are left for them", at: begin)
    }
    return Int(count)
  }

  static func alignment(_ metadata: GGUFMetadata) throws(ApusError) -> Int {
    guard let value = metadata[alignmentKey] else { return 32 }
    guard case .uint32(let number) = value else {
      throw metadata.error(alignmentKey, "the alignment is \(value.kindName) where uint32 is expected")
    }
    guard number.nonzeroBitCount == 1 else {
      throw metadata.error(alignmentKey, "the alignment is \(number), which is no power of two")
    }
    return Int(number)
  }
}

// MARK: - Metadata

extension GGUFHeader {
  private mutating func readValue(_ index: Int) throws(ApusError) {
    let begin = cursor.offset
    let key = try cursor.name("key \(index)")
    guard metadata[key] == nil else { throw cursor.error("the key `\(key)` comes twice", at: begin) }
    let type = try readType("the type of `\(key)`")
    metadata[key] = try value(type, "the value of `\(key)`")
  }

  private mutating func readType(_ what: String) throws(ApusError) -> GGUFType {
    let begin = cursor.offset
    let code = try cursor.integer(what, as: UInt32.self)
    guard let type = GGUFType(rawValue: code) else {
      throw cursor.error("\(what) is \(code), and types 0 to 12 are known", at: begin)
    }
    return type
  }

  private mutating func value(_ type: GGUFType, _ what: String) throws(ApusError) -> GGUFValue {
    switch type {
    case .uint8: .uint8(try cursor.integer(what, as: UInt8.self))
    case .int8: .int8(try cursor.integer(what, as: Int8.self))
    case .uint16: .uint16(try cursor.integer(what, as: UInt16.self))
    case .int16: .int16(try cursor.integer(what, as: Int16.self))
    case .uint32: .uint32(try cursor.integer(what, as: UInt32.self))
    case .int32: .int32(try cursor.integer(what, as: Int32.self))
    case .uint64: .uint64(try cursor.integer(what, as: UInt64.self))
    case .int64: .int64(try cursor.integer(what, as: Int64.self))
    case .float32: .float32(Float(bitPattern: try cursor.integer(what, as: UInt32.self)))
    case .float64: .float64(Double(bitPattern: try cursor.integer(what, as: UInt64.self)))
    case .bool: .bool(try bool(what))
    case .string: .string(Array(mapping.bytes[try cursor.string(what)]))
    case .array: .array(try array(what))
    }
  }

  private mutating func bool(_ what: String) throws(ApusError) -> Bool {
    let byte = try cursor.integer(what, as: UInt8.self)
    guard byte <= 1 else { throw cursor.error("\(what) is \(byte) where 0 or 1 is expected", at: cursor.offset - 1) }
    return byte == 1
  }

  private mutating func array(_ what: String) throws(ApusError) -> GGUFArray {
    let type = try readType("the type in \(what)")
    guard type != .array else { throw cursor.error("\(what) is a list of lists, which Apus and llama.cpp refuse") }
    let count = try count("values in \(what)", leastBytes: type.size ?? 8)
    let begin = cursor.offset
    var starts: [Int] = []
    if let size = type.size {
      let range = try cursor.take(UInt64(count * size), what)
      if type == .bool, let wrong = mapping.bytes[range].firstIndex(where: { $0 > 1 }) {
        throw cursor.error("\(what) holds \(mapping.bytes[wrong]) where 0 or 1 is expected", at: wrong)
      }
    } else {
      starts = try cursor.strings(count, what)
    }
    return GGUFArray(type, count: count, in: mapping, begin..<cursor.offset, starts: starts)
  }
}

// MARK: - Tensors

extension GGUFHeader {
  private mutating func readTensors(_ count: Int) throws(ApusError) {
    var placed: [(tensor: TensorDescription, offset: UInt64)] = []
    placed.reserveCapacity(count)
    var names: Set<[UInt8]> = []
    for index in 0..<count {
      let (begin, tensor) = (cursor.offset, try readTensor(index))
      guard names.insert(Array(tensor.name.utf8)).inserted else {
        throw cursor.error("the tensor `\(tensor.name)` comes twice", at: begin)
      }
      placed.append((tensor, try cursor.integer("the offset of tensor `\(tensor.name)`", as: UInt64.self)))
    }
    // Nothing overflows: the header is in memory, and sizes are added only where they end inside the file.
    let data = cursor.offset.padded(to: alignment)
    var expected = 0
    for (tensor, offset) in placed {
      guard let size = tensor.type.byteCount(shape: tensor.shape) else { throw bad(tensor, sizeProblem(tensor)) }
      guard offset == UInt64(expected) else {
        throw bad(tensor, "its bytes are said to begin at \(offset) and the tensors before it end at \(expected)")
      }
      let begin = data + expected
      guard begin <= mapping.count, size <= mapping.count - begin else {
        throw bad(
          tensor, "its \(size) bytes from byte \(begin) on reach beyond the file's \(mapping.count): it is cut short")
      }
      tensors.append(TensorEntry(tensor, byteRange: begin..<begin + size))
      expected = (expected + size).padded(to: alignment)
    }
  }

  private mutating func readTensor(_ index: Int) throws(ApusError) -> TensorDescription {
    let name = try cursor.name("the name of tensor \(index)")
    let what = "tensor `\(name.prefix(200))`"
    let begin = cursor.offset
    let dimensions = try cursor.integer("the number of dimensions of \(what)", as: UInt32.self)
    guard dimensions <= Self.mostDimensions else {
      throw cursor.error("\(what) has \(dimensions) dimensions, and 0 to \(Self.mostDimensions) are allowed", at: begin)
    }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      let size = try cursor.integer("the shape of \(what)", as: UInt64.self)
      guard let size = Int(exactly: size) else {
        throw cursor.error("\(what) has a dimension of \(size), which is impossible", at: cursor.offset - 8)
      }
      shape.insert(size, at: 0)
    }
    let code = try cursor.integer("the type of \(what)", as: UInt32.self)
    guard let type = ElementType(ggmlCode: code) else {
      let problem = ElementType.removedCodes.contains(code) ? "ggml has removed" : "is unknown"
      throw cursor.error("\(what) has block type \(code), which \(problem)", at: cursor.offset - 4)
    }
    return TensorDescription(name: name, type: type, shape: shape)
  }

  private func sizeProblem(_ tensor: TensorDescription) -> String {
    let (type, row) = (tensor.type, tensor.shape.last ?? 1)
    return row % type.blockLength == 0
      ? "the shape \(tensor.shape) of \(type.rawValue) is impossible: its size overflows"
      : "its rows of \(row) are no whole number of \(type.rawValue)'s blocks of \(type.blockLength)"
  }

  private func bad(_ tensor: TensorDescription, _ problem: String) -> ApusError {
    ApusError(
      .badData, problem, file: mapping.path, place: "tensor `\(tensor.name.prefix(200))`",
      remedy: "fetch or convert the file again")
  }
}

extension Int {
  /// The next multiple of a power of two.
  func padded(to alignment: Int) -> Int { (self + alignment - 1) & ~(alignment - 1) }
}

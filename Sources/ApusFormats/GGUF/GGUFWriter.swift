// Writes a GGUF file of version 3: atomically, tensor after tensor without holding a second copy, everything in the
// order given, so that the same model gives the same bytes.

public import ApusCore

/// Writes GGUF files.
public enum GGUFWriter {
  /// The name that llama.cpp can still hold, in bytes.
  public static let longestTensorName = 63

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - path: the file; an old one is replaced at the end, at once.
  ///   - metadata: values by key, in their order; `general.alignment` is obeyed where it is given.
  ///   - tensors: what to write, in the order of the file; shapes outermost first.
  ///   - content: called once for each tensor, in order, with a sink that wants all of its bytes.
  public static func write(
    to path: String, metadata: GGUFMetadata, tensors: [TensorDescription],
    content: (_ tensor: TensorDescription, _ sink: TensorSink) throws(ApusError) -> Void
  ) throws(ApusError) {
    let alignment = try GGUFHeader.alignment(metadata)
    let (header, sizes) = try header(metadata, tensors, alignment, path: path)
    try AtomicFile.write(to: path) { file throws(ApusError) in
      try file.write(header)
      try file.pad(to: alignment)
      for (tensor, size) in zip(tensors, sizes) {
        let begin = file.count
        try content(tensor) { bytes throws(ApusError) in try file.write(bytes) }
        guard file.count - begin == size else {
          throw ApusError(
            .fault, "tensor `\(tensor.name)` has \(size) bytes and \(file.count - begin) were written", file: path)
        }
        try file.pad(to: alignment)
      }
    }
  }

  /// Everything before the first padding, and the bytes of each tensor.
  private static func header(
    _ metadata: GGUFMetadata, _ tensors: [TensorDescription], _ alignment: Int, path: String
  ) throws(ApusError) -> (bytes: [UInt8], sizes: [Int]) {
    var bytes = GGUFHeader.magic
    bytes.appendLittleEndian(UInt32(3))
    bytes.appendLittleEndian(UInt64(tensors.count))
    bytes.appendLittleEndian(UInt64(metadata.entries.count))
    for (key, value) in metadata.entries {
      bytes.appendGGUF(Array(key.utf8))
      bytes.appendLittleEndian(value.type.rawValue)
      bytes.appendGGUF(value)
    }
    var (end, sizes, names) = (0, [Int](), Set<[UInt8]>())
    for tensor in tensors {
      let (code, size) = try check(tensor, path: path)
      guard names.insert(Array(tensor.name.utf8)).inserted else {
        throw ApusError(.fault, "two tensors are called `\(tensor.name)`", file: path)
      }
      bytes.appendGGUF(Array(tensor.name.utf8))
      bytes.appendLittleEndian(UInt32(tensor.shape.count))
      for dimension in tensor.shape.reversed() { bytes.appendLittleEndian(UInt64(dimension)) }
      bytes.appendLittleEndian(code)
      bytes.appendLittleEndian(UInt64(end))
      sizes.append(size)
      end = (end + size).padded(to: alignment)
    }
    return (bytes, sizes)
  }

  /// The number of a tensor's type and its size, if GGUF can hold it.
  private static func check(_ tensor: TensorDescription, path: String) throws(ApusError) -> (code: UInt32, size: Int) {
    guard let code = tensor.type.ggmlCode else {
      throw unfit(tensor, "it is \(tensor.type.rawValue), which GGUF has no type for", path: path)
    }
    guard (1...longestTensorName).contains(tensor.name.utf8.count) else {
      throw unfit(tensor, "its name has \(tensor.name.utf8.count) bytes, and 1 to \(longestTensorName) fit", path: path)
    }
    guard tensor.shape.count <= GGUFHeader.mostDimensions else {
      throw unfit(tensor, "it has \(tensor.shape.count) dimensions, and \(GGUFHeader.mostDimensions) fit", path: path)
    }
    guard let size = tensor.type.byteCount(shape: tensor.shape) else {
      throw unfit(tensor, "its rows are no whole blocks of \(tensor.type.rawValue)", path: path)
    }
    return (code, size)
  }

  private static func unfit(_ tensor: TensorDescription, _ problem: String, path: String) -> ApusError {
    ApusError(
      .badData, "the tensor cannot be written as GGUF: \(problem)", file: path, place: "tensor `\(tensor.name)`",
      remedy: "choose another type or format")
  }
}

extension OutputFile {
  fileprivate func pad(to alignment: Int) throws(ApusError) {
    try write([UInt8](repeating: 0, count: count.padded(to: alignment) - count))
  }
}

extension [UInt8] {
  /// A length and the bytes.
  fileprivate mutating func appendGGUF(_ text: [UInt8]) {
    appendLittleEndian(UInt64(text.count))
    append(contentsOf: text)
  }

  fileprivate mutating func appendGGUF(_ value: GGUFValue) {
    switch value {
    case .uint8(let value): append(value)
    case .int8(let value): appendLittleEndian(value)
    case .uint16(let value): appendLittleEndian(value)
    case .int16(let value): appendLittleEndian(value)
    case .uint32(let value): appendLittleEndian(value)
    case .int32(let value): appendLittleEndian(value)
    case .uint64(let value): appendLittleEndian(value)
    case .int64(let value): appendLittleEndian(value)
    case .float32(let value): appendLittleEndian(value.bitPattern)
    case .float64(let value): appendLittleEndian(value.bitPattern)
    case .bool(let value): append(value ? 1 : 0)
    case .string(let value): appendGGUF(value)
    case .array(let array):
      appendLittleEndian(array.type.rawValue)
      appendLittleEndian(UInt64(array.count))
      array.withBytes { append(contentsOf: $0) }
    }
  }
}

// Writes a safetensors file: atomically, tensor after tensor without holding a second copy, and so that the same
// tensors give the same bytes. The data begin at a multiple of 64 bytes, and wide elements come before narrow ones, so
// every tensor is aligned.

public import ApusCore

/// Writes safetensors files.
public enum SafetensorsWriter {
  /// Writes a file.
  ///
  /// - Parameters:
  ///   - path: the file; an old one is replaced at the end, at once.
  ///   - metadata: texts by key; written in the order of the keys.
  ///   - tensors: what to write, in any order.
  ///   - content: called once for each tensor, in the order of the file, with a sink that wants all of its bytes.
  public static func write(
    to path: String, metadata: [String: String] = [:], tensors: [TensorDescription],
    content: (_ tensor: TensorDescription, _ sink: TensorSink) throws(ApusError) -> Void
  ) throws(ApusError) {
    let ordered = tensors.sorted {
      $0.type.width != $1.type.width
        ? $0.type.width > $1.type.width : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    let (header, sizes) = try header(metadata, ordered, path: path)
    try AtomicFile.write(to: path) { file throws(ApusError) in
      try file.write(header)
      for (tensor, size) in zip(ordered, sizes) {
        let begin = file.count
        try content(tensor) { bytes throws(ApusError) in try file.write(bytes) }
        guard file.count - begin == size else {
          throw ApusError(
            .fault, "tensor `\(tensor.name)` has \(size) bytes and \(file.count - begin) were written", file: path)
        }
      }
    }
  }

  /// The length, the JSON text and its padding; and the bytes of each tensor.
  private static func header(
    _ metadata: [String: String], _ tensors: [TensorDescription], path: String
  ) throws(ApusError) -> (bytes: [UInt8], sizes: [Int]) {
    var object = JSON.Object()
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      object[SafetensorsHeader.metadataKey] = .object(JSON.Object(texts.map { ($0.key, JSON.string($0.value)) }))
    }
    var (end, sizes) = (0, [Int]())
    for tensor in tensors {
      guard !tensor.type.isBlockType else {
        throw ApusError(
          .usage, "tensor `\(tensor.name)` is \(tensor.type.rawValue), which safetensors has no name for", file: path,
          remedy: "convert it to F16 or write GGUF")
      }
      guard let size = tensor.type.byteCount(shape: tensor.shape) else {
        throw ApusError(.fault, "tensor `\(tensor.name)` has the impossible shape \(tensor.shape)", file: path)
      }
      if object[tensor.name] != nil { throw ApusError(.fault, "two tensors are called `\(tensor.name)`", file: path) }
      object[tensor.name] = .object([
        "dtype": .string(tensor.type.rawValue), "shape": JSON(tensor.shape), "data_offsets": JSON([end, end + size]),
      ])
      sizes.append(size)
      end += size
    }
    var text = JSON.object(object).serialized()
    text += [UInt8](repeating: 0x20, count: (64 - (text.count + 8) % 64) % 64)
    return (withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text, sizes)
  }
}

extension ElementType {
  /// Bytes of one element, 0 where it is less.
  fileprivate var width: Int { blockLength == 1 ? bytesPerBlock : 0 }
}

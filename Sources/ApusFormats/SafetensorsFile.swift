// A safetensors file, mapped: tensors by name, type, shape and bytes, without copying. It knows no model.

public import ApusCore

/// A checked, memory-mapped safetensors file; whoever keeps a view on its bytes keeps the object.
public final class SafetensorsFile: TensorFile {
  /// Where the file is.
  public let path: String
  /// The tensors in the order of their bytes.
  public let tensors: [TensorEntry]
  /// The file's free metadata, in its order.
  public let metadata: [(key: String, value: String)]

  /// The file's memory.
  public let mapping: MappedFile

  private let index: TensorIndex

  /// Maps the file at `path` and checks its header, so that every entry's bytes are in the file and fit its shape.
  public init(_ path: String) throws(ApusError) {
    let mapping = try MappedFile(path)
    let header = try mapping.withBytes { bytes throws(ApusError) in try SafetensorsHeader(bytes, file: path) }
    self.path = path
    self.mapping = mapping
    tensors = header.tensors
    metadata = header.metadata
    index = TensorIndex(header.tensors)
  }

  /// The tensor called `name`.
  public func tensor(_ name: String) -> TensorEntry? { index[name].map { tensors[$0] } }
}

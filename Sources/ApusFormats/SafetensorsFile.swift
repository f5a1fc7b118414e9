// A safetensors file, mapped: tensors by name, type, shape and bytes, without copying. It knows no model.

public import ApusCore

/// A checked, memory-mapped safetensors file; whoever keeps a view on its bytes keeps the object.
public final class SafetensorsFile: Sendable {
  /// Where the file is.
  public let path: String
  /// The tensors in the order of their bytes.
  public let tensors: [TensorEntry]
  /// The file's free metadata, in its order.
  public let metadata: [(key: String, value: String)]

  private let mapping: MappedFile
  /// By bytes: Swift's strings would merge names that only look alike.
  private let index: [[UInt8]: Int]

  /// Maps the file at `path` and checks its header, so that every entry's bytes are in the file and fit its shape.
  public init(_ path: String) throws(ApusError) {
    let mapping = try MappedFile(path)
    let header = try mapping.withBytes { bytes throws(ApusError) in try SafetensorsHeader(bytes, file: path) }
    self.path = path
    self.mapping = mapping
    tensors = header.tensors
    metadata = header.metadata
    index = Dictionary(
      header.tensors.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensor called `name`.
  public func tensor(_ name: String) -> TensorEntry? { index[Array(name.utf8)].map { tensors[$0] } }

  /// The bytes of a tensor of this file, valid as long as the file object lives; little-endian, at any alignment.
  public func bytes(of tensor: TensorEntry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapping.bytes[tensor.byteRange])
  }

  /// Calls `body` with the bytes of a tensor of this file, which must not leave it.
  public func withBytes<Result, Failure: Error>(
    of tensor: TensorEntry, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes(of: tensor))
  }

  /// Lets the mapped pages of a tensor go, after it has been copied or packed.
  public func release(_ tensor: TensorEntry) { mapping.release(tensor.byteRange) }
}

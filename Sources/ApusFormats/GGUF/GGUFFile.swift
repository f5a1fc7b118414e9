// A GGUF file, mapped: metadata, and tensors by name, type, shape and bytes, without copying. It knows no model; parts
// of a split model are joined by GGUFCheckpoint.

public import ApusCore

/// A checked, memory-mapped GGUF file, version 2 or 3, little-endian.
public final class GGUFFile: TensorFile {
  /// Where the file is.
  public let path: String
  /// The format's version.
  public let version: Int
  /// The metadata, in their order.
  public let metadata: GGUFMetadata
  /// What the places of tensors are a multiple of.
  public let alignment: Int
  /// The tensors in the order of their bytes; shapes outermost first, so the reverse of ggml's.
  public let tensors: [TensorEntry]
  /// The file's memory.
  public let mapping: MappedFile

  private let index: TensorIndex

  /// Maps the file at `path` and checks its header, so that every entry's bytes are in the file and fit its shape.
  public init(_ path: String) throws(ApusError) {
    let mapping = try MappedFile(path)
    let header = try GGUFHeader(mapping)
    self.path = path
    self.mapping = mapping
    version = Int(header.version)
    metadata = header.metadata
    alignment = header.alignment
    tensors = header.tensors
    index = TensorIndex(header.tensors)
  }

  /// Whether a path ends as those of GGUF files do; capitals do not matter.
  public static func isName(_ path: String) -> Bool { path.lowercased().hasSuffix(".gguf") }

  /// Lets the memory of the header go, which a vocabulary can fill with megabytes; it comes again when it is read.
  public func releaseHeader() {
    mapping.release(0..<(tensors.first?.byteRange.lowerBound ?? mapping.count))
  }

  /// The tensor called `name`.
  public func tensor(_ name: String) -> TensorEntry? { index[name].map { tensors[$0] } }
}

// What a mapped file of tensors offers, whatever its format: entries by name, and their bytes in place. It knows no
// format.

public import ApusCore

/// A checked, memory-mapped file of tensors; whoever keeps a view on its bytes keeps the object or its mapping.
public protocol TensorFile: AnyObject, Sendable {
  /// Where the file is.
  var path: String { get }
  /// The tensors in the order of their bytes.
  var tensors: [TensorEntry] { get }
  /// The file's memory.
  var mapping: MappedFile { get }
  /// The tensor called `name`.
  func tensor(_ name: String) -> TensorEntry?
}

extension TensorFile {
  /// The bytes of a tensor of this file, valid as long as the file's mapping lives; little-endian, at any alignment.
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

/// Takes the bytes of one tensor that is being written, in as many pieces as suit.
public typealias TensorSink = (UnsafeRawBufferPointer) throws(ApusError) -> Void

/// Places of tensors by name, compared by bytes: Swift's strings would merge names that only look alike.
struct TensorIndex: Sendable {
  private let places: [[UInt8]: Int]

  init(_ tensors: [TensorEntry]) {
    places = Dictionary(
      tensors.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  subscript(name: String) -> Int? { places[Array(name.utf8)] }
}

// A file that is written front to back through one buffer. AtomicFile gives one out; a log that grows line by line
// opens one to append. It knows no format.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file being written, buffered; one thread at a time.
public final class OutputFile {
  /// Where the file is, as errors name it.
  public let path: String
  /// Bytes handed over so far, in the buffer or beyond it.
  public private(set) var count = 0

  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16

  init(_ path: String, named shown: String? = nil, access: Posix.Access) throws(ApusError) {
    descriptor = try Posix.open(path, access)
    self.path = shown ?? path
    buffer.reserveCapacity(Self.bufferSize)
  }

  /// Opens the file at `path` to write after its end, or after its first `keeping` bytes; makes it if there is none.
  public convenience init(appendingTo path: String, keeping: Int? = nil) throws(ApusError) {
    try self.init(path, access: .append)
    if let keeping, let size = Posix.status(of: descriptor)?.size, size > keeping,
      Posix.retrying({ ftruncate(descriptor, off_t(max(0, keeping))) }) != 0
    {
      throw Posix.error(.writing, path)
    }
  }

  deinit { if descriptor >= 0 { _ = libcClose(descriptor) } }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(ApusError) {
    count += bytes.count
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize {
      try Posix.write(descriptor, bytes, path: path)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(ApusError) {
    try bytes.withUnsafeBytesTyped { bytes throws(ApusError) in try write(bytes) }
  }

  /// Appends text as UTF-8.
  public func write(_ text: String) throws(ApusError) { try write(Array(text.utf8)) }

  /// Hands what is buffered to the system, so that other programs see it.
  public func flush() throws(ApusError) {
    if buffer.isEmpty { return }
    try buffer.withUnsafeBytesTyped { bytes throws(ApusError) in try Posix.write(descriptor, bytes, path: path) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Waits until all that was written is safe on the disk.
  public func synchronize() throws(ApusError) {
    try flush()
    // Pipes and devices cannot be synchronised and say EINVAL or the like; a full or broken disk says otherwise.
    if Posix.retrying({ fsync(descriptor) }) != 0, errno != EINVAL, errno != ENOTSUP {
      throw Posix.error(.writing, path)
    }
  }

  /// Hands over what is buffered and closes the file; writing after that fails.
  public func close() throws(ApusError) {
    try flush()
    let closing = descriptor
    descriptor = -1
    if closing >= 0, libcClose(closing) != 0, errno != EINTR { throw Posix.error(.writing, path) }
  }
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` with a typed error.
  func withUnsafeBytesTyped<Result>(
    _ body: (UnsafeRawBufferPointer) throws(ApusError) -> Result
  ) throws(ApusError) -> Result {
    let outcome: Swift.Result<Result, ApusError> = withUnsafeBytes { bytes in
      do throws(ApusError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}

// Inside the class the member hides the C function.
private func libcClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

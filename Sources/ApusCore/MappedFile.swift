// A file seen as memory, read-only: pages come from the disk when they are touched, and the system may drop them again.
// It knows no format. A file that another process cuts short while it is mapped cannot be defended against; writers use
// AtomicFile.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whoever owns bytes that others read in place, and keep alive by keeping it.
public protocol ByteOwner: AnyObject, Sendable {
  /// Lets memory go that lies wholly in `bytes`, a part of the owner's; they can still be read, at the price of
  /// fetching them.
  func release(_ bytes: UnsafeRawBufferPointer)
}

/// A read-only mapping of a whole file; whoever keeps a view on its bytes keeps the object.
public final class MappedFile: @unchecked Sendable {
  /// Where the file is, as errors name it.
  public let path: String
  /// The file's bytes, valid as long as this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// How the bytes will be read, which lets the system read ahead or not.
  public enum Access: Sendable {
    /// Nothing is known.
    case normal
    /// Front to back.
    case sequential
    /// Here and there.
    case random
    /// All of it, soon.
    case willNeed

    fileprivate var advice: Int32 {
      switch self {
      case .normal: MADV_NORMAL
      case .sequential: MADV_SEQUENTIAL
      case .random: MADV_RANDOM
      case .willNeed: MADV_WILLNEED
      }
    }
  }

  /// Maps the file at `path`; an empty file gives no bytes.
  public convenience init(_ path: String) throws(ApusError) {
    // Before it is opened, which would wait until somebody writes to a pipe; and after, for it may be another now.
    _ = try Self.mappable(Posix.status(path), path)
    let descriptor = try Posix.open(path, .read)
    defer { close(descriptor) }
    try self.init(descriptor, path)
  }

  /// Maps the file behind a descriptor that may be read, and leaves that open; errors call it `path`.
  init(_ descriptor: Int32, _ path: String) throws(ApusError) {
    let status = try Self.mappable(Posix.status(of: descriptor), path)
    self.path = path
    guard status.size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw Posix.error(.reading, path)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: status.size)
  }

  private static func mappable(_ status: Posix.Status?, _ path: String) throws(ApusError) -> Posix.Status {
    guard let status else { throw Posix.error(.reading, path) }
    if status.isFolder { throw Posix.error(number: EISDIR, .reading, path) }
    guard status.isRegular else {
      throw ApusError(
        .missingInput, "this is a pipe or device, which cannot be mapped", file: path, remedy: "use a file")
    }
    return status
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }

  /// Bytes in the file.
  public var count: Int { bytes.count }

  /// Calls `body` with the file's bytes, which must not leave it.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Tells the system how the bytes will be read.
  public func advise(_ access: Access) {
    guard let base = bytes.baseAddress else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, access.advice)
  }

  /// Lets the pages go that lie wholly in `range`; they come from the disk again if they are touched again.
  public func release(_ range: Range<Int>) {
    let page = Platform.pageSize
    let first = (max(0, range.lowerBound) + page - 1) / page * page
    let end = min(bytes.count, range.upperBound) / page * page
    guard let base = bytes.baseAddress, first < end else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
  }
}

extension MappedFile: ByteOwner {
  /// Lets the pages go that lie wholly in `part` of the file's bytes.
  public func release(_ part: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, let first = part.baseAddress else { return }
    release(first - base..<first - base + part.count)
  }
}

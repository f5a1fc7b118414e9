// The one file that imports the C library: what the rest of the room asks of the operating system, as Swift says it.
// Interrupted calls are repeated here, and `errno` becomes an ApusError here. It knows no file format and no policy.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Calls of the operating system that the room shares; each repeats itself when a signal interrupts it.
enum Posix {
  /// What a file is asked for.
  enum Access {
    case read
    /// Creates the file, which must not exist.
    case createNew
    /// Creates the file or empties it.
    case replace
    /// Creates the file or writes after its end.
    case append
    /// Creates the file or leaves it as it is, to read and write.
    case keep
    /// A folder, to synchronise it.
    case folder

    var flags: Int32 {
      switch self {
      case .read: O_RDONLY | O_CLOEXEC
      case .createNew: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      case .replace: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
      case .append: O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
      case .keep: O_RDWR | O_CREAT | O_CLOEXEC
      case .folder: O_RDONLY | O_DIRECTORY | O_CLOEXEC
      }
    }
  }

  /// What `stat` says of a path.
  struct Status {
    var isFolder: Bool
    var isRegular: Bool
    var size: Int
    var inode: UInt64
    var device: UInt64
  }

  static var errorNumber: Int32 { errno }

  /// Repeats `call` while a signal interrupts it; its result, or −1 with `errno` set.
  static func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  static func open(_ path: String, _ access: Access) throws(ApusError) -> Int32 {
    let descriptor = retrying { libcOpen(path, access.flags, 0o666) }
    guard descriptor >= 0 else { throw error(access == .read ? .reading : .writing, path) }
    return descriptor
  }

  static func close(_ descriptor: Int32) { _ = libcClose(descriptor) }

  /// Whether the exclusive lock on an open file was to be had at once.
  static func lock(_ descriptor: Int32) -> Bool { retrying { flock(descriptor, LOCK_EX | LOCK_NB) } == 0 }

  static func status(_ path: String) -> Status? {
    var buffer = stat()
    guard retrying({ stat(path, &buffer) }) == 0 else { return nil }
    return Status(buffer)
  }

  /// The path without symbolic links, or `path` itself where nothing is there yet.
  static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func status(of descriptor: Int32) -> Status? {
    var buffer = stat()
    guard fstat(descriptor, &buffer) == 0 else { return nil }
    return Status(buffer)
  }

  /// Reads until `buffer` is full or the file ends; the number of bytes read.
  static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String) throws(ApusError)
    -> Int
  {
    var done = 0
    while done < buffer.count {
      let got = readSome(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      guard got >= 0 else { throw error(.reading, path) }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// One read; the number of bytes, 0 at the end, −1 with `errno` set.
  static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    retrying { libcRead(descriptor, buffer.baseAddress, min(buffer.count, 1 << 30)) }
  }

  /// Writes all of `bytes`, however often the system takes only a part.
  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws(ApusError) {
    if !writeAll(descriptor, bytes) { throw error(.writing, path) }
  }

  /// Writes all of `bytes`; false with `errno` set where the system takes no more.
  static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = retrying {
        libcWrite(descriptor, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, 1 << 30))
      }
      guard put > 0 else { return false }
      done += put
    }
    return true
  }

  /// Whether the last write failed because nobody reads the pipe.
  static var isClosedByReader: Bool { errno == EPIPE }

  /// What was being done when a call failed; the same `errno` means different things for input and output.
  enum Activity {
    case reading, writing
  }

  /// The error for the current `errno`, in the package's words.
  static func error(_ activity: Activity, _ path: String) -> ApusError {
    error(number: errno, activity, path)
  }

  static func error(number: Int32, _ activity: Activity, _ path: String) -> ApusError {
    let reading = activity == .reading
    switch number {
    case ENOENT where reading:
      return ApusError(.missingInput, "there is no such file or folder", file: path, remedy: "check the path")
    case ENOENT, ENOTDIR:
      return ApusError(
        reading ? .missingInput : .inputOutput, "the folder that should hold it does not exist", file: path,
        remedy: reading ? "check the path" : "make the folder first or choose another path")
    case EISDIR:
      return ApusError(
        reading ? .missingInput : .inputOutput, "this is a folder where a file is expected", file: path,
        remedy: reading ? "name a file in it" : "name a file instead")
    case EACCES, EPERM:
      return ApusError(
        reading ? .missingInput : .inputOutput, "no permission to \(reading ? "read" : "write") it", file: path,
        remedy: reading ? "change its permissions" : "change its permissions or choose another folder")
    case EROFS:
      return ApusError(.inputOutput, "the file system is read-only", file: path, remedy: "choose another folder")
    case ENOSPC, EDQUOT:
      return ApusError(.inputOutput, "the disk is full", file: path, remedy: "free some space or choose another disk")
    case EEXIST:
      return ApusError(.inputOutput, "it exists already", file: path, remedy: "remove it or choose another name")
    default:
      return ApusError(
        .inputOutput, "the system could not \(reading ? "read" : "write") it: \(message(number))", file: path,
        remedy: "check the disk and try again")
    }
  }

  /// `value` with a fixed count of digits after the point, as C's `%.*f` writes it.
  static func decimals(_ value: Double, _ count: Int) -> String {
    withVaList([value]) { arguments in
      // The largest double has 309 digits before its point.
      let capacity = 320 + max(0, count)
      return String(unsafeUninitializedCapacity: capacity) { buffer in
        buffer.withMemoryRebound(to: CChar.self) {
          max(0, Int(vsnprintf($0.baseAddress, capacity, "%.\(max(0, count))f", arguments)))
        }
      }
    }
  }

  static func message(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0).lowercased() } ?? "error \(number)"
  }
}

extension Posix.Status {
  fileprivate init(_ buffer: stat) {
    isFolder = buffer.st_mode & S_IFMT == S_IFDIR
    isRegular = buffer.st_mode & S_IFMT == S_IFREG
    size = Int(buffer.st_size)
    inode = UInt64(buffer.st_ino)
    device = UInt64(truncatingIfNeeded: buffer.st_dev)
  }
}

// Inside `Posix` the members hide the C functions of the same name.
private func libcOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
private func libcClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func libcRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}
private func libcWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

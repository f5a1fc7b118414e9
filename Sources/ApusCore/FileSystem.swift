// Files and folders by path, with errors that a person can act on. It knows no format; writing that must not be torn is
// AtomicFile's, reading without copying MappedFile's.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Files and folders by path.
public enum FileSystem {
  // MARK: Asking

  /// Whether there is a file or folder at `path`.
  public static func exists(_ path: String) -> Bool { Posix.status(path) != nil }

  /// Whether there is a folder at `path`.
  public static func isFolder(_ path: String) -> Bool { Posix.status(path)?.isFolder ?? false }

  /// Whether there is something at `path` that can be read as a file.
  public static func isFile(_ path: String) -> Bool { Posix.status(path).map { !$0.isFolder } ?? false }

  /// Whether there is a pipe or a device at `path`: what can be read once, and not be mapped.
  public static func isStream(_ path: String) -> Bool {
    Posix.status(path).map { !$0.isFolder && !$0.isRegular } ?? false
  }

  /// Whether two paths lead to the same file or folder, however they are spelt.
  public static func isSame(_ path: String, _ other: String) -> Bool {
    guard let first = Posix.status(path), let second = Posix.status(other) else { return false }
    return first.inode == second.inode && first.device == second.device
  }

  /// Bytes in the file at `path`.
  public static func size(_ path: String) throws(ApusError) -> Int {
    guard let status = Posix.status(path) else { throw Posix.error(.reading, path) }
    return status.size
  }

  /// The names in a folder, without `.` and `..`, in the order of their bytes.
  public static func list(_ folder: String) throws(ApusError) -> [String] {
    guard let stream = opendir(folder) else {
      if isFile(folder) {
        throw ApusError(
          .missingInput, "this is a file where a folder is expected", file: folder, remedy: "name a folder")
      }
      throw Posix.error(.reading, folder)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Reading

  /// All bytes of the file at `path`, which may be a pipe or a device too.
  public static func readAll(_ path: String) throws(ApusError) -> [UInt8] {
    let descriptor = try Posix.open(path, .read)
    defer { close(descriptor) }
    let status = Posix.status(of: descriptor)
    if status?.isFolder == true { throw Posix.error(number: EISDIR, .reading, path) }
    // One byte more than the size, so that the end of an ordinary file is seen at the first read.
    return try readToEnd(descriptor, expecting: (status?.size ?? 0) + 1, path: path)
  }

  /// All bytes of standard input.
  public static func readStandardInput() throws(ApusError) -> [UInt8] {
    try readToEnd(0, expecting: 1 << 16, path: "standard input")
  }

  private static func readToEnd(_ descriptor: Int32, expecting size: Int, path: String) throws(ApusError) -> [UInt8] {
    var bytes: [UInt8] = []
    var room = max(1 << 12, size)
    while true {
      let (old, capacity) = (bytes.count, bytes.count + room)
      var failure: ApusError?
      let rest = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        do throws(ApusError) {
          count = try Posix.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer), path: path)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      if old == 0 { bytes = rest } else { bytes += rest }
      if bytes.count < capacity { return bytes }
      room = max(1 << 16, bytes.count)
    }
  }

  // MARK: Changing

  /// Makes a folder and the folders above it, as far as they are missing.
  public static func makeFolders(_ path: String) throws(ApusError) {
    if isFolder(path) || path.isEmpty { return }
    if exists(path) {
      throw ApusError(
        .inputOutput, "there is a file where a folder is to be made", file: path,
        remedy: "remove it or choose another folder")
    }
    try makeFolders(parent(of: path))
    // Another process may make it meanwhile, which is as good.
    if mkdir(path, 0o777) != 0, errno != EEXIST { throw Posix.error(.writing, path) }
  }

  /// Looks whether a folder is there, or could be made, and may be written to: what long work does before it begins.
  /// - Throws: `inputOutput` that says why not.
  public static func checkFolder(_ path: String) throws(ApusError) {
    if !path.isEmpty && !exists(path) { return try checkFolder(parent(of: path)) }
    if !path.isEmpty && !isFolder(path) {
      throw ApusError(
        .inputOutput, "there is a file where a folder is to be made", file: path,
        remedy: "remove it or choose another folder")
    }
    if access(path.isEmpty ? "." : path, W_OK | X_OK) != 0 { throw Posix.error(.writing, path) }
  }

  /// Removes a file; it is no error if there is none.
  public static func removeFile(_ path: String) throws(ApusError) {
    if unlink(path) != 0, errno != ENOENT { throw Posix.error(.writing, path) }
  }

  /// Removes a file, or a folder with all that is in it; it is no error if there is nothing. Links are not followed.
  public static func remove(_ path: String) throws(ApusError) {
    var buffer = stat()
    guard lstat(path, &buffer) == 0 else {
      if errno == ENOENT { return }
      throw Posix.error(.writing, path)
    }
    guard buffer.st_mode & S_IFMT == S_IFDIR else { return try removeFile(path) }
    for name in try list(path) { try remove(join(path, name)) }
    if rmdir(path) != 0, errno != ENOENT { throw Posix.error(.writing, path) }
  }

  /// Gives a file or folder another name in the same file system, at once; a file that has that name is replaced.
  public static func rename(_ old: String, to new: String) throws(ApusError) {
    if libcRename(old, new) != 0 { throw Posix.error(.writing, new) }
  }

  /// Waits until a folder's list of names is safe on the disk.
  public static func synchronizeFolder(_ path: String) throws(ApusError) {
    let descriptor = try Posix.open(path.isEmpty ? "." : path, .folder)
    defer { close(descriptor) }
    // Some file systems cannot synchronise a folder and say EINVAL; then there is nothing more to do.
    if Posix.retrying({ fsync(descriptor) }) != 0, errno != EINVAL { throw Posix.error(.writing, path) }
  }

  /// A new folder with a name of its own in the system's folder for temporary files.
  public static func makeTemporaryFolder(prefix: String = "apus") throws(ApusError) -> String {
    let base = Platform.environment("TMPDIR") ?? "/tmp"
    var template = Array(join(base, prefix + "-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw Posix.error(.writing, base) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Paths

  /// `name` inside `folder`; `name` itself if it is absolute or `folder` is empty.
  public static func join(_ folder: String, _ name: String) -> String {
    if folder.isEmpty || name.utf8.first == UInt8(ascii: "/") { return name }
    return folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
  }

  /// The folder that holds `path`; empty for a bare name.
  public static func parent(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The last part of `path`.
  public static func name(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return String(trimmed) }
    return String(trimmed[trimmed.utf8.index(after: slash)...])
  }

  private static func trimmingSlashes(_ path: String) -> Substring {
    var rest = path[...]
    while rest.utf8.count > 1, rest.utf8.last == UInt8(ascii: "/") { rest.removeLast() }
    return rest
  }
}

// Inside `FileSystem` the member hides the C function.
private func libcRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }

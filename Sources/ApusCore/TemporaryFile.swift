// What is too large for the memory and needed by this process alone: a file that loses its name before anything is
// written to it, so that it is gone when nobody maps it any more, however the process ends. It knows no format.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file without a name.
public enum TemporaryFile {
  /// Writes a file and maps it.
  /// - Parameters:
  ///   - prefix: what errors call it begins so, in the folder that `TMPDIR` names, or `/tmp`.
  ///   - write: writes all that is to be read later; what it throws is thrown on, and nothing is left.
  /// - Throws: `inputOutput` where the folder cannot be written, or is full.
  public static func mapped(
    prefix: String, _ write: (OutputFile) throws(ApusError) -> Void
  ) throws(ApusError) -> MappedFile {
    let folder = try FileSystem.makeTemporaryFolder(prefix: prefix)
    let path = FileSystem.join(folder, "data")
    let (file, descriptor): (OutputFile, Int32)
    do {
      defer { try? FileSystem.remove(folder) }
      file = try OutputFile(appendingTo: path)
      descriptor = try Posix.open(path, .read)
    }
    defer { close(descriptor) }
    try write(file)
    try file.close()
    return try MappedFile(descriptor, path)
  }

  /// Copies what a pipe or device gives until its end, and maps the copy.
  /// - Throws: `missingInput` or `inputOutput` where `path` cannot be read, or the copy not written.
  public static func mapped(copyOf path: String, prefix: String) throws(ApusError) -> MappedFile {
    let source = try Posix.open(path, .read)
    defer { close(source) }
    return try mapped(prefix: prefix) { file throws(ApusError) in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = buffer.withUnsafeMutableBytes { Posix.readSome(source, $0) }
        guard count >= 0 else { throw Posix.error(.reading, path) }
        if count == 0 { return }
        try file.write(Array(buffer[..<count]))
      }
    }
  }
}

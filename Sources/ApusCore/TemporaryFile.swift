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
}

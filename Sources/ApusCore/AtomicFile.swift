// Writing a file so that at every instant, whatever dies, its path holds the old content or all of the new: a temporary
// name in the same folder, the bytes made safe on the disk, one rename, the folder made safe.

/// Files that are never seen half written.
public enum AtomicFile {
  /// Writes a file through `body`; if that throws or the disk does, the old file stays and no other is left behind.
  ///
  /// Where `path` is a symbolic link the file that it leads to is replaced. Folders, pipes and devices are refused.
  public static func write(to path: String, _ body: (OutputFile) throws(ApusError) -> Void) throws(ApusError) {
    let path = Posix.resolvingLinks(path)
    if let status = Posix.status(path), !status.isRegular {
      let kind = status.isFolder ? "folder" : "pipe or device"
      throw ApusError(
        .inputOutput, "this is a \(kind) where a file is to be written", file: path, remedy: "name a file instead")
    }
    let folder = FileSystem.parent(of: path)
    let temporary = FileSystem.join(
      folder, ".\(FileSystem.name(of: path)).\(Platform.processIdentifier).\(Clock.nanoseconds()).partial")
    do throws(ApusError) {
      let file = try OutputFile(temporary, named: path, access: .createNew)
      try body(file)
      try file.synchronize()
      try file.close()
      try FileSystem.rename(temporary, to: path)
    } catch {
      try? FileSystem.removeFile(temporary)
      throw error.file == temporary ? error.with(file: path) : error
    }
    try FileSystem.synchronizeFolder(folder)
  }

  /// Writes `bytes` as the file at `path`.
  public static func write(_ bytes: [UInt8], to path: String) throws(ApusError) {
    try write(to: path) { file throws(ApusError) in try file.write(bytes) }
  }

  /// Writes `text` as the file at `path`, as UTF-8.
  public static func write(_ text: String, to path: String) throws(ApusError) {
    try write(Array(text.utf8), to: path)
  }

  /// Removes what killed writers have left in a folder: their temporary files.
  public static func removeLeftovers(in folder: String) throws(ApusError) {
    for name in try FileSystem.list(folder) where name.hasPrefix(".") && name.hasSuffix(".partial") {
      try FileSystem.removeFile(FileSystem.join(folder, name))
    }
  }
}

extension ApusError {
  fileprivate func with(file: String) -> ApusError {
    var copy = self
    copy.file = file
    return copy
  }
}

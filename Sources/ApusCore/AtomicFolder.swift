// Writing a folder so that its path never holds half of it: the files come into being in a hidden folder beside it,
// which then takes its name. It is to folders what AtomicFile is to files; between the two renames that replace an old
// folder, its path holds nothing for a moment.

/// Folders that are never seen half made.
public enum AtomicFolder {
  /// Lets `body` fill a new folder, which then takes the name `path`; an old folder of that name is removed with all
  /// that is in it. If `body` throws or the disk does, the old folder stays and no other is left behind.
  ///
  /// Where `path` is a symbolic link the folder that it leads to is replaced. A file there is refused.
  /// - Parameters:
  ///   - path: the folder; those above it are made as far as they are missing.
  ///   - body: fills the folder whose path it is given.
  /// - Throws: `inputOutput` where the disk refuses, and what `body` throws.
  public static func write(to path: String, _ body: (_ partial: String) throws(ApusError) -> Void) throws(ApusError) {
    let path = Posix.resolvingLinks(path)
    if FileSystem.isFile(path) {
      throw ApusError(
        .inputOutput, "there is a file where a folder is to be made", file: path,
        remedy: "remove it or choose another folder")
    }
    let parent = FileSystem.parent(of: path)
    try FileSystem.makeFolders(parent)
    let partial = hidden(path, "partial")
    do throws(ApusError) {
      try FileSystem.makeFolders(partial)
      try body(partial)
      try FileSystem.synchronizeFolder(partial)
      try replace(path, by: partial)
      try FileSystem.synchronizeFolder(parent)
    } catch {
      try? FileSystem.remove(partial)  // make room again
      throw error.renamed(partial, to: path)
    }
  }

  /// Removes a folder so that it is whole or invisible at every instant.
  public static func remove(_ path: String) throws(ApusError) {
    let removed = hidden(path, "removed")
    try FileSystem.rename(path, to: removed)
    try FileSystem.remove(removed)
  }

  private static func replace(_ path: String, by partial: String) throws(ApusError) {
    guard FileSystem.exists(path) else { return try FileSystem.rename(partial, to: path) }
    let removed = hidden(path, "removed")
    try FileSystem.rename(path, to: removed)
    do throws(ApusError) {
      try FileSystem.rename(partial, to: path)
    } catch {
      try? FileSystem.rename(removed, to: path)
      throw error
    }
    try FileSystem.remove(removed)
  }

  // As with AtomicFile, of this process alone: two that write the same folder do not meet.
  private static func hidden(_ path: String, _ ending: String) -> String {
    let name = ".\(FileSystem.name(of: path)).\(Platform.processIdentifier).\(Clock.nanoseconds()).\(ending)"
    return FileSystem.join(FileSystem.parent(of: path), name)
  }
}

extension ApusError {
  // A file of the hidden folder by the name that it would have had.
  fileprivate func renamed(_ partial: String, to path: String) -> ApusError {
    guard let file, file.utf8.starts(with: partial.utf8) else { return self }
    var copy = self
    copy.file = path + String(file.dropFirst(partial.count))
    return copy
  }
}

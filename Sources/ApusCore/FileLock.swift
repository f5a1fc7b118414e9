// The right to a file that one process has at a time, as flock gives it. It does not know what the file stands for.

/// An exclusive lock; released with the object, or with the process even if that is killed.
public final class FileLock {
  private let descriptor: Int32

  /// Takes the lock on the file at `path`, which is made where there is none; nil where another process has it.
  ///
  /// - Throws: `inputOutput` where the file cannot be written.
  public init?(_ path: String) throws(ApusError) {
    descriptor = try Posix.open(path, .keep)
    guard Posix.lock(descriptor) else {
      Posix.close(descriptor)
      return nil
    }
  }

  deinit { Posix.close(descriptor) }
}

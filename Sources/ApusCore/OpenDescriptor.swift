// A descriptor that somebody else opened and will close: standard input and output, a pipe. Bytes pass as they are; it
// knows only how passing fails, and tells a reader that went away from a disk that is full.

/// An open descriptor of the process, borrowed.
public struct OpenDescriptor: Sendable {
  /// The number that the system gave it.
  public let number: Int32

  /// Why bytes did not pass.
  public enum Failure: Error {
    /// The reader closed the pipe (EPIPE).
    case closedByReader
    /// The system refused; its reason in words.
    case refused(String)
  }

  /// Borrows an open descriptor.
  public init(_ number: Int32) {
    self.number = number
  }

  /// One read of at most `count` bytes; empty at the end. An interrupted call is repeated.
  public func read(upTo count: Int) throws(Failure) -> [UInt8] {
    var got = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, initialized in
      got = Posix.readSome(number, UnsafeMutableRawBufferPointer(buffer))
      initialized = max(0, got)
    }
    guard got >= 0 else { throw .refused(Posix.message(Posix.errorNumber)) }
    return bytes
  }

  /// Writes until all is written; an interrupted call goes on.
  public func write(_ bytes: [UInt8]) throws(Failure) {
    guard !bytes.withUnsafeBytes({ Posix.writeAll(number, $0) }) else { return }
    throw Posix.isClosedByReader ? .closedByReader : .refused(Posix.message(Posix.errorNumber))
  }
}

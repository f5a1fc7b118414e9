// A buffered stream of bytes to a descriptor or to memory. It knows nothing of what is written, only how writing fails:
// a reader that went away is told apart from a disk that is full.

public import ApusCore
import Synchronization

/// Where the bytes of a stream go.
public protocol ByteSink: Sendable {
  /// Writes all of `bytes`, or says why not.
  func write(_ bytes: [UInt8]) throws(OpenDescriptor.Failure)
}

extension OpenDescriptor: ByteSink {}

/// Collects what is written, for tests.
public final class MemorySink: ByteSink {
  private let collected = Mutex<[UInt8]>([])

  /// An empty sink.
  public init() {}

  /// Appends.
  public func write(_ bytes: [UInt8]) {
    collected.withLock { $0 += bytes }
  }

  /// What was written so far.
  public var bytes: [UInt8] { collected.withLock { $0 } }

  /// What was written so far, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// An output stream with a buffer.
public final class Output: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var isClosedByReader = false
  }

  private static let capacity = 1 << 16

  private let sink: any ByteSink
  private let name: String
  private let state = Mutex(State())

  /// A stream to `sink`; `name` stands in error messages.
  public init(_ sink: any ByteSink, name: String) {
    self.sink = sink
    self.name = name
  }

  /// Whether the reader of a pipe went away: nobody reads what is written now.
  public var isClosedByReader: Bool { state.withLock { $0.isClosedByReader } }

  /// Appends bytes; they leave when the buffer is full, or with `flush()`.
  public func write(_ bytes: some Sequence<UInt8>) throws(ApusError) {
    try state.withLock { (state: inout State) throws(ApusError) in
      state.buffer.append(contentsOf: bytes)
      if state.buffer.count >= Self.capacity { try drain(&state) }
    }
  }

  /// Appends text.
  public func write(_ text: String) throws(ApusError) {
    try write(text.utf8)
  }

  /// Appends text and the end of the line.
  public func line(_ text: String) throws(ApusError) {
    try write(text + "\n")
  }

  /// Hands everything to the system.
  public func flush() throws(ApusError) {
    try state.withLock { (state: inout State) throws(ApusError) in try drain(&state) }
  }

  private func drain(_ state: inout State) throws(ApusError) {
    guard !state.buffer.isEmpty else { return }
    let bytes = state.buffer
    state.buffer.removeAll(keepingCapacity: true)
    guard let failure = attempt(bytes) else { return }
    switch failure {
    case .closedByReader:
      state.isClosedByReader = true
      throw ApusError(.inputOutput, "the reader closed the pipe", file: name)
    case .refused(let reason):
      throw ApusError(
        .inputOutput, "cannot write: \(reason)", file: name,
        remedy: "make room or send the output elsewhere")
    }
  }

  private func attempt(_ bytes: [UInt8]) -> OpenDescriptor.Failure? {
    do {
      try sink.write(bytes)
      return nil
    } catch {
      return error
    }
  }
}

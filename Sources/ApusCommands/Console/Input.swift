// Standard input as bytes, whole or line by line. It decodes nothing: what the bytes mean is the command's business.

public import ApusCore
import Synchronization

/// Where bytes come from.
public protocol ByteSource: Sendable {
  /// The next bytes, at most `count`; empty at the end.
  func read(upTo count: Int) throws(ApusError) -> [UInt8]
}

/// Standard input of the process.
public struct StandardInput: ByteSource {
  /// The stream of this process.
  public init() {}

  /// One read; an interrupted call is repeated.
  public func read(upTo count: Int) throws(ApusError) -> [UInt8] {
    do {
      return try OpenDescriptor(Platform.Stream.input.rawValue).read(upTo: count)
    } catch {
      guard case .refused(let reason) = error else { return [] }
      throw ApusError(.inputOutput, "cannot read: \(reason)", file: "standard input")
    }
  }
}

/// Bytes given beforehand, for tests.
public final class MemorySource: ByteSource {
  private let rest: Mutex<ArraySlice<UInt8>>

  /// A source of the bytes of `text`.
  public init(_ text: String) {
    rest = Mutex(Array(text.utf8)[...])
  }

  /// The next bytes.
  public func read(upTo count: Int) -> [UInt8] {
    rest.withLock { rest in
      let part = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      return part
    }
  }
}

extension ByteSource {
  /// Everything up to the end.
  public func readAll() throws(ApusError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(upTo: 1 << 16)
      if part.isEmpty { return all }
      all += part
    }
  }
}

/// Cuts a source into lines at line feeds; the last line needs none.
public struct LineReader {
  private let source: any ByteSource
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// Reads lines from `source`.
  public init(_ source: any ByteSource) {
    self.source = source
  }

  /// The next line without its line feed; nil at the end.
  public mutating func next() throws(ApusError) -> [UInt8]? {
    var scanned = start
    while true {
      if let end = buffer[scanned...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      if isAtEnd { return lastLine() }
      buffer.removeFirst(start)
      start = 0
      scanned = buffer.count
      let part = try source.read(upTo: 1 << 16)
      isAtEnd = part.isEmpty
      buffer += part
    }
  }

  private mutating func lastLine() -> [UInt8]? {
    guard start < buffer.count else { return nil }
    defer { start = buffer.count }
    return Array(buffer[start...])
  }
}

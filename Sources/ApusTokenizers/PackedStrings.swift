// A list of byte strings in one piece of memory: a vocabulary of 262,144 tokens is then two arrays, not as many
// objects. It knows not what the strings are.

/// Byte strings, by index.
public struct PackedStrings: Sendable, Equatable {
  private var bytes: [UInt8] = []
  /// Where string `i` ends.
  private var ends: [Int] = []

  /// No strings.
  public init() {}

  /// The strings of a sequence.
  public init(_ strings: some Sequence<some Sequence<UInt8>>) {
    for string in strings { append(string) }
  }

  /// How many there are.
  public var count: Int { ends.count }

  /// Bytes of all strings together.
  public var byteCount: Int { bytes.count }

  /// Makes room for strings with so many bytes in all.
  public mutating func reserve(count: Int, bytes size: Int) {
    ends.reserveCapacity(count)
    bytes.reserveCapacity(size)
  }

  /// Appends a string.
  public mutating func append(_ string: some Sequence<UInt8>) {
    bytes.append(contentsOf: string)
    ends.append(bytes.count)
  }

  /// The string at `index`.
  public subscript(index: Int) -> ArraySlice<UInt8> { bytes[start(of: index)..<ends[index]] }

  /// Calls `body` with each string where it lies, until it throws.
  func forEach<Failure: Error>(
    _ body: (_ index: Int, UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let outcome: Result<Void, Failure> = bytes.withUnsafeBufferPointer { bytes in
      for index in ends.indices {
        do throws(Failure) {
          try body(index, UnsafeBufferPointer(rebasing: bytes[start(of: index)..<ends[index]]))
        } catch { return .failure(error) }
      }
      return .success(())
    }
    try outcome.get()
  }

  private func start(of index: Int) -> Int { index == 0 ? 0 : ends[index - 1] }
}

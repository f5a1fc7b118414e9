// Remembers how words were cut into tokens: text repeats its words, and looking one up is many times faster than
// merging it. Bounded: when it is full it forgets everything, so that no input makes it grow.

/// Words and their ids; owned by one thread.
struct WordCache {
  /// Longer words hardly come again.
  static let longestWord = 64
  private static let mostWords = 1 << 16
  private static let mostBytes = 1 << 20

  private var words = ByteInterner()
  private var ids: [Int32] = []
  /// Where the ids of word `i` end.
  private var ends: [Int32] = []

  /// Appends the ids of `word` if they are known.
  @inline(__always)
  func append(_ word: UnsafeBufferPointer<UInt8>, to output: inout [Int32]) -> Bool {
    guard let index = words.index(of: word) else { return false }
    let start = index == 0 ? 0 : Int(ends[index - 1])
    for place in start..<Int(ends[index]) { output.append(ids[place]) }
    return true
  }

  /// Remembers the ids of a word that is not known.
  mutating func remember(_ word: UnsafeBufferPointer<UInt8>, _ symbols: [Int32]) {
    if words.count >= Self.mostWords || words.byteCount >= Self.mostBytes { clear() }
    guard words.intern(word).isNew else { return }
    ids += symbols
    ends.append(Int32(ids.count))
  }

  private mutating func clear() {
    words.removeAll()
    ids.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}

// Distinct words and how often each occurs, in order of first appearance: all that a byte-pair trainer needs of a text.

/// A table of words; the order does not depend on how many threads counted.
public struct WordCounts: Sendable {
  private var words = ByteInterner()
  private(set) var counts: [Int64] = []

  /// No words.
  public init() {}

  /// The number of distinct words.
  public var count: Int { counts.count }

  /// The number of all words.
  public var total: Int64 { counts.reduce(0, &+) }

  /// The distinct words with their counts, in order of first appearance.
  public var entries: [(word: [UInt8], count: Int64)] { counts.indices.map { (Array(words[$0]), counts[$0]) } }

  /// How much memory the table takes, in bytes.
  var byteSize: Int { words.byteSize + counts.capacity * MemoryLayout<Int64>.stride }

  /// The indices of the words in the order of their bytes.
  var indicesByWord: [Int] {
    // The first bytes decide nearly always.
    let keys = counts.indices.map { index in
      let word = words[index]
      let head = word.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return (head: word.count < 8 ? head << UInt64(64 - 8 * word.count) : head, index: index)
    }
    return keys.sorted { a, b in
      a.head != b.head ? a.head < b.head : words[a.index].lexicographicallyPrecedes(words[b.index])
    }.map(\.index)
  }

  /// The bytes of a word.
  func word(_ index: Int) -> ArraySlice<UInt8> { words[index] }

  /// Counts a word once more, or `count` times; a count beyond 2⁶³ stays there.
  @inline(__always)
  mutating func add(_ word: UnsafeBufferPointer<UInt8>, count: Int64 = 1) {
    let (index, isNew) = words.intern(word)
    if isNew { counts.append(0) }
    counts[index] = counts[index].addingSaturating(count)
  }

  /// Counts `count` more of a word.
  public mutating func add(_ word: [UInt8], count: Int64 = 1) {
    word.withUnsafeBufferPointer { add($0, count: count) }
  }

  /// Counts the words of a text, cut at white space.
  public mutating func addWords(of text: UnsafeBufferPointer<UInt8>) {
    Splitter([.words]).forEachPiece(in: text, range: 0..<text.count) { add($0) }
  }

  /// Adds the words of a later part of the text.
  mutating func add(_ later: WordCounts) {
    for index in 0..<later.count {
      later.word(index).withUnsafeBufferPointer { add($0, count: later.counts[index]) }
    }
  }
}

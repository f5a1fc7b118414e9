// A trie over bytes, for finding the entries that begin at a place: added tokens, pieces of a unigram model. Its edges
// lie in one flat table. It knows not what the entries are.

/// Byte strings with values, found by their beginnings.
struct ByteTrie: Sendable {
  private var edges = PairMap<Int32>(capacity: 256, filler: 0)
  /// For each node the value that ends there, or -1.
  private var values: [Int32] = [-1]
  /// The length of the longest entry.
  private(set) var longest = 0

  var isEmpty: Bool { values.count == 1 }

  /// Adds an entry that is not empty; a later one takes the place of an equal one.
  mutating func insert(_ entry: some Sequence<UInt8>, value: Int32) {
    var node: Int32 = 0
    var length = 0
    for byte in entry {
      let next = Int32(values.count)
      let child = edges.value(node, Int32(byte), orInsert: next)
      if child == next { values.append(-1) }
      node = child
      length += 1
    }
    values[Int(node)] = value
    longest = max(longest, length)
  }

  /// Calls `body` with the length and value of each entry that stands at `place`, the shortest first.
  @inline(__always)
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, at place: Int, _ body: (_ length: Int, _ value: Int32) -> Void
  ) {
    var node: Int32 = 0
    var place = place
    let start = place
    while place < text.count, let next = edges[node, Int32(text[place])] {
      node = next
      place += 1
      if values[Int(node)] >= 0 { body(place - start, values[Int(node)]) }
    }
  }

  /// The longest entry that stands at `place`.
  func longestMatch(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> (length: Int, value: Int32)? {
    var best: (length: Int, value: Int32)?
    forEachMatch(in: text, at: place) { best = ($0, $1) }
    return best
  }
}

// WordPiece (Schuster and Nakajima 2012; BERT): the longest token that begins the word, then the longest that goes on,
// until the word is used up. It knows not how text is cut into words.

/// A vocabulary in which tokens inside a word have a prefix.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  let unknown: Int32
  /// Marks tokens that do not begin a word.
  let prefix: [UInt8]
  /// Longer words, in characters, are unknown.
  let longestWord: Int
  /// The length in bytes of the longest token.
  private let longestToken: Int

  init(vocabulary: Vocabulary, unknown: Int32, prefix: [UInt8] = Array("##".utf8), longestWord: Int = 100) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.prefix = prefix
    self.longestWord = longestWord
    longestToken = vocabulary.longest
  }

  /// Appends the ids of a word and, where `places` is given, where in it each stands.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32], _ places: inout TokenPlaces) {
    let first = ids.count
    func giveUp(_ ids: inout [Int32], _ places: inout TokenPlaces) {
      ids.removeSubrange(first...)
      ids.append(unknown)
      places.removeAll()
      places.append(0, word.count)
    }
    guard isShort(word) else { return giveUp(&ids, &places) }
    var candidate: [UInt8] = []
    var start = 0
    while start < word.count {
      candidate.removeAll(keepingCapacity: true)
      if start > 0 { candidate += prefix }
      let head = candidate.count
      candidate += word[start..<min(word.count, start + longestToken)]
      var found: Int32?
      while candidate.count > head {
        found = vocabulary.id(of: candidate)
        if found != nil { break }
        dropCharacter(&candidate)
      }
      guard let found else { return giveUp(&ids, &places) }
      ids.append(found)
      places.append(start, start + candidate.count - head)
      start += candidate.count - head
    }
  }

  /// Drops the last character. What a limit to the length cut off in the middle of one goes byte by byte: no token ends
  /// there.
  private func dropCharacter(_ bytes: inout [UInt8]) {
    while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
  }

  private func isShort(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
    if word.count <= longestWord { return true }
    return word.count { $0 & 0xC0 != 0x80 } <= longestWord
  }
}

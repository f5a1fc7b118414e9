// The characters that a vocabulary of characters starts from: all of the text, or the most frequent where there is a
// limit. It knows no model.

import ApusCore

/// Characters as UTF-8, sorted by code point.
struct Alphabet: Sendable {
  /// The characters that were kept.
  let characters: [[UInt8]]
  /// How often each occurs.
  let counts: [Int64]
  private let index: [[UInt8]: Int32]

  /// - Parameters:
  ///   - counts: the words; bytes that are not valid UTF-8 belong to no character.
  ///   - limit: how many characters to keep; of equally frequent ones the first by code point.
  /// - Throws: `badData` where a word is not valid UTF-8.
  init(of counts: WordCounts, limit: Int?) throws(ApusError) {
    var table = WordCounts()
    for entry in 0..<counts.count {
      let word = Array(counts.word(entry))
      guard UTF8Validation.firstInvalid(in: word) == nil else {
        throw ApusError(
          .badData, "the text is not valid UTF-8, which a vocabulary of characters needs",
          remedy: "convert it to UTF-8, or train byte-level BPE")
      }
      for character in TextbookTrainer.characters(of: word) { table.add(character, count: counts.counts[entry]) }
    }
    var found = table.entries
    if let limit, limit < found.count {
      // UTF-8 sorts as code points do.
      found.sort { $0.count != $1.count ? $0.count > $1.count : $0.word.lexicographicallyPrecedes($1.word) }
      found.removeSubrange(max(0, limit)...)
    }
    found.sort { $0.word.lexicographicallyPrecedes($1.word) }
    characters = found.map(\.word)
    self.counts = found.map(\.count)
    index = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, Int32($0)) })
  }

  /// The place of a character among those kept.
  func index(of character: [UInt8]) -> Int32? { index[character] }
}

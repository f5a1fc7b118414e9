// The characters of a text as a vocabulary, sorted by code point, as in nanoGPT's character data sets. The text must be
// valid UTF-8. What the text did not hold cannot be encoded later, unless one of the special tokens is customary for
// the unknown (`<unk>`).

public import ApusCore

/// Collects the characters of texts.
public struct CharacterTrainer: Sendable {
  private var seen = WordCounts()
  private let specialTokens: SpecialTokens

  /// - Parameter specialTokens: texts that are one token; they get the first ids and are not taken apart.
  /// - Throws: `usage` for special tokens that cannot be.
  public init(specialTokens: [[UInt8]] = []) throws(ApusError) {
    self.specialTokens = try SpecialTokens.forTraining(specialTokens)
  }

  /// Adds the characters of one text.
  public mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
    var place = 0
    while place < text.count {
      let match = specialTokens.firstMatch(in: text.span, from: place)?.place
      let segment = UnsafeBufferPointer(rebasing: text[place..<(match?.lowerBound ?? text.count)])
      Splitter([.characters]).forEachPiece(in: segment, range: 0..<segment.count) { seen.add($0) }
      place = match?.upperBound ?? text.count
    }
  }

  /// Adds the characters of one text.
  public mutating func add(_ text: [UInt8]) { text.withUnsafeBufferPointer { add($0) } }

  /// Makes the tokenizer.
  /// - Throws: `badData` where no text was added, or one that is not valid UTF-8.
  public func train() throws(ApusError) -> PipelineTokenizer {
    guard seen.count > 0 else {
      throw ApusError(.badData, "there is no text to learn from", remedy: "give more text")
    }
    var vocabulary = Vocabulary()
    for token in specialTokens.tokens { try vocabulary.insert(token.content, id: Int(token.id), isFound: false) }
    // UTF-8 sorts as code points do.
    for character in seen.entries.map(\.word).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard UTF8Validation.firstInvalid(in: character) == nil else {
        throw ApusError(
          .badData, "the text is not valid UTF-8, which a vocabulary of characters needs",
          remedy: "convert it to UTF-8, or train byte-level BPE")
      }
      try vocabulary.insert(character, id: vocabulary.size)
    }
    let model = WordLevelModel(vocabulary: vocabulary, unknown: specialTokens.unknown)
    return PipelineTokenizer(
      splitter: Splitter([.characters]), model: .wordLevel(model), specialTokens: specialTokens)
  }
}

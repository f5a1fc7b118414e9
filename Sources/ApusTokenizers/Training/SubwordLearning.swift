// Merges of characters with marks for the place in the word: `##` before all but a word's first character (WordPiece),
// or `</w>` behind its last (character BPE), as the trainer of the `tokenizers` library has them. That library numbers
// the marked characters as its hash table happens to yield them, and so breaks ties another way at every run; here they
// are numbered by code point. It knows no texts and no tokenizer.

import ApusCore

/// What is learnt from words of characters.
struct SubwordLearning {
  /// Tokens in all, special ones included.
  var vocabularySize: Int
  var specialTokens: SpecialTokens
  var minimumFrequency: Int64
  var alphabetLimit: Int?
  var tieBreak: TieBreak
  /// Before every symbol but a word's first.
  var prefix: [UInt8] = []
  /// Behind a word's last symbol.
  var suffix: [UInt8] = []

  /// Learns from words.
  /// - Throws: `usage` where the characters alone are more than the vocabulary may have.
  func learn(
    from counts: WordCounts, progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError) -> (vocabulary: Vocabulary, merges: [(merge: LearntMerge, shown: TrainedMerge)]) {
    let alphabet = try Alphabet(of: counts, limit: alphabetLimit)
    let (symbols, words) = words(counts, alphabet)
    let least = symbols.count + specialTokens.tokens.count
    guard vocabularySize >= least, vocabularySize <= Vocabulary.idLimit else {
      throw ApusError(
        .usage,
        "a vocabulary of \(vocabularySize) tokens is not possible: the characters of the text and "
          + "\(specialTokens.tokens.count) special tokens need at least \(least); \(Vocabulary.idLimit) is the most",
        remedy: "ask for more, or keep fewer characters with --limit-alphabet")
    }
    var learner = MergeLearner(words: words, symbols: symbols, rule: tieBreak, markLength: prefix.count)
    let run = MergeRun(
      vocabularySize: vocabularySize, specialTokens: specialTokens.tokens.count, minimumFrequency: minimumFrequency,
      isByteLevel: false)
    let merges = try run.learn(with: &learner, progress: progress)
    return (try learner.vocabulary(behind: specialTokens), merges)
  }

  /// The symbols that learning starts from, plain characters and then marked ones, each by code point, and the words
  /// in them.
  private func words(_ counts: WordCounts, _ alphabet: Alphabet) -> (symbols: [[UInt8]], words: SymbolWords) {
    var marked: Set<[UInt8]> = []
    for index in 0..<counts.count { marked.formUnion(pieces(of: Array(counts.word(index)), alphabet)) }
    let new = marked.subtracting(alphabet.characters).sorted { $0.lexicographicallyPrecedes($1) }
    let symbols = alphabet.characters + new
    let symbolOf = Dictionary(uniqueKeysWithValues: symbols.enumerated().map { ($1, Int32($0)) })
    var words = SymbolWords()
    for index in 0..<counts.count {
      words.append(
        pieces(of: Array(counts.word(index)), alphabet).compactMap { symbolOf[$0] }, count: counts.counts[index])
    }
    return (symbols, words)
  }

  /// A word's characters with their marks. As in the `tokenizers` library, only a character that stands at the end of
  /// the word itself is marked as last, even where it is left out.
  private func pieces(of word: [UInt8], _ alphabet: Alphabet) -> [[UInt8]] {
    let characters = TextbookTrainer.characters(of: word)
    var pieces: [[UInt8]] = []
    for (place, character) in characters.enumerated() where alphabet.index(of: character) != nil {
      pieces.append((place > 0 ? prefix : []) + character + (place + 1 == characters.count ? suffix : []))
    }
    return pieces
  }
}

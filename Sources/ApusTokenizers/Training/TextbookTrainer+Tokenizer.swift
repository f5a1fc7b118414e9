// What the textbook's trainer learnt, as a tokenizer that applies it to text: split at white space, put the mark behind
// each word, start from characters, merge by rank. The mark is a symbol of its own from the beginning (Sennrich's first
// version), which the `end_of_word_suffix` of the `tokenizers` library cannot say: there the last character and its
// mark are one. So the mark is put into the text as characters, and the first merges build it from them; the library
// loads the file as it is and gives the same ids.

public import ApusCore

extension TextbookTrainer {
  /// The tokenizer with the merges so far.
  ///
  /// Ids: special tokens, the characters of the words and of the mark by code point, the merges that build the mark,
  /// the learnt merges. Without a mark, decoded text has no spaces between words.
  /// - Throws: `usage` for a mark with white space or special tokens that cannot be, `badData` for words with white
  ///   space or with the mark in them.
  public func tokenizer(specialTokens: [[UInt8]] = []) throws(ApusError) -> PipelineTokenizer {
    let specials = try SpecialTokens.forTraining(specialTokens)
    let markCharacters = Self.characters(of: endOfWord)
    var vocabulary = Vocabulary()
    for token in specials.tokens { try vocabulary.insert(token.content, id: Int(token.id), isFound: false) }
    for character in Set(alphabet + markCharacters).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try vocabulary.insert(character, id: vocabulary.size)
    }
    var pairs: [SymbolPair] = []
    for length in markCharacters.indices.dropFirst() {
      pairs.append(SymbolPair(left: Array(markCharacters[..<length].joined()), right: markCharacters[length]))
    }
    pairs += steps.map(\.pair)
    var merges: [(left: Int32, right: Int32)] = []
    for pair in pairs {
      let content = pair.left + pair.right
      if vocabulary.id(of: content) == nil { try vocabulary.insert(content, id: vocabulary.size) }
      guard let left = vocabulary.id(of: pair.left), let right = vocabulary.id(of: pair.right) else {
        throw ApusError(.fault, "a merge names a symbol that was never made")
      }
      merges.append((left, right))
    }
    let model = try BytePairModel(unit: .characters, vocabulary: vocabulary, merges: merges)
    guard !endOfWord.isEmpty else {
      return PipelineTokenizer(splitter: Splitter([.words]), model: .bytePair(model), specialTokens: specials)
    }
    // The empty text behind each word becomes the mark.
    let wordEnd = #"(?<=\S)(?!\S)"#
    let mark = JSON(String(decoding: endOfWord, as: UTF8.self))
    var source = ComponentSource(Splitter([.words]), .bytePair(model))
    source.normalizer = ["type": "Replace", "pattern": ["Regex": JSON(wordEnd)], "content": mark]
    source.decoder = ["type": "BPEDecoder", "suffix": mark]
    return PipelineTokenizer(
      normalizer: Normalizer(steps: [.replace(.regex(try Regex(Array(wordEnd.utf8))), with: endOfWord)]),
      splitter: Splitter([.words]), model: .bytePair(model), specialTokens: specials, joining: .wordEnd(endOfWord),
      source: source)
  }
}

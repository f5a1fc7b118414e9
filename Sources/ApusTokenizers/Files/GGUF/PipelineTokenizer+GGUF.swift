// Describes a tokenizer as the vocabulary of a GGUF file, so that llama.cpp gives the same ids. What such a file cannot
// say is an error: a file that leaves it out would give wrong ids without a word.

public import ApusCore

extension PipelineTokenizer {
  /// The keys `tokenizer.ggml.*` of this tokenizer.
  /// - Throws: `badData` where normaliser, splitting pattern or model are none that GGUF has a name for.
  public func ggufVocabulary() throws(ApusError) -> GGUFVocabulary {
    var vocabulary: GGUFVocabulary
    switch model {
    case .bytePair(let model) where model.unit == .bytes:
      vocabulary = try bytePairGGUF(model.merges, prefersWholeWords: model.options.prefersWholeWords)
    case .rankedPair(let model) where model.unit == .bytes:
      vocabulary = try bytePairGGUF(model.allMerges, prefersWholeWords: model.prefersWholeWords)
    case .rankedPair(let model):
      vocabulary = try sentencePieceGGUF("llama") {
        model.ranks[$0] == RankedPairModel.never ? 0 : -Float(model.ranks[$0])
      }
    case .unigram(let model): vocabulary = try sentencePieceGGUF("t5") { Float(model.scores[$0]) }
    case .wordPiece(let model): vocabulary = try wordPieceGGUF(model)
    case .bytePair, .wordLevel: throw unnamed("model")
    }
    vocabulary.beginning = specialTokens.beginningOfText
    vocabulary.end = specialTokens.endOfText
    vocabulary.unknown = specialTokens.unknown ?? model.unknown
    vocabulary.padding = specialTokens.padding
    vocabulary.separator = specialTokens.separator
    vocabulary.classification = specialTokens.classification
    vocabulary.mask = specialTokens.mask
    try setFrame(&vocabulary)
    return vocabulary
  }

  /// The tokens that stand round every text: llama.cpp knows one before it, which it calls the beginning, and one
  /// behind it, which it calls the end, whatever their names are here.
  private func setFrame(_ vocabulary: inout GGUFVocabulary) throws(ApusError) {
    let before = postProcessor.opening
    let behind = framed([], and: nil).ids.dropFirst(before.count)
    vocabulary.addsBeginning = !before.isEmpty
    vocabulary.addsEnd = !behind.isEmpty
    // WordPiece has names of its own for them.
    if case .wordPiece = model { return }
    guard before.count <= 1, behind.count <= 1 else { throw unnamed("post-processor") }
    vocabulary.beginning = before.first ?? vocabulary.beginning
    vocabulary.end = behind.first ?? vocabulary.end
  }

  private func unnamed(_ part: String) -> ApusError {
    ApusError(
      .badData, "a GGUF file cannot say what the \(part) of this tokenizer does",
      remedy: "convert to the Hugging Face layout, which keeps tokenizer.json")
  }

  /// All tokens by id; ids without one are unused.
  private func fill(_ vocabulary: inout GGUFVocabulary, _ spelling: (Int32, [UInt8]) -> [UInt8]) {
    for id in 0..<Int32(vocabularySize) {
      if let added = specialTokens.token(of: id) {
        vocabulary.tokens.append(added.content)
        let isUnknown = id == model.unknown
        vocabulary.types.append((isUnknown ? TokenType.unknown : added.isSpecial ? .control : .userDefined).rawValue)
      } else if let content = model.vocabulary.bytes(of: id) {
        vocabulary.tokens.append(spelling(id, Array(content)))
        vocabulary.types.append(type(of: id).rawValue)
      } else {
        vocabulary.tokens.append("[PAD\(id)]".utf8)
        vocabulary.types.append(TokenType.unused.rawValue)
      }
    }
  }

  private typealias TokenType = GGUFVocabulary.TokenType

  private func type(of id: Int32) -> TokenType {
    if id == model.unknown { return .unknown }
    switch model {
    case .rankedPair(let model):
      if model.byteTokens?.contains(id) == true { return .byte }
      let content = Array(model.vocabulary.bytes(of: id) ?? [])
      let match = content.withUnsafeBufferPointer { model.userDefined.longestMatch(in: $0, at: 0) }
      return match?.value == id ? .userDefined : .normal
    case .unigram(let model): return model.byteTokens?.contains(id) == true ? .byte : .normal
    default: return .normal
    }
  }

  private func bytePairGGUF(
    _ merges: [(left: Int32, right: Int32)], prefersWholeWords: Bool
  ) throws(ApusError) -> GGUFVocabulary {
    // No GGUF file says NFC; those of models that have it are read without.
    let isPlain = normalizer.steps.allSatisfy { step in if case .form(.nfc) = step { true } else { false } }
    guard isPlain else { throw unnamed("normaliser") }
    guard let pre = GGUFPatterns.name(of: splitter, prefersWholeWords: prefersWholeWords) else {
      throw unnamed("splitting pattern")
    }
    var vocabulary = GGUFVocabulary(model: "gpt2")
    vocabulary.pre = pre
    fill(&vocabulary) { id, _ in Array(spelling(of: id).utf8) }
    for merge in merges {
      vocabulary.merges.append(Array("\(spelling(of: merge.left)) \(spelling(of: merge.right))".utf8))
    }
    return vocabulary
  }

  private func sentencePieceGGUF(_ kind: String, score: (Int) -> Float) throws(ApusError) -> GGUFVocabulary {
    guard normalizer.steps.count == 1, case .sentencePiece(let normalizer)? = normalizer.steps.first,
      !normalizer.isSuffix,
      normalizer.escapesSpaces, splitter.steps.isEmpty
    else { throw unnamed("normaliser") }
    var vocabulary = GGUFVocabulary(model: kind)
    vocabulary.addsSpacePrefix = normalizer.addsPrefix
    vocabulary.removesExtraSpaces = normalizer.removesExtraSpaces
    vocabulary.normalizationMap = normalizer.map?.blob ?? []
    fill(&vocabulary) { id, content in
      type(of: id) == .userDefined ? content.replacingBytes(Array("▁".utf8), with: [0x20]) : content
    }
    vocabulary.scores = (0..<vocabularySize).map { $0 < model.vocabulary.size ? score($0) : 0 }
    return vocabulary
  }

  private func wordPieceGGUF(_ model: WordPieceModel) throws(ApusError) -> GGUFVocabulary {
    guard normalizer.steps.count == 1, case .bert(let bert)? = normalizer.steps.first, bert == BertNormalizer(),
      model.prefix == Array("##".utf8)
    else { throw unnamed("normaliser") }
    var vocabulary = GGUFVocabulary(model: "bert")
    fill(&vocabulary) { _, content in
      if content.starts(with: model.prefix) { return Array(content.dropFirst(model.prefix.count)) }
      let isMark = content.first == UInt8(ascii: "[") && content.last == UInt8(ascii: "]") && content.count > 2
      return isMark ? content : Array("▁".utf8) + content
    }
    return vocabulary
  }
}

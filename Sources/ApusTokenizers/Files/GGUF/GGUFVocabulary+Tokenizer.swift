// Makes a tokenizer of the vocabulary of a GGUF file: what llama.cpp does with it, by the kinds that it names.

public import ApusCore

extension GGUFVocabulary {
  /// The tokenizer.
  ///
  /// Tokens that users defined are found in every text, as in llama.cpp, but for those that look like marks
  /// (`<|user|>`): these are special, so that no text from outside can speak as somebody else.
  /// - Throws: `badData` for a kind or a splitting pattern that is not supported, or lists that do not fit each other.
  public func tokenizer(file: String? = nil) throws(ApusError) -> PipelineTokenizer {
    do throws(ApusError) {
      try check()
      switch model {
      case "gpt2": return try bytePair()
      case "llama": return try sentencePiece(.bytePair)
      case "t5": return try sentencePiece(.unigram)
      case "bert": return try wordPiece()
      default:
        throw ApusError(
          .badData, "vocabularies of the kind '\(model)' are not supported", place: "key `tokenizer.ggml.model`",
          remedy: "use a file with gpt2, llama, t5 or bert")
      }
    } catch {
      var error = error
      error.file = error.file ?? file
      throw error
    }
  }

  private func check() throws(ApusError) {
    for (name, count) in [("scores", scores.count), ("token_type", types.count)]
    where count != 0 && count != tokens.count {
      throw ApusError(
        .badData, "\(count) entries for \(tokens.count) tokens", place: "key `tokenizer.ggml.\(name)`")
    }
    guard tokens.count > 0, tokens.count <= Vocabulary.idLimit else {
      throw ApusError(.badData, "\(tokens.count) tokens", place: "key `tokenizer.ggml.tokens`")
    }
    let parts = [beginning, end, unknown, padding, separator, classification, mask]
    for id in parts.compactMap({ $0 }) where id < 0 || Int(id) >= tokens.count {
      throw ApusError(.badData, "the special token \(id) is not among the \(tokens.count) tokens")
    }
  }

  // MARK: Byte-level BPE

  private func bytePair() throws(ApusError) -> PipelineTokenizer {
    let pattern = try GGUFPatterns.named(pre)
    var vocabulary = Vocabulary(capacity: tokens.count, bytes: tokens.byteCount)
    var bytes: [UInt8] = []
    try tokens.forEach { id, token throws(ApusError) in
      let type = type(id)
      let isText = type == .normal || type == .unused || type == .byte
      if isText, ByteAlphabet.bytes(of: token, into: &bytes), vocabulary.id(of: bytes) == nil, !bytes.isEmpty {
        try vocabulary.insert(bytes, id: id)
      } else {
        try vocabulary.insert(token, id: id, isFound: false)
      }
    }
    var options = BytePairModel.Options()
    options.prefersWholeWords = pattern.prefersWholeWords
    let model = try BytePairModel(unit: .bytes, vocabulary: vocabulary, merges: merges(vocabulary), options: options)
    return PipelineTokenizer(
      splitter: Splitter(steps: pattern.steps), model: .bytePair(model),
      specialTokens: specialTokens(withUserDefined: true),
      postProcessor: frame(addsBeginning: pattern.addsBeginning),
      source: ComponentSource(byteLevel: Splitter(steps: pattern.steps)))
  }

  private func merges(_ vocabulary: Vocabulary) throws(ApusError) -> [(left: Int32, right: Int32)] {
    var pairs: [(left: Int32, right: Int32)] = []
    pairs.reserveCapacity(merges.count)
    var (left, right): ([UInt8], [UInt8]) = ([], [])
    try merges.forEach { rank, merge throws(ApusError) in
      // A token may be a space by itself only where it is no byte-level one.
      guard let space = merge.dropFirst().firstIndex(of: 0x20) else {
        throw ApusError(.badData, "merge \(rank) is not two tokens", place: "key `tokenizer.ggml.merges`")
      }
      guard ByteAlphabet.bytes(of: UnsafeBufferPointer(rebasing: merge[..<space]), into: &left),
        ByteAlphabet.bytes(of: UnsafeBufferPointer(rebasing: merge[(space + 1)...]), into: &right),
        let first = vocabulary.id(of: left), let second = vocabulary.id(of: right)
      else {
        throw ApusError(
          .badData, "merge \(rank), '\(String(decoding: merge, as: UTF8.self))', names what is no token",
          place: "key `tokenizer.ggml.merges`")
      }
      pairs.append((first, second))
    }
    return pairs
  }

  // MARK: sentencepiece

  private func sentencePiece(_ kind: SentencePieceModel.Kind) throws(ApusError) -> PipelineTokenizer {
    guard scores.count == tokens.count else {
      throw ApusError(.badData, "there are no scores", place: "key `tokenizer.ggml.scores`")
    }
    var model = SentencePieceModel()
    model.kind = kind
    model.pieces = escapedTokens
    model.scores = scores
    model.types = tokenTypes
    if let unknown, model.types[Int(unknown)] != .unknown { model.types[Int(unknown)] = .unknown }
    model.fallsBackToBytes = model.types.contains(.byte)
    model.normalizer.addsPrefix = addsSpacePrefix ?? true
    model.normalizer.removesExtraSpaces = removesExtraSpaces ?? (kind == .unigram)
    if !normalizationMap.isEmpty { model.normalizer.map = try PrecompiledMap(normalizationMap) }
    model.roles = roles
    model.frame = frame(addsBeginning: kind == .bytePair)
    return try model.tokenizer()
  }

  /// Tokens that users defined have their spaces as such in the file; sentencepiece sees them behind its normaliser.
  private var escapedTokens: PackedStrings {
    let hasSpaces = types.indices.contains { type($0) == .userDefined && tokens[$0].contains(0x20) }
    guard hasSpaces else { return tokens }
    var pieces = PackedStrings()
    pieces.reserve(count: tokens.count, bytes: tokens.byteCount)
    tokens.forEach { id, token in
      if type(id) == .userDefined && token.contains(0x20) {
        pieces.append(Array(token).replacingBytes([0x20], with: Array("▁".utf8)))
      } else {
        pieces.append(token)
      }
    }
    return pieces
  }

  private var tokenTypes: [TokenType] { (0..<tokens.count).map { type($0) } }

  // MARK: BERT

  /// In the file `▁` begins a word, and nothing marks what goes on inside one.
  private func wordPiece() throws(ApusError) -> PipelineTokenizer {
    var vocabulary = Vocabulary(capacity: tokens.count, bytes: tokens.byteCount)
    let (mark, prefix) = (Array("▁".utf8), Array("##".utf8))
    try tokens.forEach { id, token throws(ApusError) in
      let isPlain =
        type(id) != .normal || (token.first == UInt8(ascii: "[") && token.last == UInt8(ascii: "]") && token.count > 2)
      let content =
        token.starts(with: mark) ? Array(token.dropFirst(mark.count)) : isPlain ? Array(token) : prefix + token
      try vocabulary.insert(content, id: id, isFound: vocabulary.id(of: content) == nil)
    }
    guard let unknown, let before = classification ?? beginning, let behind = separator ?? end else {
      throw ApusError(
        .badData, "the unknown, the first or the last token is not named", place: "keys `tokenizer.ggml.…_token_id`")
    }
    return VocabularyFolder.bert(
      WordPieceModel(vocabulary: vocabulary, unknown: unknown), BertNormalizer(), specialTokens(withUserDefined: true),
      before: before, behind: behind)
  }

  // MARK: Special tokens

  private func specialTokens(withUserDefined: Bool) -> SpecialTokens {
    var added: [AddedToken] = []
    for id in 0..<tokens.count {
      let content = Array(tokens[id])
      guard !content.isEmpty else { continue }
      switch type(id) {
      case .control, .unknown: added.append(AddedToken(id: Int32(id), content: content))
      case .userDefined where withUserDefined:
        var token = AddedToken(id: Int32(id), content: content, isSpecial: false)
        token.isAlwaysFound = !(content.first == UInt8(ascii: "<") && content.last == UInt8(ascii: ">"))
        added.append(token)
      default: break
      }
    }
    return SpecialTokens(added, roles: roles)
  }

  private var roles: SpecialTokens.Roles {
    func content(_ id: Int32?) -> [UInt8]? { id.map { Array(tokens[Int($0)]) } }
    var roles = SpecialTokens.Roles()
    roles.beginningOfText = content(beginning)
    roles.endOfText = content(end)
    roles.unknown = content(unknown)
    roles.padding = content(padding)
    roles.mask = content(mask)
    roles.classification = content(classification)
    roles.separator = content(separator)
    return roles
  }

  private func frame(addsBeginning: Bool) -> PostProcessor {
    let first = (self.addsBeginning ?? addsBeginning) ? [beginning].compactMap { $0 } : []
    let last = (addsEnd ?? false) ? [end].compactMap { $0 } : []
    return first.isEmpty && last.isEmpty ? .none : PostProcessor(before: first, behind: last)
  }
}

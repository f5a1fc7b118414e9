// A sentencepiece model as a value: pieces with scores and types, and how text is normalised. From a `.model` file
// (SentencePieceReader) or the vocabulary of a GGUF file; it becomes a tokenizer here.

import ApusCore

/// Pieces, scores, types, and how text is normalised.
struct SentencePieceModel {
  enum Kind: Equatable { case unigram, bytePair, word, character }

  var kind = Kind.unigram
  var pieces = PackedStrings()
  var scores: [Float] = []
  var types: [GGUFVocabulary.TokenType] = []
  var normalizer = SentencePieceNormalizer()
  var fallsBackToBytes = false
  /// What the unknown piece is shown as; nil for itself.
  var unknownSurface: [UInt8]?
  var roles = SpecialTokens.Roles()
  /// Whether the beginning and the end mark are put round a text on request.
  var frame: PostProcessor = .none
  var file: String?

  func tokenizer() throws(ApusError) -> PipelineTokenizer {
    let (vocabulary, userDefined, unknown) = try vocabulary()
    let byteTokens = fallsBackToBytes ? self.byteTokens() : nil
    let model: TokenizerModel
    switch kind {
    case .bytePair:
      var trie = ByteTrie()
      for id in userDefined { trie.insert(pieces[Int(id)], value: id) }
      model = .rankedPair(
        RankedPairModel(
          unit: .characters, vocabulary: vocabulary, ranks: ranks(userDefined), prefersWholeWords: false,
          unknown: unknown,
          byteTokens: byteTokens, userDefined: trie, fusesUnknown: true))
    case .unigram:
      model = .unigram(
        UnigramModel(
          vocabulary: vocabulary, scores: scores.map { Double($0) }, unknown: unknown, byteTokens: byteTokens,
          isSinglePrecision: true, userDefined: userDefined))
    case .word, .character:
      throw ApusError(
        .badData, "sentencepiece models of whole words or of characters are not supported", file: file,
        remedy: "use a BPE or Unigram model")
    }
    var normalizer = normalizer
    for id in userDefined { normalizer.userDefined.insert(pieces[Int(id)], value: id) }
    return PipelineTokenizer(
      normalizer: Normalizer(steps: [.sentencePiece(normalizer)]), splitter: Splitter([]), model: model,
      specialTokens: SpecialTokens(addedTokens(), roles: roles), joining: joining, postProcessor: frame, source: source)
  }

  private var joining: TokenJoining {
    let mark = Array("▁".utf8)
    var steps: [TokenJoining.Step] = []
    if normalizer.addsPrefix || normalizer.removesExtraSpaces {
      steps.append(.leadingMark(mark, all: normalizer.removesExtraSpaces))
    }
    if let unknownSurface, let unknown = types.firstIndex(of: .unknown) {
      steps.append(.shown(Array(pieces[unknown]), as: unknownSurface))
    }
    steps.append(.replace(.literal(mark), with: [0x20]))
    if fallsBackToBytes { steps.append(.byteFallback) }
    return TokenJoining(steps: steps)
  }

  private func vocabulary() throws(ApusError) -> (Vocabulary, userDefined: Set<Int32>, unknown: Int32?) {
    var vocabulary = Vocabulary(capacity: pieces.count, bytes: pieces.byteCount)
    var userDefined: Set<Int32> = []
    var unknown: Int32?
    try pieces.forEach { id, piece throws(ApusError) in
      let type = types[id]
      let isText = type == .normal || type == .userDefined || type == .unused
      do throws(ApusError) {
        // The later of two equal pieces only stands for its id.
        try vocabulary.insert(piece, id: id, isFound: isText && !piece.isEmpty && vocabulary.id(of: piece) == nil)
      } catch {
        throw ApusError(.badData, error.problem, file: file, place: "piece \(id)")
      }
      if type == .userDefined && !piece.isEmpty { userDefined.insert(Int32(id)) }
      if type == .unknown { unknown = unknown ?? Int32(id) }
    }
    return (vocabulary, userDefined, unknown)
  }

  /// Higher scores are merged first; equal ones have one rank.
  private func ranks(_ userDefined: Set<Int32>) -> [UInt32] {
    var ranks = [UInt32](repeating: RankedPairModel.never, count: pieces.count)
    var order: [Int32] = []
    order.reserveCapacity(pieces.count)
    for id in scores.indices where types[id] == .normal || types[id] == .unused || types[id] == .userDefined {
      order.append(Int32(id))
    }
    order.sort { scores[Int($0)] > scores[Int($1)] }
    var rank: UInt32 = 0
    var last = order.first.map { scores[Int($0)] }
    for id in order {
      if scores[Int(id)] != last { rank += 1 }
      last = scores[Int(id)]
      ranks[Int(id)] = rank
    }
    return ranks
  }

  private func byteTokens() -> [Int32]? {
    var tokens = [Int32](repeating: -1, count: 256)
    for id in types.indices where types[id] == .byte {
      if let byte = ByteAlphabet.fallbackByte(of: pieces[id]) { tokens[Int(byte)] = Int32(id) }
    }
    return tokens.contains(-1) ? nil : tokens
  }

  private func addedTokens() -> [AddedToken] {
    types.indices.compactMap { id in
      guard types[id] == .control || types[id] == .unknown, !pieces[id].isEmpty else { return nil }
      return AddedToken(id: Int32(id), content: Array(pieces[id]))
    }
  }

  /// The same in the components of the `tokenizers` library.
  private var source: ComponentSource {
    var steps: [JSON] = []
    if let map = normalizer.map, !map.isEmpty {
      steps.append(["type": "Precompiled", "precompiled_charsmap": .string(Base64.encode(map.blob))])
    }
    if normalizer.removesExtraSpaces {
      steps.append(["type": "Strip", "strip_left": true, "strip_right": true])
      steps.append(["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "])
    }
    if normalizer.addsPrefix { steps.append(["type": "Prepend", "prepend": "▁"]) }
    steps.append(["type": "Replace", "pattern": ["String": " "], "content": "▁"])
    var decoders: [JSON] = [["type": "Replace", "pattern": ["String": "▁"], "content": " "]]
    if fallsBackToBytes { decoders.append(["type": "ByteFallback"]) }
    decoders.append(["type": "Fuse"])
    if normalizer.addsPrefix || normalizer.removesExtraSpaces {
      decoders.append(["type": "Strip", "content": " ", "start": 1, "stop": 0])
    }
    var source = ComponentSource()
    source.normalizer = ["type": "Sequence", "normalizers": .array(steps)]
    source.decoder = ["type": "Sequence", "decoders": .array(decoders)]
    return source
  }
}

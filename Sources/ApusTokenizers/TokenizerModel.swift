// The kinds of models under one name, and what one thread needs to use them: scratch and a cache of words. A new kind
// of model is a case.

/// What turns a piece of text into ids.
enum TokenizerModel: Sendable {
  case bytePair(BytePairModel)
  case rankedPair(RankedPairModel)
  case wordPiece(WordPieceModel)
  case unigram(UnigramModel)
  case wordLevel(WordLevelModel)

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .rankedPair(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  /// The bytes that have no token and are left out.
  var lostBytes: [UInt8] {
    switch self {
    case .bytePair(let model): model.lostBytes
    case .rankedPair(let model): model.lostBytes
    default: []
    }
  }

  /// The token for what cannot be expressed.
  var unknown: Int32? {
    switch self {
    case .bytePair(let model): model.options.unknown
    case .rankedPair(let model): model.unknown
    case .wordPiece(let model): model.unknown
    case .unigram(let model): model.unknown
    case .wordLevel(let model): model.unknown
    }
  }

  /// Whether a piece may be cut before each run of `▁` without another result: no token reaches over such a place. Then
  /// a text without other borders is worked on word by word.
  var canCutBeforeSpaces: Bool {
    switch self {
    case .bytePair(let model):
      let options = model.options
      return model.unit == .characters && !options.prefersWholeWords && options.prefix.isEmpty && options.suffix.isEmpty
        && Metaspace.isBorder(in: model.vocabulary)
    case .rankedPair(let model):
      return model.unit == .characters && !model.prefersWholeWords && Metaspace.isBorder(in: model.vocabulary)
    case .wordPiece, .unigram, .wordLevel: return false
    }
  }
}

extension Metaspace {
  private static let mark = Array("▁".utf8)

  /// Whether `▁` is a token, and no token has one behind another character.
  static func isBorder(in vocabulary: Vocabulary) -> Bool {
    guard vocabulary.id(of: mark) != nil else { return false }
    return vocabulary.withEachContent { content in
      var place = 1
      while place + mark.count <= content.count {
        if isBorder(content, place) { return false }
        place += 1
      }
      return true
    }
  }

  /// Whether a `▁` begins at `place` behind something else.
  @inline(__always) static func isBorder(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    guard text[place] == 0xE2, place + 2 < text.count, text[place + 1] == 0x96, text[place + 2] == 0x81 else {
      return false
    }
    return !(place >= 3 && text[place - 1] == 0x81 && text[place - 2] == 0x96 && text[place - 3] == 0xE2)
  }
}

/// What one thread needs to encode: merging scratch and a cache of words.
struct EncodingScratch {
  private var merger = BytePairMerger()
  private var rankedMerger = RankedMerger()
  private var nodes: [UnigramModel.Node] = []
  private var cache = WordCache()
  private var ids: [Int32] = []

  /// Appends the ids of `word`; the offset of a byte that nothing stands for, if there is one.
  @inline(__always)
  mutating func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ model: TokenizerModel, _ output: inout [Int32]
  ) -> Int? {
    if case .wordLevel(let model) = model {
      guard let token = model.token(of: word) else { return 0 }
      output.append(token)
      return nil
    }
    let isCached = word.count <= WordCache.longestWord
    if isCached && cache.append(word, to: &output) { return nil }
    return work(word, model, isCached, &output)
  }

  /// The same word by word, where a piece may be cut before spaces.
  mutating func encodeWords(
    _ piece: UnsafeBufferPointer<UInt8>, _ model: TokenizerModel, _ output: inout [Int32]
  ) -> Int? {
    var missing: Int?
    var start = 0
    for place in piece.indices.dropFirst() where Metaspace.isBorder(piece, place) {
      let failure = encode(UnsafeBufferPointer(rebasing: piece[start..<place]), model, &output)
      missing = missing ?? failure.map { $0 + start }
      start = place
    }
    let failure = encode(UnsafeBufferPointer(rebasing: piece[start...]), model, &output)
    return missing ?? failure.map { $0 + start }
  }

  private mutating func work(
    _ word: UnsafeBufferPointer<UInt8>, _ model: TokenizerModel, _ isCached: Bool, _ output: inout [Int32]
  ) -> Int? {
    ids.removeAll(keepingCapacity: true)
    var missing: Int?
    switch model {
    case .bytePair(let model):
      missing = model.encode(word, &merger)
      swap(&ids, &merger.symbols)
    case .rankedPair(let model): missing = model.encode(word, &rankedMerger, into: &ids)
    case .wordPiece(let model): model.encode(word, into: &ids)
    case .unigram(let model): missing = model.encode(word, &nodes, into: &ids)
    case .wordLevel: break
    }
    if missing == nil && isCached { cache.remember(word, ids) }
    output += ids
    return missing
  }
}

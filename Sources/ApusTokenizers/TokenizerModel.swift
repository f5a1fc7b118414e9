// The kinds of models under one name, and what one thread needs to use them: scratch and a cache of words. A new kind
// of model is a case.

/// What turns a piece of text into ids. Boxed, so that handing it on costs no more than a reference.
indirect enum TokenizerModel: Sendable {
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

  /// Where a piece may be cut without another result, so that a text without other borders is worked on word by word;
  /// nil where nothing is known.
  var wordBorders: WordBorders? {
    switch self {
    case .bytePair(let model):
      let options = model.options
      let isPlain = !options.prefersWholeWords && options.prefix.isEmpty && options.suffix.isEmpty
      return model.unit == .characters && isPlain ? WordBorders(model.vocabulary) : nil
    case .rankedPair(let model):
      return model.unit == .characters && !model.prefersWholeWords ? WordBorders(model.vocabulary) : nil
    case .wordPiece, .unigram, .wordLevel: return nil
    }
  }
}

/// Places before a `▁` over which no token of a vocabulary reaches: merges on both sides know nothing of each other.
struct WordBorders: Sendable {
  private static let mark: [UInt8] = [0xE2, 0x96, 0x81]
  /// Whether some token has a `▁` behind this byte; behind itself it always may.
  private var isInside = [Bool](repeating: false, count: 256)

  /// Nil where `▁` is no token.
  init?(_ vocabulary: Vocabulary) {
    guard vocabulary.id(of: Self.mark) != nil else { return nil }
    vocabulary.forEachContent { content in
      for place in content.indices.dropFirst() where Self.isMark(content, place) {
        isInside[Int(content[place - 1])] = true
      }
    }
    isInside[Int(Self.mark[2])] = true
  }

  /// Whether a piece may be cut at `place`.
  @inline(__always) func isBorder(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    Self.isMark(text, place) && !isInside[Int(text[place - 1])]
  }

  @inline(__always) private static func isMark(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    text[place] == 0xE2 && place + 2 < text.count && text[place + 1] == 0x96 && text[place + 2] == 0x81
  }
}

/// What one thread needs to encode: merging scratch and a cache of words.
struct EncodingScratch {
  private var merger = BytePairMerger()
  private var rankedMerger = RankedMerger()
  private var nodes: [UnigramModel.Node] = []
  private var cache = WordCache()
  private var ids: [Int32] = []
  private var places = TokenPlaces()
  /// Words up to this length are remembered: none where chance cuts them.
  private var longestRemembered = WordCache.longestWord

  /// How many ids were counted and dropped, where only their number is asked for.
  var count: Int?
  private static let mostHeld = 4096

  init() {}

  /// Scratch that leaves merges out; not to be reused for another text.
  init(_ dropout: MergeDropout) {
    merger.queue.draws = MergeDropout.Draws(dropout)
    rankedMerger.queue.draws = merger.queue.draws
    longestRemembered = -1
  }

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
    let isCached = word.count <= longestRemembered
    if isCached && cache.append(word, to: &output) { return nil }
    return work(word, model, isCached, &output)
  }

  /// Drops ids that are only to be counted, once they are many.
  @inline(__always) mutating func settle(_ ids: inout [Int32]) {
    guard let counted = count, ids.count >= Self.mostHeld else { return }
    count = counted + ids.count
    ids.removeAll(keepingCapacity: true)
  }

  /// The ids of `word` with the place of each in it; without the cache, which knows none.
  mutating func locate(
    _ word: UnsafeBufferPointer<UInt8>, _ model: TokenizerModel
  ) -> (ids: [Int32], places: [Range<Int32>]) {
    places = TokenPlaces(isKept: true)
    defer { places = TokenPlaces() }
    var ids: [Int32] = []
    _ = work(word, model, false, &ids)
    return (ids, places.ranges)
  }

  /// The same word by word, where a piece may be cut.
  mutating func encodeWords(
    _ piece: UnsafeBufferPointer<UInt8>, _ borders: WordBorders, _ model: TokenizerModel, _ output: inout [Int32]
  ) -> Int? {
    var missing: Int?
    var start = 0
    for place in piece.indices.dropFirst() where borders.isBorder(piece, place) {
      let failure = encode(UnsafeBufferPointer(rebasing: piece[start..<place]), model, &output)
      missing = missing ?? failure.map { $0 + start }
      start = place
      settle(&output)
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
      swap(&places, &merger.places)
      missing = model.encode(word, &merger)
      swap(&places, &merger.places)
      swap(&ids, &merger.symbols)
    case .rankedPair(let model): missing = model.encode(word, &rankedMerger, into: &ids, &places)
    case .wordPiece(let model): model.encode(word, into: &ids, &places)
    case .unigram(let model): missing = model.encode(word, &nodes, into: &ids, &places)
    case .wordLevel(let model):
      guard let token = model.token(of: word) else { return 0 }
      ids.append(token)
      places.append(0, word.count)
    }
    if missing == nil && isCached { cache.remember(word, ids) }
    output += ids
    return missing
  }
}

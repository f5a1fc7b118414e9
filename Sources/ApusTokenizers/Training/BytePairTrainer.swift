// Trains byte-level byte-pair encoding: counts the words of texts, learns merges of bytes, makes the tokenizer. With
// the rule `huggingface` the merges and ids are those of the `tokenizers` library. It knows no command line.

public import ApusCore

/// How far training has come.
public enum TokenizerProgress: Sendable, Equatable {
  /// Bytes of text whose words are counted, of all in this text.
  case counting(bytes: Int, of: Int)
  /// Tokens of the vocabulary that exist, of all wanted.
  case merging(tokens: Int, of: Int)
}

/// One merge, for those who watch.
public struct TrainedMerge: Sendable, Equatable {
  /// The bytes of the first part.
  public var left: [UInt8]
  /// The bytes of the second part.
  public var right: [UInt8]
  /// How often the pair occurred.
  public var count: Int64

  /// The first part as text; stand-in characters (Ġ for a space) where it is not printable ASCII.
  public var leftText: String { ByteAlphabet.spelling(of: left) }
  /// The second part as text; stand-in characters (Ġ for a space) where it is not printable ASCII.
  public var rightText: String { ByteAlphabet.spelling(of: right) }
}

/// What training gave.
public struct TrainedTokenizer: Sendable {
  /// The tokenizer.
  public var tokenizer: PipelineTokenizer
  /// The merges in order.
  public var merges: [TrainedMerge]
  /// Whether the text ran out of pairs before the vocabulary had its size.
  public var ranOutOfPairs: Bool
}

/// Collects texts, then learns a vocabulary from them.
public struct BytePairTrainer: Sendable {
  /// What is wanted.
  public struct Options: Sendable {
    /// Tokens in all: special ones, 256 bytes, merges.
    public var vocabularySize: Int
    /// Texts that are one token and are never merged; they get the first ids.
    public var specialTokens: [[UInt8]] = [Array("<|endoftext|>".utf8)]
    /// Pairs that occur less often are not merged.
    public var minimumFrequency: Int64 = 1
    /// Which of several equally frequent pairs is merged.
    public var tieBreak = TieBreak.huggingface
    /// How text is cut into words.
    public var pattern = SplitPattern.gpt2

    /// The defaults with this many tokens.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  private let options: Options
  private let pool: ThreadPool
  private var counts = WordCounts()
  private let counter: WordCounter

  /// - Throws: `usage` where the options contradict each other, or the size leaves no room for all bytes.
  public init(_ options: Options, pool: ThreadPool = .shared) throws(ApusError) {
    let specials = try SpecialTokens.forTraining(options.specialTokens)
    let least = 256 + specials.tokens.count
    guard options.vocabularySize >= least, options.vocabularySize <= Vocabulary.idLimit else {
      throw ApusError(
        .usage,
        "a byte-level vocabulary of \(options.vocabularySize) tokens is not possible: 256 bytes and "
          + "\(specials.tokens.count) special tokens need at least \(least), and \(Vocabulary.idLimit) is the most",
        remedy: "ask for a size from \(least) on")
    }
    guard [.gpt2, .cl100k, .qwen2, .o200k, .tekken].contains(options.pattern) else {
      throw ApusError(.usage, "byte-level training cannot use the splitting pattern '\(options.pattern.rawValue)'")
    }
    self.options = options
    self.pool = pool
    counter = WordCounter(splitter: Splitter([options.pattern]), specialTokens: specials)
  }

  /// The words seen so far.
  public var wordCounts: WordCounts { counts }

  /// Counts the words of one text; words do not reach from one text into the next. `progress` may throw to stop.
  public mutating func add<Failure: Error>(
    _ text: UnsafeBufferPointer<UInt8>, progress: (TokenizerProgress) throws(Failure) -> Void
  ) throws(Failure) {
    try counter.count(text, into: &counts, pool: pool) { (bytes) throws(Failure) in
      try progress(.counting(bytes: bytes, of: text.count))
    }
  }

  /// Counts the words of one text.
  public mutating func add(_ text: [UInt8]) { text.withUnsafeBufferPointer { add($0) { _ in } } }

  /// Learns the vocabulary.
  /// - Parameters:
  ///   - progress: called now and then; may throw to stop.
  ///   - onMerge: called at every merge.
  /// - Throws: `badData` where no text was added.
  public func train(
    progress: (TokenizerProgress) throws(ApusError) -> Void = { _ in }, onMerge: (TrainedMerge) -> Void = { _ in }
  ) throws(ApusError) -> TrainedTokenizer {
    guard counts.count > 0 else {
      throw ApusError(.badData, "there is no text to learn from", remedy: "give more text")
    }
    let specials = counter.specialTokens
    let alphabet = options.tieBreak == .huggingface ? ByteAlphabet.bytesByStandIn : (0...255).map { UInt8($0) }
    var learner = MergeLearner(words: words(alphabet), symbols: alphabet.map { [$0] }, rule: options.tieBreak)
    let wanted = options.vocabularySize - specials.tokens.count
    var pairs: [LearntMerge] = []
    var merges: [TrainedMerge] = []
    while learner.symbolCount < wanted, let merge = learner.next(minimumCount: options.minimumFrequency) {
      let trained = TrainedMerge(
        left: Array(learner.text(of: merge.left)), right: Array(learner.text(of: merge.right)), count: merge.count)
      pairs.append(merge)
      merges.append(trained)
      onMerge(trained)
      if merges.count % 64 == 0 {
        try progress(.merging(tokens: learner.symbolCount + specials.tokens.count, of: options.vocabularySize))
      }
    }
    try progress(.merging(tokens: learner.symbolCount + specials.tokens.count, of: options.vocabularySize))
    let tokenizer = try tokenizer(learner, pairs)
    return TrainedTokenizer(tokenizer: tokenizer, merges: merges, ranOutOfPairs: learner.symbolCount < wanted)
  }

  private func words(_ alphabet: [UInt8]) -> SymbolWords {
    var symbolOfByte = [Int32](repeating: 0, count: 256)
    for (symbol, byte) in alphabet.enumerated() { symbolOfByte[Int(byte)] = Int32(symbol) }
    var words = SymbolWords()
    for index in 0..<counts.count {
      words.append(counts.word(index).lazy.map { symbolOfByte[Int($0)] }, count: counts.counts[index])
    }
    return words
  }

  private func tokenizer(_ learner: MergeLearner, _ merges: [LearntMerge]) throws(ApusError) -> PipelineTokenizer {
    let specials = counter.specialTokens
    let first = Int32(specials.tokens.count)
    var vocabulary = Vocabulary()
    for token in specials.tokens { try vocabulary.insert(token.content, id: Int(token.id), isFound: false) }
    for symbol in 0..<Int32(learner.symbolCount) {
      try vocabulary.insert(Array(learner.text(of: symbol)), id: Int(symbol + first))
    }
    let model = try BytePairModel(
      unit: .bytes, vocabulary: vocabulary, merges: merges.map { ($0.left + first, $0.right + first) })
    return PipelineTokenizer(splitter: counter.splitter, model: .bytePair(model), specialTokens: specials)
  }
}

extension SpecialTokens {
  /// Special tokens with the first ids, in the order given.
  /// - Throws: `usage` for an empty one, one given twice, or one with a line feed (text is cut into parts there).
  static func forTraining(_ contents: [[UInt8]]) throws(ApusError) -> SpecialTokens {
    for (index, content) in contents.enumerated() {
      let name = String(decoding: content, as: UTF8.self)
      guard !content.isEmpty, !content.contains(0x0A), UTF8Validation.firstInvalid(in: content) == nil else {
        throw ApusError(.usage, "a special token must be text on one line, '\(name)' is not")
      }
      guard !contents[..<index].contains(content) else {
        throw ApusError(.usage, "the special token '\(name)' is given twice")
      }
    }
    return SpecialTokens(contents.enumerated().map { AddedToken(id: Int32($0.offset), content: $0.element) })
  }
}

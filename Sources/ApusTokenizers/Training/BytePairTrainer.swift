// Trains byte-level byte-pair encoding: counts the words of texts, learns merges of bytes, makes the tokenizer. With
// the rule `huggingface` the merges and ids are those of the `tokenizers` library. It knows no command line.

public import ApusCore

/// Collects texts, then learns a vocabulary from them.
public struct BytePairTrainer: CorpusTrainer {
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
    /// What training may take of the memory; nil for as much as it needs.
    public var memory: TrainingMemory?

    /// The defaults with this many tokens.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  private let options: Options
  private var words: TrainingWords
  private var specials: SpecialTokens { words.counter.specialTokens }

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
    let counter = WordCounter(splitter: Splitter([options.pattern]), specialTokens: specials)
    words = TrainingWords(counter: counter, memory: options.memory, pool: pool)
  }

  /// The words seen so far that are not in temporary files.
  public var wordCounts: WordCounts { words.table }

  /// Counts the words of one text; words do not reach from one text into the next.
  /// - Parameters:
  ///   - text: its bytes.
  ///   - progress: called now and then; may throw to stop.
  /// - Throws: what `progress` does, and `inputOutput` where temporary files are needed and cannot be written.
  public mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError) {
    try words.add(text, progress: progress)
  }

  /// Counts the words of one text in memory, whatever the budget.
  public mutating func add(_ text: [UInt8]) { words.add(text) }

  /// Learns the vocabulary.
  /// - Parameter progress: called at every merge; may throw to stop.
  /// - Throws: `badData` where no text was added.
  public func train(
    progress: (TokenizerProgress) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) -> TrainedTokenizer {
    let (counts, leftOut) = try words.collected()
    let alphabet = options.tieBreak == .huggingface ? ByteAlphabet.bytesByStandIn : (0...255).map { UInt8($0) }
    var learner = MergeLearner(
      words: Self.symbols(of: counts, alphabet), symbols: alphabet.map { [$0] }, rule: options.tieBreak)
    let run = MergeRun(
      vocabularySize: options.vocabularySize, specialTokens: specials.tokens.count,
      minimumFrequency: options.minimumFrequency, isByteLevel: true)
    let merges = try run.learn(with: &learner, progress: progress)
    let vocabulary = try learner.vocabulary(behind: specials)
    let first = Int32(specials.tokens.count)
    let model = try BytePairModel(
      unit: .bytes, vocabulary: vocabulary, merges: merges.map { ($0.merge.left + first, $0.merge.right + first) })
    let tokenizer = PipelineTokenizer(
      splitter: words.counter.splitter, model: .bytePair(model), specialTokens: specials)
    return TrainedTokenizer(
      tokenizer: tokenizer, merges: merges.map(\.shown), ranOutOfPairs: vocabulary.size < options.vocabularySize,
      leftOut: leftOut)
  }

  private static func symbols(of counts: WordCounts, _ alphabet: [UInt8]) -> SymbolWords {
    var symbolOfByte = [Int32](repeating: 0, count: 256)
    for (symbol, byte) in alphabet.enumerated() { symbolOfByte[Int(byte)] = Int32(symbol) }
    var words = SymbolWords()
    for index in 0..<counts.count {
      words.append(counts.word(index).lazy.map { symbolOfByte[Int($0)] }, count: counts.counts[index])
    }
    return words
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

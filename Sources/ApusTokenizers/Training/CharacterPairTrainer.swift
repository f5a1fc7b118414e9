// Trains byte-pair encoding of characters with an end-of-word marker, as GPT-1 and the character BPE of the
// `tokenizers` library have it: the marker belongs to a word's last character. (The textbook's, where it is a symbol
// of its own, is TextbookTrainer.) White space becomes the border between words and is not kept as it was. It knows no
// command line.

public import ApusCore

/// Collects texts, then learns a vocabulary of characters and their merges from them.
public struct CharacterPairTrainer: CorpusTrainer {
  /// What is wanted.
  public struct Options: Sendable {
    /// Tokens in all: special ones, characters with and without the marker, merges.
    public var vocabularySize: Int
    /// Texts that are one token; they get the first ids. Without `<unk>` characters that the text lacked are errors.
    public var specialTokens: [[UInt8]] = [Array("<unk>".utf8)]
    /// Pairs that occur less often are not merged.
    public var minimumFrequency: Int64 = 1
    /// How many characters to keep, the most frequent; nil for all.
    public var alphabetLimit: Int?
    /// Which of several equally frequent pairs is merged.
    public var tieBreak = TieBreak.huggingface
    /// What stands behind a word's last character; not empty.
    public var endOfWord = Array("</w>".utf8)
    /// How text is cut into words: at white space, or between word characters and others too.
    public var pattern = SplitPattern.words
    /// What training may take of the memory; nil for as much as it needs.
    public var memory: TrainingMemory?

    /// The defaults with this many tokens.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  private let options: Options
  private var words: TrainingWords
  private var specials: SpecialTokens { words.counter.specialTokens }

  /// - Throws: `usage` for special tokens that cannot be, a marker that is empty or has white space, or a pattern that
  ///   keeps white space.
  public init(_ options: Options, pool: ThreadPool = .shared) throws(ApusError) {
    let specials = try SpecialTokens.forTraining(options.specialTokens)
    guard [.words, .rustWords].contains(options.pattern) else {
      throw ApusError(
        .usage,
        "the splitting pattern '\(options.pattern.rawValue)' keeps white space, for which character BPE has no "
          + "place", remedy: "use whitespace, or byte-level BPE")
    }
    try TextbookTrainer.checkMark(options.endOfWord, mayBeEmpty: false)
    self.options = options
    let counter = WordCounter(splitter: Splitter([options.pattern]), specialTokens: specials)
    words = TrainingWords(counter: counter, memory: options.memory, pool: pool)
  }

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

  /// Counts `count` more of a word.
  /// - Throws: `inputOutput` where the budget asks for temporary files that cannot be written.
  public mutating func add(word: [UInt8], count: Int64) throws(ApusError) { try words.add(word: word, count: count) }

  /// Learns the vocabulary.
  /// - Parameter progress: called at every merge; may throw to stop.
  /// - Throws: `badData` where no text was added, or one that is not valid UTF-8; `usage` where the vocabulary is
  ///   smaller than the alphabet.
  public func train(
    progress: (TokenizerProgress) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) -> TrainedTokenizer {
    let (counts, leftOut) = try words.collected()
    let learning = SubwordLearning(
      vocabularySize: options.vocabularySize, specialTokens: specials, minimumFrequency: options.minimumFrequency,
      alphabetLimit: options.alphabetLimit, tieBreak: options.tieBreak, suffix: options.endOfWord)
    let (vocabulary, merges) = try learning.learn(from: counts, progress: progress)
    let first = Int32(specials.tokens.count)
    var modelOptions = BytePairModel.Options()
    modelOptions.unknown = specials.unknown
    modelOptions.suffix = options.endOfWord
    let model = try BytePairModel(
      unit: .characters, vocabulary: vocabulary,
      merges: merges.map { ($0.merge.left + first, $0.merge.right + first) }, options: modelOptions)
    var source = ComponentSource(words.counter.splitter, .bytePair(model))
    source.decoder = ["type": "BPEDecoder", "suffix": JSON(String(decoding: options.endOfWord, as: UTF8.self))]
    let tokenizer = PipelineTokenizer(
      splitter: words.counter.splitter, model: .bytePair(model), specialTokens: specials,
      joining: .wordEnd(options.endOfWord), source: source)
    return TrainedTokenizer(
      tokenizer: tokenizer, merges: merges.map(\.shown), ranOutOfPairs: vocabulary.size < options.vocabularySize,
      leftOut: leftOut)
  }
}

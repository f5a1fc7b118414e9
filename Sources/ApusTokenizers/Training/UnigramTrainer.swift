// Trains a unigram model for texts in which `▁` stands for spaces, as sentencepiece has them. Nothing is normalised,
// so that nothing of a text is lost; characters that the vocabulary lacks are spelt in bytes. Lines are texts of their
// own, and pieces do not reach over spaces. It knows no command line.

public import ApusCore

/// Collects texts, then learns a unigram model from them.
public struct UnigramTrainer: CorpusTrainer {
  /// What is wanted.
  public struct Options: Sendable {
    /// Tokens in all: special ones, bytes, characters, pieces.
    public var vocabularySize: Int
    /// Texts that are one token; they get the first ids. `<unk>` must be among them.
    public var specialTokens: [[UInt8]] = ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
    /// How many characters to keep, the most frequent; nil for all.
    public var alphabetLimit: Int?
    /// Whether there are 256 tokens to spell unknown characters with.
    public var fallsBackToBytes = true
    /// The most characters of a piece.
    public var longestPiece = 16
    /// What training may take of the memory; nil for as much as it needs.
    public var memory: TrainingMemory?

    /// The defaults with this many tokens.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  private let options: Options
  private let pool: ThreadPool
  private var words: TrainingWords
  private let unknown: Int32
  private var specials: SpecialTokens { words.counter.specialTokens }
  private static let normalizer = SentencePieceNormalizer(map: nil, addsPrefix: true, removesExtraSpaces: false)

  /// - Throws: `usage` for special tokens that cannot be, or that lack one for the unknown.
  public init(_ options: Options, pool: ThreadPool = .shared) throws(ApusError) {
    let specials = try SpecialTokens.forTraining(options.specialTokens)
    guard let unknown = specials.unknown else {
      throw ApusError(
        .usage, "a unigram model needs a special token for what it does not know",
        remedy: "give --special-token '<unk>' too, or none at all for <unk>, <s> and </s>")
    }
    guard (1...64).contains(options.longestPiece) else {
      throw ApusError(.usage, "pieces of \(options.longestPiece) characters are not possible: 1 to 64 are")
    }
    self.options = options
    self.pool = pool
    self.unknown = unknown
    words = TrainingWords(counter: Self.counter(specials), memory: options.memory, pool: pool)
  }

  static func counter(_ specials: SpecialTokens) -> WordCounter {
    var continuing = normalizer
    continuing.addsPrefix = false
    let mark = Cut(matcher: .literal(Array("▁".utf8)), behavior: .mergedWithNext)
    return WordCounter(
      normalizer: Normalizer(steps: [.sentencePiece(normalizer)]),
      continuing: Normalizer(steps: [.sentencePiece(continuing)]), splitter: Splitter(steps: [.cut(mark)]),
      specialTokens: specials)
  }

  /// Counts the words of one text; words do not reach from one line into the next.
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
  /// - Parameter progress: called at every pass over the words; may throw to stop.
  /// - Throws: `badData` where no text was added, or one that is not valid UTF-8; `usage` where the vocabulary is
  ///   smaller than the alphabet.
  public func train(
    progress: (TokenizerProgress) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) -> TrainedTokenizer {
    let (counts, leftOut) = try words.collected()
    let alphabet = try Alphabet(of: counts, limit: options.alphabetLimit)
    let others = specials.tokens.count + (options.fallsBackToBytes ? 256 : 0)
    let least = others + alphabet.characters.count
    guard options.vocabularySize >= least, options.vocabularySize <= Vocabulary.idLimit else {
      throw ApusError(
        .usage,
        "a vocabulary of \(options.vocabularySize) tokens is not possible: the \(alphabet.characters.count) characters "
          + "of the text, \(others) special tokens and bytes need at least \(least); \(Vocabulary.idLimit) is the most",
        remedy: "ask for more, or keep fewer characters with --limit-alphabet")
    }
    var learning = UnigramLearning(
      counts: counts, alphabet: alphabet, size: options.vocabularySize - others + 1, pool: pool)
    learning.longestPiece = options.longestPiece
    if let memory = options.memory { learning.seedCount = min(learning.seedCount, memory.learning / 512) }
    let model = model(of: try learning.learn(progress: progress))
    return TrainedTokenizer(
      tokenizer: try model.tokenizer(), merges: [], ranOutOfPairs: model.pieces.count < options.vocabularySize,
      leftOut: leftOut)
  }

  private func model(of pieces: [(content: [UInt8], score: Double)]) -> SentencePieceModel {
    var model = SentencePieceModel()
    model.normalizer = Self.normalizer
    model.fallsBackToBytes = options.fallsBackToBytes
    func append(_ content: [UInt8], _ score: Double, _ type: GGUFVocabulary.TokenType) {
      model.pieces.append(content)
      model.scores.append(Float(score))
      model.types.append(type)
    }
    for token in specials.tokens { append(token.content, 0, token.id == unknown ? .unknown : .control) }
    if options.fallsBackToBytes {
      for byte in UInt8.min...UInt8.max { append(ByteAlphabet.fallbackSpelling(of: byte), 0, .byte) }
    }
    for piece in pieces { append(piece.content, piece.score, .normal) }
    return model
  }
}

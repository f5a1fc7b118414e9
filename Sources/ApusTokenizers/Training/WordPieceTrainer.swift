// Trains WordPiece for models such as BERT, as the `tokenizers` library does: text normalised and cut as BERT's, then
// merges of characters marked with `##`, of which only the vocabulary is kept. (Google's own trainer, which scores
// pairs by count(ab) ÷ count(a)·count(b), was never published.) It knows no command line.

public import ApusCore

/// Collects texts, then learns a vocabulary of word pieces from them.
public struct WordPieceTrainer: CorpusTrainer {
  /// What is wanted.
  public struct Options: Sendable {
    /// Tokens in all: special ones, characters, pieces.
    public var vocabularySize: Int
    /// Texts that are one token; they get the first ids. `[UNK]` must be among them.
    public var specialTokens: [[UInt8]] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map { Array($0.utf8) }
    /// Pairs that occur less often are not merged.
    public var minimumFrequency: Int64 = 1
    /// How many characters to keep, the most frequent; nil for all.
    public var alphabetLimit: Int?
    /// Which of several equally frequent pairs is merged.
    public var tieBreak = TieBreak.huggingface
    /// Whether text is put in lower case and loses its accents.
    public var lowercases = false
    /// What training may take of the memory; nil for as much as it needs.
    public var memory: TrainingMemory?

    /// The defaults with this many tokens.
    public init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
  }

  private let options: Options
  private let normalizer: BertNormalizer
  private let unknown: Int32
  private var words: TrainingWords
  private var specials: SpecialTokens { words.counter.specialTokens }
  private static let prefix = Array("##".utf8)

  /// - Throws: `usage` for special tokens that cannot be, or that lack one for the unknown.
  public init(_ options: Options, pool: ThreadPool = .shared) throws(ApusError) {
    let specials = try SpecialTokens.forTraining(options.specialTokens)
    guard let unknown = specials.unknown else {
      throw ApusError(
        .usage, "WordPiece needs a special token for words that it cannot spell",
        remedy: "give --special-token '[UNK]' too, or none at all for BERT's five")
    }
    self.options = options
    self.unknown = unknown
    normalizer = BertNormalizer(lowercases: options.lowercases)
    words = TrainingWords(counter: Self.counter(normalizer, specials), memory: options.memory, pool: pool)
  }

  static func counter(_ normalizer: BertNormalizer, _ specials: SpecialTokens) -> WordCounter {
    let steps = Normalizer(steps: [.bert(normalizer)])
    return WordCounter(
      normalizer: steps, continuing: steps, splitter: VocabularyFolder.bertSplitter, specialTokens: specials)
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
      alphabetLimit: options.alphabetLimit, tieBreak: options.tieBreak, prefix: Self.prefix)
    let (vocabulary, merges) = try learning.learn(from: counts, progress: progress)
    let model = WordPieceModel(vocabulary: vocabulary, unknown: unknown, prefix: Self.prefix)
    let tokenizer = VocabularyFolder.bert(
      model, normalizer, specials, before: specials.classification, behind: specials.separator)
    return TrainedTokenizer(
      tokenizer: tokenizer, merges: merges.map(\.shown), ranOutOfPairs: vocabulary.size < options.vocabularySize,
      leftOut: leftOut)
  }
}

// What training says while it goes on and what it gives in the end, the same for every trainer.

public import ApusCore

/// What every trainer can do.
public protocol CorpusTrainer: Sendable {
  /// Counts the words of one text; `progress` is called now and then and may throw to stop.
  mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError)

  /// Learns the vocabulary from the words of all texts.
  func train(progress: (TokenizerProgress) throws(ApusError) -> Void) throws(ApusError) -> TrainedTokenizer
}

/// How far training has come.
public enum TokenizerProgress: Sendable, Equatable {
  /// Bytes of text whose words are counted, of all in this text.
  case counting(bytes: Int, of: Int)
  /// The last merge, and the tokens of the vocabulary that now exist.
  case merged(TrainedMerge, tokens: Int)
  /// Pieces that are left of the candidates of a unigram model, in this pass over the words, on the way to so many.
  case pruning(pieces: Int, pass: Int, to: Int)
}

/// One merge, for those who watch.
public struct TrainedMerge: Sendable, Equatable {
  /// The bytes of the first part.
  public var left: [UInt8]
  /// The bytes of the second part.
  public var right: [UInt8]
  /// How often the pair occurred.
  public var count: Int64
  /// Whether the parts are any bytes rather than characters.
  public var isByteLevel = true

  /// The first part as text; stand-in characters (Ġ for a space) where bytes are not printable ASCII.
  public var leftText: String { text(left) }
  /// The second part as text; stand-in characters (Ġ for a space) where bytes are not printable ASCII.
  public var rightText: String { text(right) }

  private func text(_ bytes: [UInt8]) -> String {
    isByteLevel ? ByteAlphabet.spelling(of: bytes) : String(decoding: bytes, as: UTF8.self)
  }
}

/// What training gave.
public struct TrainedTokenizer: Sendable {
  /// The tokenizer.
  public var tokenizer: PipelineTokenizer
  /// The merges in order; none for a unigram model.
  public var merges: [TrainedMerge]
  /// Whether the text ran out of pairs, or pieces, before the vocabulary had its size.
  public var ranOutOfPairs: Bool
  /// The rarest words, where the memory budget did not allow to learn from all.
  public var leftOut: LeftOutWords
}

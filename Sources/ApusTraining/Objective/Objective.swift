// What a model learns to predict: the next token, or tokens that were masked. It makes rows of questions and answers
// out of ranges of a corpus; which ranges, and in which order, is PackedBatcher's business.

import ApusCore
import ApusTokenizers

/// What a model learns to predict.
public enum Objective: Sendable {
  /// Each token from those before it.
  case causal
  /// Masked tokens from all around them (Devlin et al. 2019).
  case masked(Masking)

  /// The names by which configurations ask for one.
  public enum Kind: String, Sendable, CaseIterable {
    /// Each token from those before it.
    case causal
    /// Masked tokens from all around them.
    case masked
  }

  /// The tokens of a row of `context` positions that come from the corpus; the others frame them.
  func textTokens(context: Int) -> Int {
    switch self {
    case .causal: context
    case .masked: context - Masking.frame
    }
  }

  /// Appends `range` of a stream as one row. `row` tells it from all others: what is drawn depends on it alone.
  func append(_ range: Range<Int>, of stream: CorpusStream, row: Int, to batch: inout StepBatch) throws(ApusError) {
    switch self {
    case .causal: try batch.append(range, of: stream)
    case .masked(let masking): try batch.append(range, of: stream, masking, row: row)
    }
  }
}

extension Objective {
  /// What is drawn anew with every row, and what is always the same.
  enum Use {
    case training
    case validation
  }

  /// The objective of a configuration for texts of a tokenizer.
  /// - Throws: `badData` where the tokenizer lacks the tokens that masking needs.
  init(_ configuration: PretrainConfiguration, _ tokenizer: any Tokenizer, for use: Use) throws(ApusError) {
    try self.init(configuration, use) { () throws(ApusError) in try MaskedVocabulary(tokenizer) }
  }

  init(
    _ configuration: PretrainConfiguration, _ use: Use = .training,
    _ vocabulary: () throws(ApusError) -> MaskedVocabulary
  ) throws(ApusError) {
    switch configuration.objective {
    case .causal: self = .causal
    case .masked:
      let seed = configuration.seed(for: use == .training ? .masking : .validationMasking)
      self = .masked(Masking(configuration.masking, try vocabulary(), seed: seed))
    }
  }
}

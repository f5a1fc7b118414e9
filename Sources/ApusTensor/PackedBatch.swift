// The one form of input: tokens of all sequences one after another, with the segments they belong to. Training on
// packed documents, evaluation of ragged texts, prompts and many users at once are the same case, without padding or
// masks.

public import ApusCore

/// A run of consecutive rows of a batch that belong to one sequence.
public struct Segment: Sendable, Equatable {
  /// The first row.
  public var start: Int
  /// The number of rows.
  public var count: Int
  /// The position in its sequence of the first row: 0, or what a cache already holds.
  public var position: Int
  /// The most tokens that its sequence is meant to have, where no cache says so; nil: those up to the segment's end.
  public var declaredLength: Int?

  /// A segment of `count` rows from row `start`, the first at `position` of its sequence.
  public init(start: Int, count: Int, position: Int = 0, declaredLength: Int? = nil) {
    self.start = start
    self.count = count
    self.position = position
    self.declaredLength = declaredLength
  }
}

/// Tokens, their targets, and the segments that cover them in order.
public struct PackedBatch: Sendable, Equatable {
  /// The token ids of all rows.
  public var tokens: [Int32]
  /// The id to predict at each row, negative = ignored; empty where nothing is to be learned.
  public var targets: [Int32]
  /// Which of several texts each row belongs to, for encoders; empty: all to the first.
  public var types: [Int32]
  /// Covers all rows, in order and without gaps.
  public var segments: [Segment]
  /// The index of the first row in the whole batch of a step of which this is a part: the key of its dropout.
  public var firstToken: Int

  /// A batch of the given rows.
  public init(
    tokens: [Int32], targets: [Int32] = [], types: [Int32] = [], segments: [Segment], firstToken: Int = 0
  ) {
    self.tokens = tokens
    self.targets = targets
    self.types = types
    self.segments = segments
    self.firstToken = firstToken
  }

  /// One sequence from position 0, or from `position` where a cache holds what comes before.
  public init(sequence tokens: [Int32], position: Int = 0, declaredLength: Int? = nil) {
    let segment = Segment(start: 0, count: tokens.count, position: position, declaredLength: declaredLength)
    self.init(tokens: tokens, segments: [segment])
  }

  /// Sequences of equal length with targets, as rows of a rectangular batch.
  public init(sequences: [[Int32]], targets: [[Int32]] = []) {
    var segments: [Segment] = []
    var start = 0
    for sequence in sequences {
      segments.append(Segment(start: start, count: sequence.count))
      start += sequence.count
    }
    self.init(tokens: sequences.flatMap { $0 }, targets: targets.flatMap { $0 }, segments: segments)
  }

  /// The number of rows whose target counts.
  public var validTargets: Int { targets.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) } }

  /// Checks tokens and types against their tables, positions against the context, and that the segments cover the rows.
  public func validate(vocabulary: Int, context: Int, types typeCount: Int = 0) throws(ApusError) {
    if let token = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) {
      throw ApusError(
        .badData, "token id \(token) is outside the vocabulary of \(vocabulary)",
        remedy: "use the tokenizer that belongs to the model")
    }
    if let target = targets.first(where: { $0 >= vocabulary }) {
      throw ApusError(.badData, "target id \(target) is outside the vocabulary of \(vocabulary)")
    }
    if let type = types.first(where: { $0 < 0 || $0 >= max(typeCount, 1) }) {
      throw ApusError(
        .badData, "token type \(type) is outside the model's \(typeCount)", remedy: "number the texts from 0")
    }
    if !types.isEmpty && types.count != tokens.count {
      throw ApusError(.badData, "\(types.count) token types for \(tokens.count) tokens")
    }
    if !targets.isEmpty && targets.count != tokens.count {
      throw ApusError(.badData, "\(targets.count) targets for \(tokens.count) tokens")
    }
    try validateSegments(context: context)
  }

  private func validateSegments(context: Int) throws(ApusError) {
    var next = 0
    for segment in segments {
      guard segment.start == next, segment.count > 0, segment.position >= 0 else {
        throw ApusError(
          .badData, "segment at row \(segment.start) of \(segment.count) rows does not follow row \(next)")
      }
      if segment.position + segment.count > context {
        throw ApusError(
          .badData,
          "a sequence of \(segment.position + segment.count) tokens exceeds the model's context of \(context)",
          remedy: "shorten the text or use a model with a longer context")
      }
      next += segment.count
    }
    if next != tokens.count { throw ApusError(.badData, "the segments cover \(next) of \(tokens.count) tokens") }
  }
}

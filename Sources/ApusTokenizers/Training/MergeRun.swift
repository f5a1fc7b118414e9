// Lets a learner merge until the vocabulary has its size, for the trainers that learn merges; and the vocabulary of
// what it learnt. It knows neither texts nor models.

import ApusCore

/// How long to merge.
struct MergeRun {
  /// Tokens in all, special ones included.
  let vocabularySize: Int
  let specialTokens: Int
  let minimumFrequency: Int64
  let isByteLevel: Bool

  /// Learns merges until there are enough tokens or no pair is left that occurs often enough.
  func learn(
    with learner: inout MergeLearner, progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError) -> [(merge: LearntMerge, shown: TrainedMerge)] {
    var merges: [(merge: LearntMerge, shown: TrainedMerge)] = []
    while learner.symbolCount + specialTokens < vocabularySize,
      let merge = learner.next(minimumCount: minimumFrequency)
    {
      let shown = TrainedMerge(
        left: Array(learner.text(of: merge.left)), right: Array(learner.text(of: merge.right)), count: merge.count,
        isByteLevel: isByteLevel)
      merges.append((merge, shown))
      try progress(.merged(shown, tokens: learner.symbolCount + specialTokens))
    }
    return merges
  }
}

extension MergeLearner {
  /// The special tokens, then all symbols in the order in which they were made.
  /// - Throws: `usage` where a special token is also a symbol: text with it could not be told from the token.
  func vocabulary(behind specials: SpecialTokens) throws(ApusError) -> Vocabulary {
    var vocabulary = Vocabulary(capacity: symbolCount + specials.tokens.count)
    for token in specials.tokens { try vocabulary.insert(token.content, id: Int(token.id), isFound: false) }
    for symbol in 0..<Int32(symbolCount) {
      let content = Array(text(of: symbol))
      guard specials.id(of: content) == nil else {
        throw ApusError(
          .usage, "the special token '\(String(decoding: content, as: UTF8.self))' is also a part of ordinary words",
          remedy: "choose one that texts do not hold, such as <|endoftext|>")
      }
      try vocabulary.insert(content, id: vocabulary.size)
    }
    return vocabulary
  }
}

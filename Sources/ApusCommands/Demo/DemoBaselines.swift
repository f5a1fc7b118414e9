// What a text costs without a model that understands it: every token alike, tokens by frequency, tokens by the one
// before. Counted on the training text, scored on the validation text, in bits per byte as a model is.
// Pairs are discounted and mixed with single tokens (absolute discounting, Ney, Essen and Kneser 1994); single tokens
// have one added to their counts.

import ApusCore
import ApusTraining

/// Counts of single tokens and of pairs.
struct DemoBaselines {
  /// At most so many tokens are counted: more change little.
  static let countedTokens = 4 << 20
  private static let discount = 0.75

  private let vocabulary: Int
  private var single: [Int32]
  private var pairs: [Int32]
  private var followed: [Int32]  // how often each is followed by any
  private var followers: [Int32]  // and by how many different ones
  private var counted = 0

  /// Counts a training text.
  init(_ train: TokenCorpus) throws(ApusError) {
    vocabulary = train.identity.vocabularySize
    single = [Int32](repeating: 0, count: vocabulary)
    (followed, followers) = (single, single)
    pairs = [Int32](repeating: 0, count: vocabulary * vocabulary)
    var tokens = [Int32](repeating: 0, count: min(train.count, Self.countedTokens))
    try train.copy(0..<tokens.count, to: &tokens, at: 0)
    var before = tokens.first ?? 0
    for token in tokens.dropFirst() {
      let pair = Int(before) * vocabulary + Int(token)
      if pairs[pair] == 0 { followers[Int(before)] += 1 }
      pairs[pair] += 1
      followed[Int(before)] += 1
      single[Int(token)] += 1
      before = token
    }
    counted = max(0, tokens.count - 1)
  }

  /// The costs of a text in bits: all tokens alike, by frequency, by the token before.
  func bits(of text: TokenCorpus) throws(ApusError) -> (uniform: Double, single: Double, pairs: Double) {
    var tokens = [Int32](repeating: 0, count: text.count)
    try text.copy(0..<text.count, to: &tokens, at: 0)
    var (bySingle, byPair) = (0.0, 0.0)
    var before = text.identity.endOfText ?? tokens.first ?? 0
    for token in tokens {
      bySingle -= Double.log2(probability(token))
      byPair -= Double.log2(probability(token, after: before))
      before = token
    }
    return (Double(tokens.count) * Double.log2(Double(vocabulary)), bySingle, byPair)
  }

  func probability(_ token: Int32) -> Double {
    Double(single[Int(token)] + 1) / Double(counted + vocabulary)
  }

  func probability(_ token: Int32, after before: Int32) -> Double {
    let total = Double(followed[Int(before)])
    let different = Double(followers[Int(before)])
    guard total > 0 else { return probability(token) }
    let pair = Double(pairs[Int(before) * vocabulary + Int(token)])
    return max(0, pair - Self.discount) / total + Self.discount * different / total * probability(token)
  }
}

// From logits to one token and its log-probability. The draw for a position is a function of the seed and the position
// alone (Philox), so it does not matter how the tokens before it were computed.

import ApusCore

/// A chosen token.
struct Choice: Equatable {
  var id: Int32
  /// ln p of the token in the model's own distribution, before any sampler.
  var logProbability: Float
}

/// Applies a chain of samplers to logits and draws.
struct TokenChooser {
  private let chain: SamplerChain
  private let philox: Philox
  private var candidates: Candidates

  init(_ chain: SamplerChain, seed: UInt64, vocabularySize: Int) {
    self.chain = chain
    philox = Philox(seed: seed)
    candidates = Candidates(capacity: vocabularySize)
  }

  /// Chooses the token that stands at `position`.
  /// - Throws: `badData` where the logits are no distribution: a weight of the model is not a number, or too great.
  mutating func choose(_ logits: [Float], position: Int) throws(ApusError) -> Choice {
    let normalizer = Self.logSumExp(logits)
    guard normalizer.isFinite else {
      throw ApusError(
        .badData, "the model's logits at position \(position) are not finite",
        remedy: "use another checkpoint: this one holds weights that are no numbers")
    }
    candidates.fill(logits)
    chain.apply(to: &candidates)
    let index = candidates.count == 1 ? 0 : candidates.draw(uniform(at: position))
    let id = candidates.ids[index]
    return Choice(id: id, logProbability: Float(Double(logits[Int(id)]) - normalizer))
  }

  /// 53 random bits as a number in 0 ..< 1.
  private func uniform(at position: Int) -> Double {
    let block = philox.block(UInt64(truncatingIfNeeded: position))
    let bits = (UInt64(block[0]) << 32 | UInt64(block[1])) >> 11
    return Double(bits) * 0x1p-53
  }

  /// ln Σ exp(logit), summed in the order of ids; not finite where a logit is not a number or nothing is possible.
  static func logSumExp(_ logits: [Float]) -> Double {
    guard let greatest = logits.max(), greatest.isFinite else { return .nan }
    var sum = 0.0
    for logit in logits { sum += Double(Float.exp(logit - greatest)) }
    return Double(greatest) + Double.log(sum)
  }
}

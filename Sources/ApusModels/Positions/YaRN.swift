// YaRN (Peng et al. 2023, arXiv:2309.00071): pairs that turn often within the original context keep their frequency,
// those that turn less than once are interpolated, a ramp lies between; and attention is sharpened a little.

import ApusCore

/// The parameters of YaRN, as in transformers.
public struct YaRN: Sendable, Equatable {
  /// By how much the context grows.
  public var factor: Double
  /// The tokens of the context before.
  public var originalContext: Int
  /// By what cosines and sines are multiplied; nil: what factor and `mscale` imply.
  public var attentionFactor: Double?
  /// Pairs with more turns than this within the original context stay.
  public var betaFast: Double
  /// Pairs with fewer turns than this are interpolated.
  public var betaSlow: Double
  /// DeepSeek's weights of the logarithm in the attention factor and in its divisor; both or neither count.
  public var mscale: Double?
  /// See `mscale`.
  public var mscaleAllDimensions: Double?
  /// Whether the ramp begins and ends at whole pairs.
  public var truncates: Bool

  /// YaRN with the paper's parameters, but for those given.
  public init(
    factor: Double, originalContext: Int, attentionFactor: Double? = nil, betaFast: Double = Self.defaultBetaFast,
    betaSlow: Double = Self.defaultBetaSlow, mscale: Double? = nil, mscaleAllDimensions: Double? = nil,
    truncates: Bool = true
  ) {
    self.factor = factor
    self.originalContext = originalContext
    self.attentionFactor = attentionFactor
    self.betaFast = betaFast
    self.betaSlow = betaSlow
    self.mscale = mscale
    self.mscaleAllDimensions = mscaleAllDimensions
    self.truncates = truncates
  }

  /// The paper's `betaFast`.
  public static let defaultBetaFast = 32.0
  /// The paper's `betaSlow`.
  public static let defaultBetaSlow = 1.0

  /// By what cosines and sines are multiplied.
  public var attentionScale: Double {
    if let attentionFactor { return attentionFactor }
    func sharpened(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * Double.log(factor) + 1 }
    if let mscale, let mscaleAllDimensions, mscale != 0, mscaleAllDimensions != 0 {
      return sharpened(mscale) / sharpened(mscaleAllDimensions)
    }
    return sharpened(1)
  }

  /// The frequencies of pairs whose unscaled ones are 1 / `powers`.
  func inverseFrequencies(base: Double, powers: [Float]) -> [Float] {
    let (begin, end) = ramp(base: base, rotatedWidth: 2 * powers.count)
    return powers.enumerated().map { pair, power in
      let interpolated = min(max((Float(pair) - Float(begin)) / Float(end - begin), 0), 1)
      let kept = 1 - interpolated
      return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
    }
  }

  // The pairs between which frequencies go over from kept to interpolated.
  private func ramp(base: Double, rotatedWidth: Int) -> (Double, Double) {
    func pair(turns: Double) -> Double {
      Double(rotatedWidth) * Double.log(Double(originalContext) / (turns * 2 * .pi)) / (2 * Double.log(base))
    }
    var (begin, end) = (pair(turns: betaFast), pair(turns: betaSlow))
    if truncates { (begin, end) = (begin.rounded(.down), end.rounded(.up)) }
    (begin, end) = (max(begin, 0), min(end, Double(rotatedWidth - 1)))
    return (begin, begin == end ? end + 0.001 : end)
  }

  func problem(base: Double) -> (key: String, text: String)? {
    if base <= 1 { return ("rope_theta", "YaRN needs a rotary base above 1, not \(base)") }
    for (key, beta) in [("beta_fast", betaFast), ("beta_slow", betaSlow)] {
      if let problem = RotaryScaling.factorProblem(beta, key) { return problem }
    }
    if betaFast < betaSlow { return ("beta_fast", "\(betaFast) is below beta_slow, \(betaSlow)") }
    for (key, weight) in [("mscale", mscale), ("mscale_all_dim", mscaleAllDimensions)] {
      if let weight, !(abs(weight) <= 1e6) { return (key, "\(weight) is no weight of a logarithm") }
    }
    return RotaryScaling.factorProblem(attentionScale, "attention_factor")
  }
}

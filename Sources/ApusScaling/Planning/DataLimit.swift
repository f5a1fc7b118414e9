// A plan where the text runs out: reading it again, and how many times that pays (Muennighoff et al. 2023,
// arXiv:2305.16264).

import ApusCore

/// The best use of a budget on a text of limited length.
public struct DataLimit: Sendable, Equatable {
  /// The tokens that differ.
  public var unique: Double
  /// N, and D with repetitions.
  public var allocation: Allocation
  /// The loss by the law of repeated data.
  public var loss: Double
  /// What the same budget would reach on endless text, by the same law.
  public var unlimited: Allocation
  /// Its loss.
  public var unlimitedLoss: Double

  /// Plans for a text of `unique` tokens; `parameters` holds N where it is given.
  public init(_ law: RepeatedDataLaw, compute: Double, unique: Double, parameters: Double? = nil) {
    self.unique = unique
    allocation =
      parameters.map { Allocation(parameters: $0, tokens: compute / 6 / $0) }
      ?? law.optimum(compute: compute, unique: unique)
    loss = law.loss(parameters: allocation.parameters, tokens: allocation.tokens, unique: unique)
    unlimited = parameters == nil ? law.optimum(compute: compute) : allocation
    unlimitedLoss = law.loss(parameters: unlimited.parameters, tokens: unlimited.tokens)
  }

  /// How many times the text is read.
  public var epochs: Double { allocation.tokens / unique }

  /// What to think of that, in a sentence; nil where the text suffices.
  public var advice: String? {
    guard epochs > 1 else { return nil }
    let times = "the text is read \(NumberText.short(epochs)) times"
    if epochs <= 4 { return "\(times): up to 4 are nearly as good as new text" }
    if epochs <= 16 { return "\(times): beyond 4 each repetition is worth clearly less; find more text if you can" }
    return "\(times): beyond 16 repetition adds little, at 40 nothing; spend less, or find more text"
  }
}

// What experts are worth when one of E is chosen for each token: Clark et al. 2022, arXiv:2202.01169, "Unified scaling
// laws for routed language models". All its models were trained on 130 billion tokens: it says how size and experts
// trade, nothing of how size and tokens do.

import ApusCore

/// log10 L = a log10 N + b log10 Ê + c log10 N log10 Ê + d, where Ê saturates between E_start and E_max.
public struct RoutedExpertsLaw: ScalingLaw, Equatable {
  /// Where it stands.
  public var card: LawCard
  /// a: the slope in size.
  public var size: Double
  /// b: the slope in experts.
  public var experts: Double
  /// c: how much less experts help larger models.
  public var interaction: Double
  /// d.
  public var constant: Double
  /// E_start: below it, experts help little.
  public var start: Double
  /// E_max: the number of experts that no larger number exceeds in effect.
  public var maximum: Double
  /// How many experts each routed layer has, for `optimum` and its loss.
  public var expertCount: Double

  /// The tokens of every run that the law was fitted on.
  public static let tokens = 130e9

  /// Makes a law.
  public init(
    card: LawCard, size: Double, experts: Double, interaction: Double, constant: Double, start: Double,
    maximum: Double, expertCount: Double = 64
  ) {
    self.card = card
    self.size = size
    self.experts = experts
    self.interaction = interaction
    self.constant = constant
    self.start = start
    self.maximum = maximum
    self.expertCount = expertCount
  }

  /// Ê, from 1/Ê = 1/(E − 1 + 1/(1/E_start − 1/E_max)) + 1/E_max.
  public func effectiveExperts(_ count: Double) -> Double {
    1 / (1 / (count - 1 + 1 / (1 / start - 1 / maximum)) + 1 / maximum)
  }

  /// The loss of a base of `parameters` with `experts` of which one is used, after 130 billion tokens.
  public func loss(parameters: Double, experts count: Double) -> Double {
    let (n, e) = (Double.log10(parameters), Double.log10(effectiveExperts(count)))
    return Double.pow(10, size * n + experts * e + interaction * n * e + constant)
  }

  /// The dense model that reaches the same loss on the same tokens.
  public func effectiveParameters(_ parameters: Double, experts count: Double) -> Double {
    // Solves L(N̄, 1) = L(N, E), both at their own Ê.
    let target = Double.log10(loss(parameters: parameters, experts: count))
    let one = Double.log10(effectiveExperts(1))
    return Double.pow(10, (target - constant - experts * one) / (size + interaction * one))
  }

  /// The base size that `compute` pays for at 130 billion tokens; the law knows no other number of them.
  public func optimum(compute: Double) -> Allocation {
    Allocation(parameters: compute / 6 / Self.tokens, tokens: Self.tokens)
  }

  /// The loss of that size with `expertCount` experts.
  public func optimalLoss(compute: Double) -> Double? {
    loss(parameters: optimum(compute: compute).parameters, experts: expertCount)
  }

  /// The formula with its numbers.
  public func explanation(compute: Double) -> [String] {
    let n = FormulaText.number
    let best = optimum(compute: compute)
    let dense = NumberText.short(effectiveParameters(best.parameters, experts: expertCount))
    return [
      "N = C/(6 · 130B) = \(NumberText.short(best.parameters)) parameters a token uses, the law's D being 130B tokens",
      "Ê(\(n(expertCount))) = \(n(effectiveExperts(expertCount))), between E_start \(n(start)) and E_max \(n(maximum))",
      "log10 L = \(n(size)) log10 N + \(n(experts)) log10 Ê + \(n(interaction)) log10 N log10 Ê + \(n(constant))",
      "L = \(NumberText.fixed(optimalLoss(compute: compute) ?? .nan, 4)) nats per token, as a dense model of \(dense)",
    ]
  }
}

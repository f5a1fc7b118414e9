// Laws of the best use of a budget alone, without a loss: a power of the compute for the parameters, for the tokens, or
// for the operations a token costs.

import ApusCore

/// A power law of the compute for one side of the balance; the other side is what is left of the budget.
public struct FrontierLaw: ScalingLaw, Equatable {
  /// What grows as k C^a.
  public enum Quantity: Sendable, Equatable {
    /// The parameters, with D = C / (6 N).
    case parameters
    /// The tokens, with N = C / (6 D) (Llama 3).
    case tokens
    /// The training operations of a token without embeddings, M, with D = C / M and N = M / 6 (DeepSeek).
    case flopsPerToken
  }

  /// Where it stands.
  public var card: LawCard
  /// What grows as k C^a.
  public var quantity: Quantity
  /// k, for C in FLOPs.
  public var coefficient: Double
  /// a.
  public var exponent: Double

  /// Makes a law.
  public init(card: LawCard, quantity: Quantity = .parameters, coefficient: Double, exponent: Double) {
    self.card = card
    self.quantity = quantity
    self.coefficient = coefficient
    self.exponent = exponent
  }

  /// The best use of `compute` FLOPs.
  public func optimum(compute: Double) -> Allocation {
    let value = coefficient * Double.pow(compute, exponent)
    switch quantity {
    case .parameters: return Allocation(parameters: value, tokens: compute / 6 / value)
    case .tokens: return Allocation(parameters: compute / 6 / value, tokens: value)
    case .flopsPerToken: return Allocation(parameters: value / 6, tokens: compute / value)
    }
  }

  /// Nothing is said of the loss.
  public func optimalLoss(compute: Double) -> Double? { nil }

  /// The formula with its numbers.
  public func explanation(compute: Double) -> [String] {
    let best = optimum(compute: compute)
    let budget = FormulaText.compute(compute)
    let power = "\(FormulaText.number(coefficient)) · \(budget)^\(FormulaText.number(exponent))"
    let (size, tokens) = (NumberText.short(best.parameters), NumberText.short(best.tokens))
    switch quantity {
    case .parameters:
      return [
        "N = k C^a = \(power) = \(size) parameters", "D = C/(6N) = \(budget) / (6 · \(size)) = \(tokens) tokens",
      ]
    case .tokens:
      return [
        "D = k C^a = \(power) = \(tokens) tokens",
        "N = C/(6D) = \(budget) / (6 · \(tokens)) = \(size) parameters",
      ]
    case .flopsPerToken:
      return [
        "M = k C^a = \(power) = \(NumberText.short(6 * best.parameters)) FLOPs a token, N = M/6 = \(size)",
        "D = C/M = \(tokens) tokens",
      ]
    }
  }
}

// What every law can do: say how a budget is spent best, and show the arithmetic.

import ApusCore

/// Parameters and tokens that share a budget.
public struct Allocation: Sendable, Equatable {
  /// The number of parameters, N.
  public var parameters: Double
  /// The number of training tokens, D.
  public var tokens: Double

  /// Makes an allocation.
  public init(parameters: Double, tokens: Double) {
    self.parameters = parameters
    self.tokens = tokens
  }

  /// Tokens a parameter, D/N.
  public var ratio: Double { tokens / parameters }
}

/// A law that divides a budget between parameters and tokens.
public protocol ScalingLaw: Sendable {
  /// Where it stands and what its numbers mean.
  var card: LawCard { get }

  /// The best use of `compute` FLOPs.
  func optimum(compute: Double) -> Allocation

  /// The loss of that best use, in the card's unit; nil for laws that say nothing of the loss.
  func optimalLoss(compute: Double) -> Double?

  /// The formula with the numbers in it, a line each step.
  func explanation(compute: Double) -> [String]
}

/// A law that gives the loss of any model on any number of tokens.
public protocol LossLaw: ScalingLaw {
  /// The loss of a model of `parameters` trained on `tokens` different tokens, in the card's unit.
  func loss(parameters: Double, tokens: Double) -> Double
}

extension LossLaw {
  /// The loss where the budget is used best.
  public func optimalLoss(compute: Double) -> Double? {
    let best = optimum(compute: compute)
    return loss(parameters: best.parameters, tokens: best.tokens)
  }
}

extension ScalingLaw {
  /// How far outside its runs the law is asked, as sentences.
  public func warnings(compute: Double) -> [String] {
    let best = optimum(compute: compute)
    return card.fitted.warnings(parameters: best.parameters, tokens: best.tokens, compute: compute)
  }
}

/// Numbers inside formulas.
package enum FormulaText {
  /// Enough digits to check the arithmetic by hand, without more.
  package static func number(_ value: Double) -> String {
    guard value.isFinite, value == 0 || (1e-3..<1e5).contains(abs(value)) else { return NumberText.short(value) }
    let digits = value == 0 ? 1 : Int(Double.log10(abs(value)).rounded(.down))
    var text = NumberText.fixed(value, max(0, min(6, 4 - digits)))
    while text.contains("."), text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// FLOPs as a power of ten.
  package static func compute(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return NumberText.short(value) }
    let exponent = Int(Double.log10(value).rounded(.down))
    let mantissa = value / Double.pow(10, Double(exponent))
    return "\(number((mantissa * 1000).rounded() / 1000))e\(exponent)"
  }
}

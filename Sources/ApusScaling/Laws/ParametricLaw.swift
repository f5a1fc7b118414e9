// The law L(N, D) = E + A / N^α + B / D^β (Hoffmann et al. 2022, arXiv:2203.15556, section 3.3): what nothing removes,
// what too few parameters cost, what too few tokens cost. It knows no data: fits make it, plans use it.

import ApusCore

/// The parametric law L(N, D) = E + A / N^α + B / D^β, in the unit of its card.
public struct ParametricLaw: LossLaw, Equatable {
  /// Where it stands.
  public var card: LawCard
  /// E: the loss that no size and no data removes.
  public var irreducible: Double
  /// A: the weight of too few parameters.
  public var sizeCoefficient: Double
  /// B: the weight of too few tokens.
  public var dataCoefficient: Double
  /// α: how fast more parameters help.
  public var sizeExponent: Double
  /// β: how fast more tokens help.
  public var dataExponent: Double
  /// How uncertain the constants are; nil where nobody has said.
  public var uncertainty: LawUncertainty?

  /// Makes a law.
  public init(
    card: LawCard, irreducible: Double, sizeCoefficient: Double, dataCoefficient: Double, sizeExponent: Double,
    dataExponent: Double, uncertainty: LawUncertainty? = nil
  ) {
    self.card = card
    self.irreducible = irreducible
    self.sizeCoefficient = sizeCoefficient
    self.dataCoefficient = dataCoefficient
    self.sizeExponent = sizeExponent
    self.dataExponent = dataExponent
    self.uncertainty = uncertainty
  }

  /// The constants in logarithms, as fits and their spread have them.
  public var constants: LogParameters {
    get {
      LogParameters(
        a: .log(sizeCoefficient), b: .log(dataCoefficient), e: .log(irreducible), alpha: sizeExponent,
        beta: dataExponent)
    }
    set {
      irreducible = newValue.irreducible
      (sizeCoefficient, dataCoefficient) = (newValue.sizeCoefficient, newValue.dataCoefficient)
      (sizeExponent, dataExponent) = (newValue.alpha, newValue.beta)
    }
  }

  /// The loss of a model of `parameters` trained on `tokens`, in the card's unit.
  public func loss(parameters: Double, tokens: Double) -> Double {
    irreducible + sizeCoefficient / Double.pow(parameters, sizeExponent)
      + dataCoefficient / Double.pow(tokens, dataExponent)
  }

  /// G = (αA / βB)^(1/(α+β)), the factor of the best size.
  public var balance: Double {
    Double.pow(
      sizeExponent * sizeCoefficient / (dataExponent * dataCoefficient), 1 / (sizeExponent + dataExponent))
  }

  /// a = β/(α+β), the exponent of compute in the best size.
  public var sizeGrowth: Double { dataExponent / (sizeExponent + dataExponent) }

  /// The best use of `compute` FLOPs under C = 6 N D: N = G (C/6)^a, D = (C/6)^b / G with a = β/(α+β), b = α/(α+β).
  public func optimum(compute: Double) -> Allocation {
    let parameters = balance * Double.pow(compute / 6, sizeGrowth)
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// The tokens with which a model of `parameters` reaches `loss`; nil where it never does.
  public func tokens(parameters: Double, loss: Double) -> Double? {
    let excess = loss - irreducible - sizeCoefficient / Double.pow(parameters, sizeExponent)
    guard excess > 0 else { return nil }
    return Double.pow(dataCoefficient / excess, 1 / dataExponent)
  }

  /// The least compute that reaches `loss`, in FLOPs; nil at or below E.
  ///
  /// On the frontier both reducible terms are powers of the compute with one exponent αβ/(α+β).
  public func leastCompute(loss: Double) -> Double? {
    guard loss > irreducible else { return nil }
    let power = sizeExponent * sizeGrowth
    let weight =
      sizeCoefficient / Double.pow(balance, sizeExponent) + dataCoefficient * Double.pow(balance, dataExponent)
    return 6 * Double.pow(weight / (loss - irreducible), 1 / power)
  }

  /// The budget for which `parameters` are the best size, in FLOPs.
  public func compute(optimalFor parameters: Double) -> Double {
    6 * Double.pow(parameters / balance, 1 / sizeGrowth)
  }

  /// The formula with its numbers.
  public func explanation(compute: Double) -> [String] {
    let best = optimum(compute: compute)
    let n = FormulaText.number
    let (alpha, beta) = (n(sizeExponent), n(dataExponent))
    let loss = loss(parameters: best.parameters, tokens: best.tokens)
    return [
      "L(N, D) = E + A/N^α + B/D^β = \(n(irreducible)) + \(n(sizeCoefficient))/N^\(alpha) + "
        + "\(n(dataCoefficient))/D^\(beta)",
      "G = (αA/βB)^(1/(α+β)) = (\(alpha)·\(n(sizeCoefficient)) / \(beta)·\(n(dataCoefficient)))"
        + "^(1/\(n(sizeExponent + dataExponent))) = \(n(balance)), a = β/(α+β) = \(n(sizeGrowth))",
      "N = G (C/6)^a = \(n(balance)) · (\(FormulaText.compute(compute))/6)^\(n(sizeGrowth)) "
        + "= \(NumberText.short(best.parameters)) parameters",
      "D = C/(6N) = \(FormulaText.compute(compute)) / (6 · \(NumberText.short(best.parameters))) "
        + "= \(NumberText.short(best.tokens)) tokens",
      "L = \(n(irreducible)) + \(n(sizeCoefficient / Double.pow(best.parameters, sizeExponent))) + "
        + "\(n(dataCoefficient / Double.pow(best.tokens, dataExponent))) = \(NumberText.fixed(loss, 4)) "
        + card.unit.words,
    ]
  }
}

// Laws of how loss falls with parameters and tokens, with their published constants. Numbers in, numbers out.
// Chinchilla: Hoffmann et al. 2022, arXiv:2203.15556; its replication: Besiroglu et al. 2024, arXiv:2404.10102.

import ApusCore

/// The parametric law L(N, D) = E + A / N^α + B / D^β in nats per token.
public struct ParametricLaw: Sendable, Equatable {
  /// What it is called.
  public var name: String
  /// Where the constants stand.
  public var source: String
  /// The loss that no size and no data removes.
  public var irreducible: Double
  /// A: the weight of too few parameters.
  public var sizeCoefficient: Double
  /// B: the weight of too few tokens.
  public var dataCoefficient: Double
  /// α: how fast more parameters help.
  public var sizeExponent: Double
  /// β: how fast more tokens help.
  public var dataExponent: Double
  /// The numbers of parameters that the constants were fitted on.
  public var fittedSizes: ClosedRange<Double>

  /// Makes a law.
  public init(
    name: String, source: String, irreducible: Double, sizeCoefficient: Double, dataCoefficient: Double,
    sizeExponent: Double, dataExponent: Double, fittedSizes: ClosedRange<Double>
  ) {
    self.name = name
    self.source = source
    self.irreducible = irreducible
    self.sizeCoefficient = sizeCoefficient
    self.dataCoefficient = dataCoefficient
    self.sizeExponent = sizeExponent
    self.dataExponent = dataExponent
    self.fittedSizes = fittedSizes
  }

  /// The loss of a model of `parameters` trained on `tokens`, in nats per token.
  public func loss(parameters: Double, tokens: Double) -> Double {
    irreducible + sizeCoefficient / Double.pow(parameters, sizeExponent) + dataCoefficient
      / Double.pow(tokens, dataExponent)
  }

  /// The best use of `compute` FLOPs under C = 6 N D: N = G (C/6)^a, D = (C/6)^b / G with a = β/(α+β), b = α/(α+β).
  public func optimum(compute: Double) -> Allocation {
    let sum = sizeExponent + dataExponent
    let ratio = Double.pow(sizeExponent * sizeCoefficient / (dataExponent * dataCoefficient), 1 / sum)
    let parameters = ratio * Double.pow(compute / 6, dataExponent / sum)
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// Chinchilla's third approach, with the unrounded constants of the paper's source (the printed ones do not give its
  /// tables).
  public static let chinchilla = ParametricLaw(
    name: "Chinchilla, approach 3", source: "Hoffmann et al. 2022, arXiv:2203.15556, appendix D.3, unrounded",
    irreducible: Double.exp(0.5267228), sizeCoefficient: Double.exp(6.0073404), dataCoefficient: Double.exp(6.0179186),
    sizeExponent: 0.33917084, dataExponent: 0.2849083, fittedSizes: 4.4e7...1.6e10)

  /// The replication that corrected approach 3; it agrees with approaches 1 and 2.
  public static let replication = ParametricLaw(
    name: "Chinchilla, replicated", source: "Besiroglu et al. 2024, arXiv:2404.10102, table 1",
    irreducible: 1.8172, sizeCoefficient: 482.01, dataCoefficient: 2085.43, sizeExponent: 0.3478, dataExponent: 0.3658,
    fittedSizes: 4.4e7...1.6e10)
}

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

/// A law of the best size alone: N = k C^a, D = C / (6 N).
public struct FrontierLaw: Sendable, Equatable {
  /// What it is called.
  public var name: String
  /// Where it stands.
  public var source: String
  /// k, for C in FLOPs.
  public var coefficient: Double
  /// a.
  public var exponent: Double

  /// The best use of `compute` FLOPs.
  public func optimum(compute: Double) -> Allocation {
    let parameters = coefficient * Double.pow(compute, exponent)
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// Chinchilla's first approach: a power law through the nine rows of its table 3 (within 1.2 % of each).
  public static let chinchilla = FrontierLaw(
    name: "Chinchilla, approach 1", source: "Hoffmann et al. 2022, arXiv:2203.15556, table 3", coefficient: 0.0992,
    exponent: 0.4981)
  /// Kaplan's recommendation, N = 1.3·10⁹ C^0.73 with C in petaflop days and N without embeddings.
  public static let kaplan = FrontierLaw(
    name: "Kaplan", source: "Kaplan et al. 2020, arXiv:2001.08361, section 6",
    coefficient: 1.3e9 / Double.pow(8.64e19, 0.73),
    exponent: 0.73)
}

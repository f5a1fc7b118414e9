// The law's five numbers as a fit sees them: a = ln A, b = ln B, e = ln E, α, β, so that
// ln L(N, D) = ln(exp(a − α ln N) + exp(b − β ln D) + exp(e)) (Hoffmann et al. 2022, arXiv:2203.15556, section 3.3).

import ApusCore

/// A point in the space that a fit searches, and gradients there.
typealias FitVector = SIMD8<Double>

extension SIMD8<Double> {
  /// The sum of the products of the elements.
  @inline(__always)
  func dot(_ other: Self) -> Double { (self * other).sum() }

  /// The Euclidean norm.
  @inline(__always)
  var norm: Double { dot(self).squareRoot() }
}

/// The law's constants in logarithms.
public struct LogParameters: Sendable, Equatable {
  /// Where a, b, e, α and β stand; the other three places are zero.
  var vector: FitVector

  /// a = ln A.
  public var a: Double { vector[0] }
  /// b = ln B.
  public var b: Double { vector[1] }
  /// e = ln E.
  public var e: Double { vector[2] }
  /// α, the exponent of parameters.
  public var alpha: Double { vector[3] }
  /// β, the exponent of tokens.
  public var beta: Double { vector[4] }

  /// The constants with these logarithms.
  public init(a: Double, b: Double, e: Double, alpha: Double, beta: Double) {
    vector = FitVector(a, b, e, alpha, beta, 0, 0, 0)
  }

  init(_ vector: FitVector) { self.vector = vector }

  /// The constants with `step` added to (a, b, e, α, β).
  func moved(by step: [Double]) -> LogParameters {
    LogParameters(a: a + step[0], b: b + step[1], e: e + step[2], alpha: alpha + step[3], beta: beta + step[4])
  }

  /// A, the weight of too few parameters.
  public var sizeCoefficient: Double { .exp(a) }
  /// B, the weight of too few tokens.
  public var dataCoefficient: Double { .exp(b) }
  /// E, the loss that nothing removes.
  public var irreducible: Double { .exp(e) }

  /// The exponent of compute in the best number of parameters, β / (α + β).
  public var sizeGrowth: Double { beta / (alpha + beta) }

  /// The loss of a model of `parameters` trained on `tokens`.
  public func loss(parameters: Double, tokens: Double) -> Double {
    irreducible + .exp(a - alpha * .log(parameters)) + .exp(b - beta * .log(tokens))
  }

  /// The best use of `compute` FLOPs under C = 6 N D.
  public func optimum(compute: Double) -> Allocation {
    let logProduct = Double.log(compute / 6)
    let logRatio = (a - b + .log(alpha / beta)) / (alpha + beta)
    let parameters = Double.exp(logRatio + sizeGrowth * logProduct)
    return Allocation(parameters: parameters, tokens: .exp(logProduct) / parameters)
  }
}

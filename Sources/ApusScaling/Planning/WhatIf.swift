// What a given N and D come to: the loss, what the same operations could have reached, what the same loss would have
// cost, and how wide the valley is in which N makes no difference.

import ApusCore

/// The sizes that one budget makes nearly equally good.
public struct FlatBand: Sendable, Equatable {
  /// The smallest such N.
  public var low: Double
  /// The largest.
  public var high: Double
  /// The share of the least loss that was allowed on top.
  public var tolerance: Double

  /// The sizes whose loss at `compute` is within `tolerance` of the least.
  public init(_ law: ParametricLaw, compute: Double, tolerance: Double = 0.005) {
    self.tolerance = tolerance
    let best = law.optimum(compute: compute)
    let limit = law.loss(parameters: best.parameters, tokens: best.tokens) * (1 + tolerance)
    func edge(_ direction: Double) -> Double {
      // In logarithms the loss rises on either side of the best size: halve until the edge is met.
      var (inside, outside) = (0.0, direction * 60)
      for _ in 0..<80 {
        let middle = (inside + outside) / 2
        let size = best.parameters * Double.exp(middle)
        if law.loss(parameters: size, tokens: compute / 6 / size) <= limit { inside = middle } else { outside = middle }
      }
      return best.parameters * Double.exp(inside)
    }
    low = edge(-1)
    high = edge(1)
  }
}

/// A model of given size on given tokens, judged by a law.
public struct WhatIf: Sendable, Equatable {
  /// N and D.
  public var allocation: Allocation
  /// L(N, D).
  public var loss: Double
  /// Its 95 % interval, where the law's uncertainty is known.
  public var lossInterval: ConfidenceInterval?
  /// 6 N D.
  public var compute: Double
  /// The best use of the same operations.
  public var best: Allocation
  /// Its loss.
  public var bestLoss: Double
  /// The least operations that reach the same loss.
  public var leastCompute: Double
  /// The best use of those.
  public var sameLoss: Allocation
  /// The lifetime tokens from which this model is cheaper than that one; nil where it is no smaller.
  public var breakEven: Double?

  /// Judges a model.
  public init(_ law: ParametricLaw, parameters: Double, tokens: Double) {
    allocation = Allocation(parameters: parameters, tokens: tokens)
    let loss = law.loss(parameters: parameters, tokens: tokens)
    self.loss = loss
    compute = 6 * parameters * tokens
    best = law.optimum(compute: compute)
    bestLoss = law.loss(parameters: best.parameters, tokens: best.tokens)
    leastCompute = law.leastCompute(loss: loss) ?? compute
    sameLoss = law.optimum(compute: leastCompute)
    breakEven = LifetimeCost.breakEven(law, loss: loss, parameters: parameters)
    lossInterval = law.uncertainty.flatMap { spread in
      ConfidenceInterval(percentilesOf: spread.draws(of: law).map { $0.loss(parameters: parameters, tokens: tokens) })
    }
  }

  /// Operations spent beyond the least that reach this loss, as a factor.
  public var overhead: Double { compute / leastCompute }
}

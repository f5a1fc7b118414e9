// How far to train beyond the best use of the training budget where a model will answer for long: the same quality from
// a smaller model costs more to train and less to run (Sardana et al. 2023, arXiv:2401.00448).

import ApusCore

/// The cheapest model over its life at a given loss: least of 6 N D + w · 2 N D_inference with L(N, D) fixed.
public struct LifetimeCost: Sendable, Equatable {
  /// N and D.
  public var allocation: Allocation
  /// The loss held.
  public var loss: Double
  /// Tokens that it will read and write in use.
  public var lifetimeTokens: Double
  /// 6 N D.
  public var trainingFlops: Double
  /// 2 N D_inference.
  public var inferenceFlops: Double
  /// What an operation of use costs relative to one of training: the lower utilisation of devices that answer, cheaper
  /// devices or numbers.
  public var inferenceWeight: Double
  /// Training and use of the training-optimal model of the same loss, in operations of training.
  public var referenceCost: Double

  /// Training and use together, in operations of training.
  public var cost: Double { trainingFlops + inferenceWeight * inferenceFlops }

  /// The share saved against the training-optimal model.
  public var saving: Double { 1 - cost / referenceCost }

  /// The cheapest model of `loss` for `lifetimeTokens` in use; nil for a loss that no size reaches.
  ///
  /// - Parameters:
  ///   - law: The law of the loss.
  ///   - loss: The loss to reach, above the law's E.
  ///   - lifetimeTokens: Tokens read and written in use.
  ///   - inferenceWeight: What an operation in use costs relative to one in training.
  public init?(_ law: ParametricLaw, loss: Double, lifetimeTokens: Double, inferenceWeight: Double = 1) {
    guard let compute = law.leastCompute(loss: loss), compute.isFinite else { return nil }
    let reference = law.optimum(compute: compute)
    func cost(_ parameters: Double) -> Double? {
      law.tokens(parameters: parameters, loss: loss).map {
        6 * parameters * $0 + inferenceWeight * 2 * parameters * lifetimeTokens
      }
    }
    // The smallest size that reaches the loss on endless text; the best lies between it and the reference.
    let least = Double.log(Double.pow(law.sizeCoefficient / (loss - law.irreducible), 1 / law.sizeExponent))
    let most = Double.log(reference.parameters) + 0.5
    guard least.isFinite, most.isFinite, least < most else { return nil }
    let parameters = Double.exp(LineSearch.minimum(in: least...most) { cost(Double.exp($0)) ?? .infinity })
    guard let tokens = law.tokens(parameters: parameters, loss: loss), (parameters * tokens).isFinite else {
      return nil
    }
    allocation = Allocation(parameters: parameters, tokens: tokens)
    self.loss = loss
    self.lifetimeTokens = lifetimeTokens
    self.inferenceWeight = inferenceWeight
    trainingFlops = 6 * parameters * tokens
    inferenceFlops = 2 * parameters * lifetimeTokens
    referenceCost = compute + inferenceWeight * 2 * reference.parameters * lifetimeTokens
  }

  /// The lifetime tokens from which a model of `parameters` is cheaper than the training-optimal one of the same loss;
  /// nil where it never reaches the loss or is no smaller.
  public static func breakEven(
    _ law: ParametricLaw, loss: Double, parameters: Double, inferenceWeight: Double = 1
  ) -> Double? {
    guard let compute = law.leastCompute(loss: loss), let tokens = law.tokens(parameters: parameters, loss: loss)
    else { return nil }
    let larger = law.optimum(compute: compute).parameters
    guard parameters < larger else { return nil }
    return (6 * parameters * tokens - compute) / (2 * inferenceWeight * (larger - parameters))
  }
}

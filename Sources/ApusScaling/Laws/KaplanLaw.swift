// Kaplan et al. 2020, arXiv:2001.08361: the first laws, with N without embeddings and compute in petaflop days
// (8.64e19 FLOPs). What is reproduced here are tables 4 to 6 of its appendix A.

import ApusCore

/// Kaplan's laws: of size, of data, of both, and of the compute that a training at small batches would need.
public struct KaplanLaw: LossLaw, Equatable {
  /// Where it stands.
  public var card: LawCard { LawLibrary.kaplanCard }

  /// FLOPs of a petaflop day.
  public static let petaflopDay = 8.64e19

  /// Makes the law; its constants are the paper's.
  public init() {}

  /// N = 1.3e9 Cmin^0.73 and, from the budget, D = C/(6N).
  ///
  /// The paper's own D = 2e10 Cmin^0.27 is twice that: at the critical batch, which it advises, training takes twice
  /// the compute Cmin.
  public func optimum(compute: Double) -> Allocation {
    let parameters = 1.3e9 * Double.pow(compute / Self.petaflopDay, 0.73)
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// L(Cmin) = (3.1e8 / Cmin)^0.050.
  public func optimalLoss(compute: Double) -> Double? { Double.pow(3.1e8 * Self.petaflopDay / compute, 0.050) }

  /// L(N, D) = ((Nc/N)^(αN/αD) + Dc/D)^αD of a model stopped early, with the constants of its joint fit (table 2):
  /// αN 0.076, αD 0.103, Nc 6.4e13, Dc 1.8e13.
  public func loss(parameters: Double, tokens: Double) -> Double {
    Double.pow(Double.pow(6.4e13 / parameters, 0.076 / 0.103) + 1.8e13 / tokens, 0.103)
  }

  /// L(N) = (Nc/N)^0.076, with unlimited data, trained to the end.
  public func loss(parameters: Double) -> Double { Double.pow(8.8e13 / parameters, 0.076) }

  /// L(D) = (Dc/D)^0.095, of a model as large as one likes, stopped early.
  public func loss(tokens: Double) -> Double { Double.pow(5.4e13 / tokens, 0.095) }

  /// The batch, in tokens, beyond which more of it saves little time: 2.1e8 / L^(1/0.21).
  public func criticalBatch(loss: Double) -> Double { 2.1e8 / Double.pow(loss, 1 / 0.21) }

  /// The formula with its numbers.
  public func explanation(compute: Double) -> [String] {
    let best = optimum(compute: compute)
    let days = FormulaText.number(compute / Self.petaflopDay)
    let loss = NumberText.fixed(optimalLoss(compute: compute) ?? .nan, 4)
    return [
      "Cmin = \(FormulaText.compute(compute)) / 8.64e19 = \(days) petaflop days",
      "N = 1.3e9 · Cmin^0.73 = 1.3e9 · \(days)^0.73 = \(NumberText.short(best.parameters)) parameters",
      "D = C/(6N) = \(NumberText.short(best.tokens)) tokens",
      "L = (3.1e8/Cmin)^0.050 = \(loss) nats per token",
    ]
  }
}

// Batch size and learning rate, by every published law that gives them from N, D, C or the loss. They disagree by
// factors: the range is the answer, and a sweep round its middle is cheap.

import ApusCore

/// What one law advises.
public struct HyperparameterAdvice: Sendable, Equatable {
  /// The law.
  public var name: String
  /// Where it stands.
  public var source: String
  /// Tokens of a batch; nil where the law says nothing of it.
  public var batchTokens: Double?
  /// The peak learning rate for Adam; nil where the law says nothing of it.
  public var learningRate: Double?
  /// The formula with the numbers in it.
  public var formula: String
}

/// What all laws advise.
public struct Hyperparameters: Sendable, Equatable {
  /// Law by law.
  public var advice: [HyperparameterAdvice]

  /// The least and the greatest batch, in tokens.
  public var batchRange: ClosedRange<Double> { Self.range(advice.compactMap(\.batchTokens)) }

  /// The least and the greatest learning rate.
  public var rateRange: ClosedRange<Double> { Self.range(advice.compactMap(\.learningRate)) }

  /// Collects the advice for a run.
  ///
  /// - Parameters:
  ///   - nonEmbedding: Parameters without embeddings.
  ///   - tokens: Tokens of the training.
  ///   - compute: Its operations.
  ///   - loss: Its expected loss in nats per token; nil, where that is not known, leaves out the laws that need it.
  public init(nonEmbedding: Double, tokens: Double, compute: Double, loss: Double?) {
    advice = [Self.stepLaw(nonEmbedding, tokens), Self.deepSeek(compute)] + (loss.map(Self.byLoss) ?? [])
  }

  private static func byLoss(_ loss: Double) -> [HyperparameterAdvice] {
    [
      HyperparameterAdvice(
        name: "MiniCPM", source: "Hu et al. 2024, arXiv:2404.06395",
        batchTokens: 1.21e9 / Double.pow(loss, 6.24), learningRate: nil,
        formula: "B = 1.21e9 / L^6.24 with L = \(NumberText.fixed(loss, 3))"),
      HyperparameterAdvice(
        name: "Kaplan, critical", source: "Kaplan et al. 2020, arXiv:2001.08361",
        batchTokens: LawLibrary.kaplan.criticalBatch(loss: loss), learningRate: nil,
        formula: "B = 2.1e8 / L^(1/0.21) with L = \(NumberText.fixed(loss, 3))"),
    ]
  }

  /// Fitted on thousands of runs of a learning rate × batch grid; N without embeddings.
  public static func stepLaw(_ nonEmbedding: Double, _ tokens: Double) -> HyperparameterAdvice {
    HyperparameterAdvice(
      name: "Step Law", source: "Li et al. 2025, arXiv:2503.04715",
      batchTokens: 0.58 * Double.pow(tokens, 0.571),
      learningRate: 1.79 * Double.pow(nonEmbedding, -0.713) * Double.pow(tokens, 0.307),
      formula: "B = 0.58 D^0.571, η = 1.79 N^-0.713 D^0.307 with N = \(NumberText.short(nonEmbedding)), "
        + "D = \(NumberText.short(tokens))")
  }

  private static func deepSeek(_ compute: Double) -> HyperparameterAdvice {
    HyperparameterAdvice(
      name: "DeepSeek", source: "DeepSeek-AI 2024, arXiv:2401.02954",
      batchTokens: 0.2920 * Double.pow(compute, 0.3271), learningRate: 0.3118 * Double.pow(compute, -0.1250),
      formula: "B = 0.2920 C^0.3271, η = 0.3118 C^-0.1250 with C = \(FormulaText.compute(compute))")
  }

  private static func range(_ values: [Double]) -> ClosedRange<Double> {
    let least = values.min() ?? 0
    return least...max(least, values.max() ?? 0)
  }
}

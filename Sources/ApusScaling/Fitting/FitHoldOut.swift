// The test that a law is made for: fitted without the largest runs, does it foretell them?

public import ApusCore

/// Predictions of the largest runs by a law fitted without them.
public struct FitHoldOut: Sendable, Equatable {
  /// A held-out run and what the law said.
  public struct Prediction: Sendable, Equatable {
    /// The run.
    public let run: MeasuredRun
    /// The loss predicted.
    public let loss: Double
    /// (predicted − measured) / measured.
    public var error: Double { loss / run.loss - 1 }
  }

  /// The law of the other runs.
  public let law: LogParameters
  /// The held-out runs, by compute.
  public let predictions: [Prediction]
  /// The median size of the relative errors among the runs that were fitted.
  public let fittedError: Double

  /// The mean relative error: below zero where the law promises too much.
  public var bias: Double { Statistics.mean(predictions.map(\.error)) }
  /// The mean size of the relative errors.
  public var error: Double { Statistics.mean(predictions.map { abs($0.error) }) }
  /// The prediction farthest off.
  public var worst: Prediction? { predictions.max { abs($0.error) < abs($1.error) } }
}

extension ParametricFit {
  /// Fits without the runs of most compute and predicts them; nil where too few would be left.
  ///
  /// - Parameters:
  ///   - share: The share of the rows held out, one at least; rows of equal compute go together.
  ///   - pool: The threads to fit on.
  public func holdOut(share: Double = 0.1, pool: ThreadPool = .shared) -> FitHoldOut? {
    let computes = table.runs.map { 6 * $0.parameters * $0.tokens }
    let count = max(1, Int((share * Double(computes.count)).rounded()))
    guard count < computes.count else { return nil }
    let limit = computes.sorted(by: >)[count - 1] * (1 - 1e-9)
    var rest = table
    rest.runs = zip(table.runs, computes).filter { $0.1 < limit }.map(\.0)
    var options = options
    options.starts = .projection
    guard rest.runs.count >= 8, let fit = try? ParametricFit(rest, options, pool: pool) else { return nil }
    let held = zip(table.runs, computes).filter { $0.1 >= limit }.sorted { $0.1 < $1.1 }.map(\.0)
    return FitHoldOut(
      law: fit.parameters,
      predictions: held.map { run in
        FitHoldOut.Prediction(
          run: run, loss: fit.parameters.loss(parameters: run.parameters, tokens: run.tokens))
      }, fittedError: fit.residuals.map(abs).median)
  }
}

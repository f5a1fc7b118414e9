// How sure a parametric fit is: the law is fitted again and again to runs drawn from the table with replacement (Efron
// 1979), and what the laws disagree on is what the table does not say. Rows of one run are drawn together, for they
// share its luck. Resample k is a function of (seed, k) alone, so the number of threads changes nothing.

public import ApusCore

/// Laws fitted to resamples of a fit's runs.
public struct Bootstrap: Sendable {
  /// The laws, by resample.
  public let laws: [LogParameters]
  /// The least value of each resample's objective.
  public let objectives: [Double]

  /// Draws and fits.
  ///
  /// - Parameters:
  ///   - fit: The fit to all runs; searches begin at its law.
  ///   - resamples: How many; 1,000 give intervals, 4,000 steady standard errors.
  ///   - seed: Of the draws.
  ///   - pool: The threads to fit on; the result has the same bits for any number.
  public init(_ fit: ParametricFit, resamples: Int = 1000, seed: UInt64 = 0, pool: ThreadPool = .shared) {
    let clusters = fit.table.clusters
    let family = Philox(seed: seed)
    self.init(fit, count: max(0, resamples), pool) { index, weights in
      var random = family.stream(UInt64(index))
      for _ in clusters.indices {
        for row in clusters[Int(random.uniform() * Double(clusters.count))] { weights[row] += 1 }
      }
    }
  }

  /// Fits given draws.
  ///
  /// - Parameters:
  ///   - fit: The fit to all runs.
  ///   - draws: For each resample the places of its runs in the fit's table; others are left out.
  ///   - pool: The threads to fit on.
  public init(_ fit: ParametricFit, draws: [[Int]], pool: ThreadPool = .shared) {
    self.init(fit, count: draws.count, pool) { index, weights in
      for row in draws[index] where weights.indices.contains(row) { weights[row] += 1 }
    }
  }

  private init(
    _ fit: ParametricFit, count: Int, _ pool: ThreadPool,
    draw: (_ index: Int, _ weights: inout [Double]) -> Void
  ) {
    let problem = fit.problem, start = problem.objective.point(fit.parameters), rows = fit.table.runs.count
    let ends = pool.map(count, scratch: { ResampleScratch(problem.objective, rows: rows) }) { index, scratch in
      for row in 0..<rows { scratch.weights[row] = 0 }
      draw(index, &scratch.weights)
      scratch.objective.resample(problem.objective, weights: scratch.weights)
      return scratch.minimizer.minimize(scratch.objective, from: start, problem.constraint, tolerance: .resample)
    }
    laws = ends.map { problem.objective.parameters($0.point) }
    objectives = ends.map(\.value)
  }

  /// The standard error of a quantity: its standard deviation over the laws.
  public func standardError(of quantity: (LogParameters) -> Double) -> Double {
    Statistics.deviation(laws.map(quantity))
  }

  /// Where a quantity lies with probability `level`: the percentiles of its values.
  ///
  /// With Huber's δ far below the noise a fit is nearly a median, of which resamples of less than about 100 runs say a
  /// little too much: then 95 % intervals hold the truth 96 to 97.5 % of the time, and with 200 runs 95 to 97 %.
  public func interval(of quantity: (LogParameters) -> Double, level: Double = 0.95) -> ConfidenceInterval {
    let values = laws.map(quantity).filter { !$0.isNaN }.sorted()
    let tail = (1 - level) / 2
    return ConfidenceInterval(Statistics.quantile(values, tail), Statistics.quantile(values, 1 - tail))
  }
}

/// What the resamples of one thread share.
private struct ResampleScratch {
  var minimizer = Minimizer()
  var objective: HuberObjective
  var weights: [Double]

  init(_ objective: HuberObjective, rows: Int) {
    self.objective = objective
    weights = Array(repeating: 0, count: rows)
  }
}

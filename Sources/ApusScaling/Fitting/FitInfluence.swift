// What single runs do to a fit: the law without each of them, and runs that no law near the others would give.

public import ApusCore

/// What leaving one run out would do.
public struct RunInfluence: Sendable, Equatable {
  /// The run; all its rows are left out together.
  public let run: MeasuredRun
  /// How many rows that is.
  public let rows: Int
  /// The law without it.
  public let without: LogParameters
  /// How far a = β/(α + β) moves.
  public let growthChange: Double
}

/// A run far off the law.
public struct OutlyingRun: Sendable, Equatable {
  /// The run.
  public let run: MeasuredRun
  /// ln of its loss less ln of the law's.
  public let residual: Double
  /// The residual less the median of all, in robust standard deviations.
  public let deviations: Double
}

extension ParametricFit {
  /// The fit without each of the runs to which a first-order estimate gives most weight; the one that moves a most is
  /// first.
  ///
  /// - Parameters:
  ///   - count: How many runs are tried, each with a fit of its own.
  ///   - pool: The threads to fit on.
  public func influence(of count: Int = 100, pool: ThreadPool = .shared) -> [RunInfluence] {
    let clusters = table.clusters
    let pull = FitConditioning(self).pull(residuals, delta: options.delta)
    let pulls = clusters.map { rows in rows.reduce(0) { $0 + pull[$1] } }
    let chosen = clusters.indices.sorted { (-pulls[$0], $0) < (-pulls[$1], $1) }.prefix(max(0, count)).map { $0 }
    let found = pool.map(chosen.count) { index in
      let rows = clusters[chosen[index]]
      let law = refitted(without: Set(rows))
      return RunInfluence(
        run: table.runs[rows[0]], rows: rows.count, without: law, growthChange: law.sizeGrowth - parameters.sizeGrowth)
    }
    return found.sorted { abs($0.growthChange) > abs($1.growthChange) }
  }

  /// The law without some rows, searched from the law with them.
  func refitted(without rows: Set<Int>) -> LogParameters {
    var objective = problem.objective
    objective.resample(problem.objective, weights: table.runs.indices.map { rows.contains($0) ? 0 : 1 })
    var minimizer = Minimizer()
    let end = minimizer.minimize(objective, from: objective.point(parameters), problem.constraint)
    return objective.parameters(end.point)
  }

  /// Runs whose residual is more than `limit` robust standard deviations from the median, the farthest first.
  ///
  /// The deviation is the median distance from the median, scaled (Rousseeuw and Croux 1993).
  public func outliers(beyond limit: Double = 6) -> [OutlyingRun] {
    let residuals = residuals
    let center = residuals.median
    let deviation = Statistics.robustDeviation(residuals, around: center)
    guard deviation > 1e-9 else { return [] }
    return zip(table.runs, residuals)
      .map { OutlyingRun(run: $0, residual: $1, deviations: ($1 - center) / deviation) }
      .filter { abs($0.deviations) > limit }
      .sorted { abs($0.deviations) > abs($1.deviations) }
  }
}

// What repeated data are worth: R_D* and R_N* of the data-constrained law (Muennighoff et al. 2023, arXiv:2305.16264,
// section 3), for given constants of the law without repetition. With U unique tokens seen R_D + 1 times,
// D' = U (1 + R_D* (1 − exp(−R_D / R_D*))), and likewise N' for parameters beyond those that U tokens can feed.
//
// Their own data do not identify the two: what is fitted is told with its profile, from where to where R_D* may be.

public import ApusCore

/// The value of repetition that fits a table best.
public struct RepetitionFit: Sendable {
  /// R_D*: after about so many repetitions, more bring little.
  public let dataConstant: Double
  /// R_N*: the same for parameters in excess.
  public let sizeConstant: Double
  /// The least value of the objective: the sum over runs of Huber's function of ln L̂ − ln L.
  public let objective: Double
  /// The least objective for each R_D* tried, ascending.
  public let profile: [FitProfile.Point]
  /// Up to which objective a value of R_D* is believed (FitProfile's limit).
  public let limit: Double
  /// The believed values of R_D*, with those that other laws without repetition would give where that law was fitted
  /// too; open where nothing in 1 to 1,000 is excluded.
  public let interval: ConfidenceInterval
  /// The law without repetition.
  public let law: LogParameters
  /// What was fitted.
  public let table: RunTable

  /// Fits.
  ///
  /// - Parameters:
  ///   - table: The runs, with their unique tokens.
  ///   - law: The law without repetition; nil: it is fitted with tied exponents, as the paper did, to the runs that saw
  ///     every token once.
  ///   - delta: Huber's δ.
  ///   - pool: The threads to search on.
  /// - Throws: A table without unique tokens, or too few runs without repetition.
  public init(
    _ table: RunTable, law: LogParameters? = nil, delta: Double = 1e-3, pool: ThreadPool = .shared
  ) throws(ApusError) {
    let once = law == nil ? try Self.fitWithoutRepetition(table, delta, pool) : nil
    guard let base = law ?? once?.parameters, let problem = RepetitionProblem(table, law: base, delta: delta) else {
      throw table.error(
        "no run says how many unique tokens it saw, or none repeats them",
        remedy: "give the column 'unique_tokens', the number of different tokens")
    }
    // The valley is narrow and bent: along it R_D* goes in steps, and R_N* is searched for each.
    let logs = (0...138).map { Double($0) / 138 * .log(1000) }
    let valley = pool.map(logs.count) { problem.bestSize(logData: logs[$0]) }
    let lowest = valley.indices.min { valley[$0].value < valley[$1].value } ?? 0
    var minimizer = Minimizer()
    let end = minimizer.minimize(problem, from: valley[lowest].point)
    let best = end.value < valley[lowest].value ? end : valley[lowest]
    dataConstant = .exp(best.point[0])
    sizeConstant = .exp(best.point[1])
    objective = best.value
    profile = zip(logs, valley).map { FitProfile.Point(value: .exp($0), objective: $1.value) }
    limit = best.value + problem.criticalRise(at: best.point)
    let believed = profile.filter { [limit] in $0.objective <= limit }.map(\.value) + [dataConstant]
    let drawn = once.map { Self.dataConstants(table, of: $0, from: best.point, pool) } ?? []
    interval = Self.range(believed + drawn)
    self.law = base
    self.table = table
  }

  /// What R_D* would be for the laws without repetition that resamples give: their middle 95 %.
  private static func dataConstants(
    _ table: RunTable, of once: ParametricFit, from start: FitVector, _ pool: ThreadPool
  ) -> [Double] {
    let laws = Bootstrap(once, resamples: 100, pool: pool).laws
    let found = pool.map(laws.count, scratch: { Minimizer() }) { index, minimizer -> Double in
      guard let problem = RepetitionProblem(table, law: laws[index], delta: once.options.delta) else { return .nan }
      return .exp(minimizer.minimize(problem, from: start, tolerance: .resample).point[0])
    }
    let sorted = found.filter { !$0.isNaN }.sorted()
    return [Statistics.quantile(sorted, 0.025), Statistics.quantile(sorted, 0.975)].filter { !$0.isNaN }
  }

  /// From the least to the greatest; what reaches the ends of what was tried is open.
  private static func range(_ values: [Double]) -> ConfidenceInterval {
    let least = values.min() ?? 0, most = values.max() ?? .infinity
    return ConfidenceInterval(least <= 1 ? 0 : least, most >= 999 ? .infinity : most)
  }

  /// The objective with given constants, for comparison with published ones.
  public func objective(dataConstant: Double, sizeConstant: Double, delta: Double = 1e-3) -> Double? {
    guard let problem = RepetitionProblem(table, law: law, delta: delta) else { return nil }
    var gradient = FitVector.zero
    return problem.value(at: RepetitionProblem.point(dataConstant, sizeConstant), gradient: &gradient)
  }

  /// Whether the data tell R_D*, in a sentence.
  public var findings: [FitHealth.Finding] {
    let lower = NumberText.short(interval.lower), upper = NumberText.short(interval.upper)
    let values = interval.upper.isFinite ? "from \(lower) to \(upper)" : "from \(lower) up"
    guard interval.isClosed, interval.upper <= 4 * interval.lower else {
      return [
        FitHealth.Finding(
          weight: .illPosed,
          text: "Ill-posed: R_D* cannot be told: any value \(values) fits as well within chance. Add runs of more "
            + "epochs, and of sizes that their unique tokens can feed.")
      ]
    }
    return [FitHealth.Finding(weight: .sound, text: "R_D* lies \(values).")]
  }

  private static func fitWithoutRepetition(
    _ table: RunTable, _ delta: Double, _ pool: ThreadPool
  ) throws(ApusError) -> ParametricFit {
    var once = table
    once.runs = table.runs.filter { run in run.uniqueTokens.map { run.tokens <= $0 * 1.001 } ?? true }
    let options = ParametricFitOptions(delta: delta, isTied: true, starts: .projection)
    return try ParametricFit(once, options, pool: pool)
  }
}

/// The objective in (ln R_D*, ln R_N*).
private struct RepetitionProblem: FitObjective, Sendable {
  /// A run as the law sees it.
  private struct Run {
    var unique: Double
    var repeats: Double
    var fed: Double
    var excess: Double
    var logLoss: Double
  }

  let law: LogParameters
  private let delta: Double
  private var runs: [Run] = []

  init?(_ table: RunTable, law: LogParameters, delta: Double) {
    self.law = law
    self.delta = delta
    guard table.runs.contains(where: { run in run.uniqueTokens.map { run.tokens > 1.001 * $0 } ?? false }) else {
      return nil
    }
    for run in table.runs {
      let unique = min(run.uniqueTokens ?? run.tokens, run.tokens)
      let fed = min(run.parameters, Self.sizeFed(by: unique, law))
      runs.append(
        Run(
          unique: unique, repeats: run.tokens / unique - 1, fed: fed, excess: run.parameters / fed - 1,
          logLoss: .log(run.loss)))
    }
  }

  /// The size for which `tokens` are the best number: N = G (C/6)^a and D = (C/6)^b / G.
  private static func sizeFed(by tokens: Double, _ law: LogParameters) -> Double {
    let growth = law.sizeGrowth
    let logRatio = (law.a - law.b + .log(law.alpha / law.beta)) / (law.alpha + law.beta)
    return .exp(logRatio + growth / (1 - growth) * (.log(tokens) + logRatio))
  }

  static func point(_ dataConstant: Double, _ sizeConstant: Double) -> FitVector {
    FitVector(.log(dataConstant), .log(sizeConstant), 0, 0, 0, 0, 0, 0)
  }

  /// What an amount counts that is `whole` once and `repeats` times more, and the slope of that by ln `constant`.
  private static func effective(_ whole: Double, _ repeats: Double, _ constant: Double) -> (
    value: Double, slope: Double
  ) {
    let share = repeats / constant, decay = Double.exp(-share)
    return (whole * (1 + constant * (1 - decay)), whole * constant * (1 - decay - share * decay))
  }

  func value(at point: FitVector, gradient: inout FitVector) -> Double {
    let (dataConstant, sizeConstant) = (Double.exp(point[0]), Double.exp(point[1]))
    var sum = 0.0
    gradient = .zero
    for run in runs {
      let data = Self.effective(run.unique, run.repeats, dataConstant)
      let size = Self.effective(run.fed, run.excess, sizeConstant)
      let dataTerm = Double.exp(law.b - law.beta * .log(data.value))
      let sizeTerm = Double.exp(law.a - law.alpha * .log(size.value))
      let loss = law.irreducible + dataTerm + sizeTerm
      let residual = Double.log(loss) - run.logLoss
      let slope = min(max(residual, -delta), delta)
      sum += slope * (residual - 0.5 * slope)
      gradient[0] -= slope / loss * law.beta * dataTerm * data.slope / data.value
      gradient[1] -= slope / loss * law.alpha * sizeTerm * size.slope / size.value
    }
    return sum
  }

  /// The best R_N* for a given R_D*, by golden section over a grid's best cell.
  func bestSize(logData: Double) -> Minimum {
    func trial(_ logSize: Double) -> Minimum {
      var gradient = FitVector.zero
      let point = FitVector(logData, logSize, 0, 0, 0, 0, 0, 0)
      return Minimum(point: point, value: value(at: point, gradient: &gradient), gradient: gradient)
    }
    let grid = (0...60).map { -3 + 10 * Double($0) / 60 }
    let values = grid.map { trial($0).value }
    let lowest = values.indices.min { values[$0] < values[$1] } ?? 0
    var (low, high) = (grid[max(0, lowest - 1)], grid[min(grid.count - 1, lowest + 1)])
    let ratio = (5.0.squareRoot() - 1) / 2
    while high - low > 1e-5 {
      let (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
      if trial(left).value < trial(right).value { high = right } else { low = left }
    }
    return trial((low + high) / 2)
  }

  /// As for a parametric fit.
  func criticalRise(at point: FitVector) -> Double {
    let (dataConstant, sizeConstant) = (Double.exp(point[0]), Double.exp(point[1]))
    let residuals = runs.map { run in
      let data = Self.effective(run.unique, run.repeats, dataConstant).value
      let size = Self.effective(run.fed, run.excess, sizeConstant).value
      return run.logLoss - .log(law.loss(parameters: size, tokens: data))
    }
    return HuberObjective.criticalRise(residuals, delta: delta, level: 0.95)
  }
}

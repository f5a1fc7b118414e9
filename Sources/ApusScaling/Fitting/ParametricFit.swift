// Chinchilla's third approach: the law L(N, D) = E + A / N^α + B / D^β that fits all runs best by Huber's measure of
// ln L (Hoffmann et al. 2022, arXiv:2203.15556, sections 3.3 and D.3), found from many starts. The objective is the sum
// over runs: the paper's mean made its optimiser stop early (Besiroglu et al. 2024, arXiv:2404.10102).

public import ApusCore

/// What a parametric fit is asked for.
public struct ParametricFitOptions: Sendable, Equatable {
  /// Huber's δ: residuals of ln L beyond it count by their size, not their square.
  public var delta = 1e-3
  /// Whether α = β, as in over-training laws (Gadre et al. 2024, arXiv:2403.08540): fewer numbers, steadier far away.
  public var isTied = false
  /// Where searches begin.
  public var starts = FitStarts.all

  /// The paper's choices, with both kinds of start.
  public init(delta: Double = 1e-3, isTied: Bool = false, starts: FitStarts = .all) {
    self.delta = delta
    self.isTied = isTied
    self.starts = starts
  }
}

/// The law that fits a table of runs.
public struct ParametricFit: Sendable {
  /// The law's constants.
  public let parameters: LogParameters
  /// The least value of the objective: the sum over runs of Huber's function.
  public let objective: Double
  /// How many starts were tried.
  public let starts: Int
  /// How many of them ended within 1e-4 of the least value.
  public let startsAtBest: Int
  /// What was fitted.
  public let table: RunTable
  /// How.
  public let options: ParametricFitOptions

  let problem: ParametricProblem

  /// Fits the law.
  ///
  /// - Parameters:
  ///   - table: The runs; at least one more than the law has constants, of two sizes and two numbers of tokens.
  ///   - options: Delta, tied exponents, starts.
  ///   - pool: The threads to search on; the result has the same bits for any number.
  /// - Throws: A table from which no law can be had at all.
  public init(
    _ table: RunTable, _ options: ParametricFitOptions = ParametricFitOptions(), pool: ThreadPool = .shared
  ) throws(ApusError) {
    try Self.check(table, options)
    let problem = ParametricProblem(table, options)
    let starts = problem.starts(options)
    let ends = pool.map(starts.count, scratch: { Minimizer() }) { index, minimizer in
      minimizer.minimize(problem.objective, from: starts[index], problem.constraint, tolerance: .coarse)
    }
    let best = problem.polish(ends)
    self.problem = problem
    self.table = table
    self.options = options
    parameters = problem.objective.parameters(best.point)
    objective = best.value
    self.starts = starts.count
    startsAtBest = ends.count { $0.value <= best.value * (1 + 1e-4) }
  }

  private static func check(_ table: RunTable, _ options: ParametricFitOptions) throws(ApusError) {
    guard options.delta > 0, options.delta.isFinite else {
      throw ApusError(.usage, "δ is \(options.delta)", remedy: "give a positive number, such as 0.001")
    }
    let needed = options.isTied ? 5 : 6
    if table.runs.count < needed {
      throw table.error(
        "\(table.runs.count) runs, too few for the \(needed - 1) constants of the law",
        remedy: "give \(needed) at the very least, and some dozens for intervals")
    }
    if let run = table.runs.first {
      if table.runs.allSatisfy({ $0.parameters == run.parameters }) {
        throw table.error(
          "every run has the one size N = \(NumberText.short(run.parameters)), which says nothing of A and α",
          column: .parameters, remedy: "add runs of other sizes")
      }
      if table.runs.allSatisfy({ $0.tokens == run.tokens }) {
        throw table.error(
          "every run has the one number of tokens D = \(NumberText.short(run.tokens)), which says nothing of B and β",
          column: .tokens, remedy: "add runs on other numbers of tokens")
      }
    }
  }

  /// ln of the run's loss less ln of the law's, for every run: positive where the run is worse than the law.
  public var residuals: [Double] {
    table.runs.map { run in
      .log(run.loss) - .log(parameters.loss(parameters: run.parameters, tokens: run.tokens))
    }
  }
}

/// The search of a fit: its objective, what must hold, where it begins.
struct ParametricProblem: Sendable {
  let objective: HuberObjective
  let constraint: FitConstraint
  let isTied: Bool

  init(_ table: RunTable, _ options: ParametricFitOptions) {
    let points = table.runs.map { SIMD3<Double>(.log($0.parameters), .log($0.tokens), .log($0.loss)) }
    objective = HuberObjective(points, delta: options.delta)
    isTied = options.isTied
    constraint = options.isTied ? .none.adding(FitVector(0, 0, 0, 1, -1, 0, 0, 0)) : .none
  }

  func starts(_ options: ParametricFitOptions) -> [FitVector] {
    let grid = options.starts == .projection ? [] : FitStarts.hoffmann(isTied: options.isTied).map(objective.point)
    let projected =
      options.starts == .grid ? [] : VariableProjection(objective).starts(16, isTied: options.isTied)
    return grid + projected
  }

  /// The least of the eight best ends of coarse searches, each searched on from.
  func polish(_ ends: [Minimum]) -> Minimum {
    let best = ends.indices.sorted { (ends[$0].value, $0) < (ends[$1].value, $1) }.prefix(8)
    var minimizer = Minimizer()
    let polished = best.map { minimizer.minimize(objective, from: ends[$0].point, constraint) }
    return polished.min { $0.value < $1.value } ?? Minimum(point: .zero, value: .infinity, gradient: .zero)
  }
}

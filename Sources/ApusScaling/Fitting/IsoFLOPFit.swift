// Chinchilla's second approach: for each budget a parabola of the loss in ln N, its lowest point, and a power law
// through the lowest points (Hoffmann et al. 2022, arXiv:2203.15556, section 3.2). It asks nothing of the loss's form,
// and says nothing of the loss elsewhere.

public import ApusCore

/// What an IsoFLOP fit is asked for.
public struct IsoFLOPOptions: Sendable, Equatable {
  /// Runs are left out whose loss is more than this many times the least of their budget: far from the lowest point the
  /// curve is no parabola. Porian et al. 2024 (arXiv:2406.19146) look at the neighbourhood alone, too.
  public var nearBest: Double?
  /// Budgets with fewer runs left are left out; a parabola through three says nothing of how sure it is.
  public var fewestRuns: Int
  /// By how much the FLOPs of one budget's runs may differ: sizes come in steps.
  public var budgetTolerance: Double

  /// Runs within 8 % of the best of their budget, at least four of them.
  public init(nearBest: Double? = 1.08, fewestRuns: Int = 4, budgetTolerance: Double = 0.05) {
    self.nearBest = nearBest
    self.fewestRuns = max(3, fewestRuns)
    self.budgetTolerance = budgetTolerance
  }
}

/// One budget's parabola.
public struct IsoFLOPCurve: Sendable, Equatable {
  /// The budget, in FLOPs: the geometric mean of its runs'.
  public let compute: Double
  /// The runs, by size.
  public let runs: [MeasuredRun]
  /// The loss is c₀ + c₁ x + c₂ x² with x = ln N.
  public let coefficients: [Double]
  /// Whether the lowest point lies between the smallest and the largest run, and the parabola opens upwards. Others are
  /// guesses and left out of the power law.
  public let isBracketed: Bool

  /// The best size.
  public var bestSize: Double { .exp(-coefficients[1] / (2 * coefficients[2])) }
  /// The loss there.
  public var leastLoss: Double {
    coefficients[0] - coefficients[1] * coefficients[1] / (4 * coefficients[2])
  }
  /// c₂: how fast the loss rises away from the best size.
  public var curvature: Double { coefficients[2] }

  /// The parabola's loss for a size.
  public func loss(parameters: Double) -> Double {
    let x = Double.log(parameters)
    return coefficients[0] + x * (coefficients[1] + x * coefficients[2])
  }

  /// The parabola of least squares; nil where the sizes are fewer than three.
  init?(_ runs: [MeasuredRun]) {
    let logs = runs.map { Double.log($0.parameters) }
    let center = Statistics.mean(logs)
    var (matrix, right) = ([[Double]](repeating: [0, 0, 0], count: 3), [0.0, 0, 0])
    for (log, run) in zip(logs, runs) {
      let x = log - center
      let powers = [1, x, x * x]
      for i in 0..<3 {
        for j in 0..<3 { matrix[i][j] += powers[i] * powers[j] }
        right[i] += powers[i] * run.loss
      }
    }
    guard Set(logs).count >= 3, let c = SymmetricMatrix.solve(matrix, right), c[2] != 0 else { return nil }
    self.runs = runs.sorted { $0.parameters < $1.parameters }
    compute = .exp(Statistics.mean(runs.map { .log($0.compute) }))
    coefficients = [c[0] - c[1] * center + c[2] * center * center, c[1] - 2 * c[2] * center, c[2]]
    let lowest = center - c[1] / (2 * c[2])
    isBracketed = c[2] > 0 && (logs.min() ?? 0) <= lowest && lowest <= (logs.max() ?? 0)
  }
}

/// The best size as a power of the budget, by parabolas.
public struct IsoFLOPFit: Sendable {
  /// The parabolas, by budget.
  public let curves: [IsoFLOPCurve]
  /// The power law.
  public let frontier: FrontierFit
  /// Budgets that were left out and why: sentences.
  public let notes: [String]
  /// What was fitted.
  public let table: RunTable

  /// Fits.
  ///
  /// - Parameters:
  ///   - table: The runs; of each budget several sizes.
  ///   - options: Which runs count.
  /// - Throws: A table in which fewer than two budgets have a lowest point.
  public init(_ table: RunTable, _ options: IsoFLOPOptions = IsoFLOPOptions()) throws(ApusError) {
    var (curves, notes) = ([IsoFLOPCurve](), [String]())
    for budget in Self.budgets(table.runs, tolerance: options.budgetTolerance) {
      let least = budget.map(\.loss).min() ?? 0
      let near = budget.filter { run in options.nearBest.map { run.loss <= $0 * least } ?? true }
      let name = "C = \(NumberText.short(budget[0].compute))"
      guard near.count >= options.fewestRuns, let curve = IsoFLOPCurve(near) else {
        notes.append("\(name) is left out: \(near.count) runs near its best, of \(options.fewestRuns) needed.")
        continue
      }
      curves.append(curve)
      if !curve.isBracketed { notes.append("\(name) is left out: its best size is not between its runs' sizes.") }
    }
    let bracketed = curves.filter(\.isBracketed)
    guard let frontier = FrontierFit(bracketed.map { (compute: $0.compute, parameters: $0.bestSize) }) else {
      throw table.error(
        "ill-posed: \(bracketed.count) budgets have a best size between their runs' sizes, and a power law needs two",
        remedy: "give runs of four sizes or more for each of several budgets, or fit the parametric law")
    }
    self.curves = curves
    self.frontier = frontier
    self.notes = notes
    self.table = table
  }

  /// The runs by budget, ascending: those whose FLOPs differ by less than the tolerance.
  private static func budgets(_ runs: [MeasuredRun], tolerance: Double) -> [[MeasuredRun]] {
    var budgets: [[MeasuredRun]] = []
    for run in runs.sorted(by: { ($0.compute, $0.line) < ($1.compute, $1.line) }) {
      if let first = budgets.last?.first, run.compute <= first.compute * (1 + tolerance) {
        budgets[budgets.count - 1].append(run)
      } else {
        budgets.append([run])
      }
    }
    return budgets
  }
}

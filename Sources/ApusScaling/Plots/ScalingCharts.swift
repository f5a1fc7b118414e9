// A law and a plan in pictures: curves at equal compute, the frontier with its band, contours of the loss, and what
// lifetime use makes of the cost. Numbers in, charts out; files are for the caller.

public import ApusCore

/// Charts of a law round a budget.
public struct ScalingCharts: Sendable {
  /// The law shown.
  public var law: ParametricLaw
  /// The budget in the middle, in FLOPs.
  public var compute: Double

  /// Charts of `law` round `compute`.
  public init(_ law: ParametricLaw, compute: Double) {
    self.law = law
    self.compute = compute
  }

  private var subtitle: String { "\(law.card.id): \(law.card.source)" }
  private var size: String { "parameters N, counting \(law.card.counts.rawValue)" }
  private func best(_ compute: Double) -> Allocation { law.optimum(compute: compute) }

  /// `count` values from `low` to `high` at equal ratios.
  private static func ladder(_ low: Double, _ high: Double, _ count: Int = 121) -> [Double] {
    (0..<count).map { low * Double.pow(high / low, Double($0) / Double(count - 1)) }
  }

  /// From a `factor` below `middle` to as far above it, and as far as the values marked.
  private static func around(_ middle: Double, _ factor: Double, _ marked: [Double]) -> ClosedRange<Double> {
    min(middle / factor, marked.min() ?? middle)...max(middle * factor, marked.max() ?? middle)
  }

  /// Loss against size for the budget and four round it, with the least of each.
  public var isoFLOP: SVGChart {
    let budgets = [0.01, 0.1, 1, 10, 100].map { $0 * compute }
    let curves = budgets.enumerated().map { index, budget in
      let middle = best(budget).parameters
      let points = Self.ladder(middle / 12, middle * 12).map {
        SVGChart.Point($0, law.loss(parameters: $0, tokens: budget / 6 / $0))
      }
      return SVGChart.Series(FormulaText.compute(budget), points, color: index)
    }
    let least = budgets.map { budget in
      let at = best(budget)
      return SVGChart.Point(at.parameters, law.loss(parameters: at.parameters, tokens: at.tokens))
    }
    return SVGChart(
      title: "Loss of every size at equal compute", subtitle: subtitle + "; each curve bears its FLOPs",
      x: .init(size, scale: .logarithmic), y: .init("loss", unit: law.card.unit.words),
      series: curves + [SVGChart.Series("least loss", least, mark: .points, color: 7)])
  }

  /// The best size against compute, with the 95 % interval where it is known, and other laws beside it.
  public var frontier: SVGChart {
    let budgets = Self.ladder(compute / 1e4, compute * 1e2, 49)
    let draws = law.uncertainty?.draws(of: law, count: 800) ?? []
    var series = [
      SVGChart.Series(law.card.id, budgets.map { SVGChart.Point($0, best($0).parameters) }, color: 0)
    ]
    let intervals = budgets.map { budget in
      ConfidenceInterval(percentilesOf: draws.map { $0.optimum(compute: budget).parameters })
    }
    for (name, edge) in [("97.5 %", \ConfidenceInterval.upper), ("2.5 %", \.lower)] where !draws.isEmpty {
      let points = zip(budgets, intervals).map { SVGChart.Point($0, $1?[keyPath: edge] ?? .nan) }
      series.append(SVGChart.Series(name, points, mark: .dashed, color: 0))
    }
    let others: [any ScalingLaw] = [LawLibrary.kaplan, LawLibrary.chinchilla1, LawLibrary.deepSeek, LawLibrary.llama3]
    for (index, other) in others.enumerated() where other.card.id != law.card.id {
      let points = budgets.map { SVGChart.Point($0, other.optimum(compute: $0).parameters) }
      series.append(SVGChart.Series(other.card.id, points, mark: .faint, color: index + 1))
    }
    return SVGChart(
      title: "The best size for a budget", subtitle: subtitle + "; dashed: its 95 % interval",
      x: .init("compute", unit: "FLOPs", scale: .logarithmic), y: .init(size, scale: .logarithmic), series: series,
      references: [SVGChart.Reference("budget", at: compute, direction: .vertical)])
  }

  /// Lines of equal loss over N and D, the frontier across them, and groups of runs.
  public func contours(_ runs: [(name: String, allocations: [Allocation])] = []) -> SVGChart {
    let middle = best(compute)
    let marked = runs.flatMap(\.allocations)
    let sizes = Self.around(middle.parameters, 100, marked.map(\.parameters))
    let tokens = Self.around(middle.tokens, 300, marked.map(\.tokens))
    let losses = [1e-3, 1e-2, 0.1, 1, 10, 100].map { scale -> Double in
      let at = best(compute * scale)
      return law.loss(parameters: at.parameters, tokens: at.tokens)
    }
    let lines = losses.enumerated().map { index, loss in
      let points = Self.ladder(sizes.lowerBound, sizes.upperBound).map {
        SVGChart.Point($0, law.tokens(parameters: $0, loss: loss) ?? .nan)
      }
      return SVGChart.Series("L = \(NumberText.fixed(loss, 2))", points, color: index)
    }
    let frontier = Self.ladder(compute / 1e4, compute * 1e3, 49).map { budget in
      SVGChart.Point(best(budget).parameters, best(budget).tokens)
    }
    let groups = runs.enumerated().map { index, run in
      SVGChart.Series(
        run.name, run.allocations.map { SVGChart.Point($0.parameters, $0.tokens) }, mark: .points, color: index + 1)
    }
    return SVGChart(
      title: "Equal loss over parameters and tokens", subtitle: subtitle,
      x: .init(size, scale: .logarithmic, range: sizes),
      y: .init("tokens D", scale: .logarithmic, range: tokens),
      series: lines + [SVGChart.Series("best", frontier, mark: .dashed, color: 7)] + groups)
  }

  /// Training and use together against the tokens in use: the training-optimal model, and the cheapest of its loss.
  public func lifetimeCost(inferenceWeight: Double = 1) -> SVGChart {
    let at = best(compute)
    let loss = law.loss(parameters: at.parameters, tokens: at.tokens)
    let uses = Self.ladder(at.tokens / 100, at.tokens * 1000, 61)
    let costs = uses.map { LifetimeCost(law, loss: loss, lifetimeTokens: $0, inferenceWeight: inferenceWeight) }
    func series(_ name: String, _ value: (LifetimeCost) -> Double, _ color: Int) -> SVGChart.Series {
      SVGChart.Series(
        name, zip(uses, costs).map { SVGChart.Point($0, $1.map(value) ?? .nan) }, color: color)
    }
    return SVGChart(
      title: "Cost of training and use at one loss", subtitle: "\(subtitle); loss \(NumberText.fixed(loss, 3))",
      x: .init("tokens in use", scale: .logarithmic),
      y: .init("training and use", unit: "FLOPs of training", scale: .logarithmic),
      series: [series("best for training", \.referenceCost, 1), series("cheapest in all", \.cost, 0)],
      references: [SVGChart.Reference("the budget", at: compute)])
  }
}

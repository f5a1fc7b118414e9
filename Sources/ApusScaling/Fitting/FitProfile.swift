// Profile likelihood: a constant of the law is held at one value after another, and all others are fitted again. Where
// the objective stays low, the runs cannot tell; an end that it never closes is an open one.
//
// The limit is the one that a likelihood-ratio test has for an M-estimator: objective + ½ χ²₁ E[ψ²]/E[ψ'] (Huber and
// Ronchetti 2009, "Robust Statistics", section 13.3); ψ = ρ' is the clipped residual. For squares it is ½ χ² σ².

import ApusCore

/// A quantity of the law that can be held.
public enum LawQuantity: String, Sendable, CaseIterable {
  /// α, the exponent of parameters.
  case alpha
  /// β, the exponent of tokens.
  case beta
  /// E, the loss that nothing removes.
  case irreducible = "E"
  /// a = β/(α + β), the exponent of compute in the best size.
  case growth = "a"

  /// Its value.
  public func value(_ law: LogParameters) -> Double {
    switch self {
    case .alpha: law.alpha
    case .beta: law.beta
    case .irreducible: law.irreducible
    case .growth: law.sizeGrowth
    }
  }

  /// The letter for it.
  var symbol: String {
    switch self {
    case .alpha: "α"
    case .beta: "β"
    case .irreducible, .growth: rawValue
    }
  }

  /// What it is, in words.
  var words: String {
    switch self {
    case .alpha: "α (what more parameters bring)"
    case .beta: "β (what more tokens bring)"
    case .irreducible: "E (the loss that nothing removes)"
    case .growth: "a (how the best size grows with compute)"
    }
  }
}

/// How the objective rises as one quantity leaves its best value.
public struct FitProfile: Sendable, Equatable {
  /// What is held.
  public let quantity: LawQuantity
  /// The values tried, ascending, and the least objective with each.
  public let points: [Point]
  /// Up to which objective values are believed.
  public let limit: Double
  /// The believed values.
  public let interval: ConfidenceInterval

  /// A value and the least objective with it.
  public struct Point: Sendable, Equatable {
    /// The value held.
    public let value: Double
    /// The least objective.
    public let objective: Double
  }
}

extension ParametricFit {
  /// Holds a quantity at values ever farther from its best one.
  ///
  /// - Parameters:
  ///   - quantity: What is held.
  ///   - level: How often the interval should hold the truth.
  public func profile(_ quantity: LawQuantity, level: Double = 0.95) -> FitProfile {
    let limit = objective + HuberObjective.criticalRise(residuals, delta: options.delta, level: level)
    let best = quantity.value(parameters)
    let scale = ProfileScale(quantity, leastLoss: table.runs.map(\.loss).min() ?? 1)
    var search = ProfileSearch(problem: problem, quantity: quantity, scale: scale, limit: limit)
    let center = ProfileSearch.Place(x: scale.place(best), point: problem.objective.point(parameters), value: objective)
    let (below, above) = (search.walk(from: center, by: -1), search.walk(from: center, by: 1))
    let points = (search.visited + [center]).sorted { $0.x < $1.x }
    return FitProfile(
      quantity: quantity, points: points.map { FitProfile.Point(value: scale.value($0.x), objective: $0.value) },
      limit: limit,
      interval: ConfidenceInterval(below.map(scale.value) ?? -.infinity, above.map(scale.value) ?? .infinity))
  }
}

extension HuberObjective {
  /// By how much an objective with these residuals at its minimum may rise before a value is doubted.
  static func criticalRise(_ residuals: [Double], delta: Double, level: Double) -> Double {
    let square = residuals.reduce(0) { $0 + min(abs($1), delta) * min(abs($1), delta) } / Double(residuals.count)
    // E[ψ'] is the share of residuals within δ. Where δ is far below the noise few are, so they are counted within a
    // bandwidth of the density's estimate (Silverman 1986, equation 3.31) and scaled.
    let spread = Statistics.robustDeviation(residuals, around: 0)
    let width = max(delta, 1.06 * spread * .pow(Double(residuals.count), -0.2))
    let within = Double(max(1, residuals.count { abs($0) <= width })) / Double(residuals.count)
    let z = Statistics.normalQuantile((1 + level) / 2)
    return 0.5 * z * z * square / (within * delta / width)
  }
}

/// Values of a quantity on a line without ends: exponents by their logarithm, shares by that of their odds.
private struct ProfileScale {
  let quantity: LawQuantity
  let leastLoss: Double

  init(_ quantity: LawQuantity, leastLoss: Double) {
    self.quantity = quantity
    self.leastLoss = leastLoss
  }

  /// How far a quantity may go before it counts as unbounded: exponents of 0.003 and 3, shares of 0.5 % and 99.5 %.
  var reach: ClosedRange<Double> {
    switch quantity {
    case .alpha, .beta: Double.log(0.003)...Double.log(3)
    case .irreducible, .growth: Double.log(0.005)...Double.log(200)
    }
  }

  func place(_ value: Double) -> Double {
    switch quantity {
    case .alpha, .beta: .log(max(value, 1e-6))
    case .irreducible: .log(max(value, 1e-9) / max(leastLoss - value, 1e-9))
    case .growth: .log(max(value, 1e-9) / max(1 - value, 1e-9))
    }
  }

  func value(_ place: Double) -> Double {
    switch quantity {
    case .alpha, .beta: .exp(place)
    case .irreducible: leastLoss / (1 + .exp(-place))
    case .growth: 1 / (1 + .exp(-place))
    }
  }
}

/// The walk away from the best value.
private struct ProfileSearch {
  struct Place {
    var x: Double
    var point: FitVector
    var value: Double
  }

  let problem: ParametricProblem
  let quantity: LawQuantity
  let scale: ProfileScale
  let limit: Double
  private(set) var visited: [Place] = []
  private var minimizer = Minimizer()

  init(problem: ParametricProblem, quantity: LawQuantity, scale: ProfileScale, limit: Double) {
    self.problem = problem
    self.quantity = quantity
    self.scale = scale
    self.limit = limit
  }

  /// Where the objective crosses the limit; nil where it does not within reach.
  mutating func walk(from center: Place, by direction: Double) -> Double? {
    var (inside, step) = (center, 0.02)
    while scale.reach.contains(inside.x) {
      let next = fit(at: inside.x + direction * step, from: inside)
      visited.append(next)
      if next.value > limit { return crossing(inside, next) }
      (inside, step) = (next, step * 1.4)
    }
    return nil
  }

  /// The crossing between two places by bisection.
  private mutating func crossing(_ inside: Place, _ outside: Place) -> Double {
    var (inside, outside) = (inside, outside)
    while abs(outside.x - inside.x) > 1e-3 * max(0.02, abs(outside.x)) {
      let middle = fit(at: (inside.x + outside.x) / 2, from: inside)
      visited.append(middle)
      if middle.value > limit { outside = middle } else { inside = middle }
    }
    return (inside.x + outside.x) / 2
  }

  /// The best law with the quantity held at `x`, searched from a neighbouring one.
  private mutating func fit(at x: Double, from neighbour: Place) -> Place {
    let value = scale.value(x)
    var (start, constraint) = (neighbour.point, problem.constraint)
    switch quantity {
    case .alpha:
      start[3] = value
      if problem.isTied { start[4] = value }
      constraint = constraint.adding(FitVector(0, 0, 0, 1, 0, 0, 0, 0))
    case .beta:
      start[4] = value
      if problem.isTied { start[3] = value }
      constraint = constraint.adding(FitVector(0, 0, 0, 0, 1, 0, 0, 0))
    case .irreducible:
      start[2] = .log(value)
      constraint = constraint.adding(FitVector(0, 0, 1, 0, 0, 0, 0, 0))
    case .growth:
      // β (1 − a) = α a is a line through the exponents.
      let sum = start[3] + start[4]
      (start[3], start[4]) = ((1 - value) * sum, value * sum)
      constraint = constraint.adding(FitVector(0, 0, 0, -value, 1 - value, 0, 0, 0))
    }
    let end = minimizer.minimize(problem.objective, from: start, constraint, tolerance: .resample)
    return Place(x: x, point: end.point, value: end.value)
  }
}

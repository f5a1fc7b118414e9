// A power law of the best size through optima at several budgets, N = k C^a: a straight line in logarithms by least
// squares, with the intervals of a straight line. Approaches 1 and 2 end in it.

import ApusCore

/// N = k C^a through optima.
public struct FrontierFit: Sendable, Equatable {
  /// How many optima it goes through.
  public let count: Int
  /// The budgets, in FLOPs, from the smallest to the largest.
  public let computes: (lower: Double, upper: Double)
  private let line: StraightLine

  /// The power law through optima of two budgets or more; nil for fewer.
  init?(_ optima: [(compute: Double, parameters: Double)]) {
    let computes = optima.map { Double.log($0.compute) }
    guard let line = StraightLine(computes, optima.map { .log($0.parameters) }) else { return nil }
    self.line = line
    count = optima.count
    self.computes = (.exp(computes.min() ?? 0), .exp(computes.max() ?? 0))
  }

  /// a, the exponent of compute in the best size.
  public var exponent: Double { line.slope }
  /// k, for C in FLOPs.
  public var coefficient: Double { .exp(line.intercept) }
  /// The standard error of a; infinite for two optima.
  public var exponentError: Double { line.slopeError }
  /// The standard deviation of ln N of the optima around the power law.
  public var scatter: Double { line.deviation }

  /// Where a lies with probability `level`, for optima that scatter alike.
  public func exponentInterval(level: Double = 0.95) -> ConfidenceInterval { line.slopeInterval(level: level) }

  /// The best use of a budget, under C = 6 N D.
  public func optimum(compute: Double) -> Allocation {
    let parameters = Double.exp(line.value(at: .log(compute)))
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// Where the best size lies with probability `level`.
  public func sizeInterval(compute: Double, level: Double = 0.95) -> ConfidenceInterval {
    let logs = line.valueInterval(at: .log(compute), level: level)
    return ConfidenceInterval(.exp(logs.lower), .exp(logs.upper))
  }

  /// Equal constants.
  public static func == (a: Self, b: Self) -> Bool { a.line == b.line && a.count == b.count }

  /// What speaks against believing it: sentences, the worst first.
  public func findings(level: Double = 0.95) -> [FitHealth.Finding] {
    var found: [FitHealth.Finding] = []
    let interval = exponentInterval(level: level)
    let (lower, upper) = (NumberText.fixed(interval.lower, 2), NumberText.fixed(interval.upper, 2))
    if interval.width > 0.3 {
      found.append(
        FitHealth.Finding(
          weight: .illPosed,
          text: "Ill-posed: \(count) budgets leave a anywhere from \(lower) to \(upper). Add budgets, farther apart."))
    } else if interval.width > 0.15 {
      found.append(
        FitHealth.Finding(weight: .doubtful, text: "a lies anywhere from \(lower) to \(upper). Add budgets."))
    }
    let span = computes.upper / computes.lower
    found.append(
      FitHealth.Finding(
        weight: span < 10 ? .doubtful : .sound,
        text: "\(count) budgets span a factor of \(NumberText.short(span)) in compute"
          + (span < 10 ? ", too little to extrapolate from." : ".")))
    return found
  }
}

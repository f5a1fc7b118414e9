// The few statistics that fits need: moments, quantiles, straight lines, and the distributions of Gauss and Student.

import ApusCore

/// Statistics of numbers.
enum Statistics {
  /// The arithmetic mean.
  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

  /// The standard deviation of a sample (n − 1); 0 for fewer than two values.
  static func deviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let mean = mean(values)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }

  /// The value below which `share` of the sorted values lie; between two of them by the straight line, as NumPy does.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }

  /// The standard deviation of normal errors that has their median distance from `center`, whatever a few others do.
  static func robustDeviation(_ values: [Double], around center: Double) -> Double {
    1.4826 * values.map { abs($0 - center) }.median
  }

  /// Pearson's correlation.
  static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (mx, my) = (mean(x), mean(y))
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      xx += (x - mx) * (x - mx)
      xy += (x - mx) * (y - my)
      yy += (y - my) * (y - my)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }

  /// How often a standard normal number is below `x`.
  static func normal(below x: Double) -> Double { 0.5 * .erfc(-x * 0.5.squareRoot()) }

  /// The number below which standard normal ones stay with `probability`, by bisection.
  static func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if normal(below: middle) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The number below which Student's t with `freedom` degrees stays with `probability` (Hill 1970, algorithm 396; the
  /// first two degrees in closed form).
  static func studentQuantile(_ probability: Double, freedom: Double) -> Double {
    if probability < 0.5 { return -studentQuantile(1 - probability, freedom: freedom) }
    let tail = 2 * (1 - probability)
    if freedom <= 1 { return 1 / Double.tan(tail * .pi / 2) }
    if freedom <= 2 { return (2 / (tail * (2 - tail)) - 2).squareRoot() }
    let a = 1 / (freedom - 0.5)
    let b = 48 / (a * a)
    var c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    let d = ((94.5 / (b + c) - 3) / b + 1) * (a * .pi / 2).squareRoot() * freedom
    var y = Double.pow(d * tail, 2 / freedom)
    if y > 0.05 + a {
      let x = normalQuantile(tail / 2)
      y = x * x
      if freedom < 5 { c += 0.3 * (freedom - 4.5) * (x + 0.6) }
      c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
      y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
      y = a * y * y
      y = y > 0.002 ? Double.exp(y) - 1 : 0.5 * y * y + y
    } else {
      y =
        ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1)
        * (freedom + 1) / (freedom + 2) + 1 / y
    }
    return (freedom * y).squareRoot()
  }
}

/// The straight line through points by least squares, and how sure it is.
struct StraightLine: Sendable, Equatable {
  /// The value at 0.
  let intercept: Double
  /// The rise.
  let slope: Double
  /// The standard error of the rise.
  let slopeError: Double
  /// The standard deviation of the points around the line.
  let deviation: Double
  private let meanX: Double
  private let spread: Double
  private let count: Int

  /// The line through two points or more of different x; errors are infinite with two.
  init?(_ x: [Double], _ y: [Double]) {
    let (mx, my) = (Statistics.mean(x), Statistics.mean(y))
    let spread = x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    guard x.count >= 2, spread > 1e-12 else { return nil }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / spread
    let squares = zip(x, y).reduce(0) { sum, point in
      let residual = point.1 - my - slope * (point.0 - mx)
      return sum + residual * residual
    }
    self.slope = slope
    intercept = my - slope * mx
    deviation = x.count > 2 ? (squares / Double(x.count - 2)).squareRoot() : .infinity
    slopeError = deviation / spread.squareRoot()
    (meanX, self.spread, count) = (mx, spread, x.count)
  }

  /// The line's value.
  func value(at x: Double) -> Double { intercept + slope * x }

  /// Where the rise lies with probability `level`, for normal errors of one size.
  func slopeInterval(level: Double) -> ConfidenceInterval { interval(slope, slopeError, level) }

  /// Where the line itself lies at `x`.
  func valueInterval(at x: Double, level: Double) -> ConfidenceInterval {
    let distance = x - meanX
    return interval(value(at: x), deviation * (1 / Double(count) + distance * distance / spread).squareRoot(), level)
  }

  private func interval(_ value: Double, _ error: Double, _ level: Double) -> ConfidenceInterval {
    guard count > 2 else { return ConfidenceInterval(-.infinity, .infinity) }
    let reach = error * Statistics.studentQuantile((1 + level) / 2, freedom: Double(count - 2))
    return ConfidenceInterval(value - reach, value + reach)
  }
}

// An interval that should hold a quantity's true value in a stated share of cases. An end may be open: then the data do
// not say how far the quantity goes.

/// From where to where a quantity may lie.
public struct ConfidenceInterval: Sendable, Equatable {
  /// The lower end; minus infinity where the data set none.
  public var lower: Double
  /// The upper end; infinity where the data set none.
  public var upper: Double

  /// An interval between two ends.
  public init(_ lower: Double, _ upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The percentiles between which `level` of the `values` lie, interpolated; nil for fewer than 40 of them.
  public init?(percentilesOf values: [Double], level: Double = 0.95) {
    let sorted = values.filter { !$0.isNaN }.sorted()
    guard sorted.count >= 40 else { return nil }
    let tail = (1 - level) / 2
    self.init(Statistics.quantile(sorted, tail), Statistics.quantile(sorted, 1 - tail))
  }

  /// The distance of the ends.
  public var width: Double { upper - lower }

  /// Whether both ends are numbers.
  public var isClosed: Bool { lower.isFinite && upper.isFinite }

  /// Whether the interval holds `value`.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

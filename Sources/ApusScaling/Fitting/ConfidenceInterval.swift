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

  /// The distance of the ends.
  public var width: Double { upper - lower }

  /// Whether both ends are numbers.
  public var isClosed: Bool { lower.isFinite && upper.isFinite }

  /// Whether the interval holds `value`.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

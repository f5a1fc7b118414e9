// The two numbers of a machine's rate from two measurements: a small shape, which shows the overhead, and a larger one,
// which shows the products. Two equations, two unknowns.

/// The time of training on one token of one shape.
public struct RateSample: Sendable, Equatable {
  /// What was trained.
  public var shape: TransformerShape
  /// The number of tokens that a token saw on average.
  public var context: Double
  /// The time of one token.
  public var secondsPerToken: Double

  /// States a measurement.
  public init(shape: TransformerShape, context: Double, secondsPerToken: Double) {
    self.shape = shape
    self.context = context
    self.secondsPerToken = secondsPerToken
  }

  fileprivate var flops: Double { shape.trainingFlops(context: context) }
  fileprivate var features: Double { Double(shape.layers * shape.width) }
}

extension MeasuredRate {
  /// The rate that explains both measurements. Where none does (a neighbour disturbed one of them), the larger shape's
  /// alone, without overhead.
  public init(small: RateSample, large: RateSample) {
    let determinant = large.flops * small.features - small.flops * large.features
    let perFlop = (large.secondsPerToken * small.features - small.secondsPerToken * large.features) / determinant
    let overhead = (large.flops * small.secondsPerToken - small.flops * large.secondsPerToken) / determinant
    if perFlop > 0, perFlop.isFinite, overhead >= 0, overhead.isFinite {
      self.init(flopsPerSecond: 1 / perFlop, overhead: overhead)
    } else {
      self.init(flopsPerSecond: large.flops / large.secondsPerToken, overhead: 0)
    }
  }
}

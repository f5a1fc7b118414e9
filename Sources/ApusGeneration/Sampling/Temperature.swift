// Temperature (Ackley, Hinton and Sejnowski 1985): probabilities proportional to exp(logit / T). Below 1 the likely
// become likelier, above 1 all become more alike.

/// Divides the logits by a temperature above 0; the limit 0 is `Greedy`.
public struct Temperature: Sampler {
  /// The divisor.
  public let value: Double

  /// A temperature above 0.
  public init(_ value: Double) {
    self.value = value
  }

  /// Divides every logit.
  public func apply(to candidates: inout Candidates) {
    candidates.divide(by: Float(value))
  }
}

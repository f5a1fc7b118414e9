// The most probable token, always.

/// Keeps the candidate with the greatest logit; of equal ones that with the lowest id.
public struct Greedy: Sampler {
  /// A greedy choice.
  public init() {}

  /// Leaves one candidate.
  public func apply(to candidates: inout Candidates) {
    guard let greatest = candidates.logits.max() else { return }
    candidates.keep(above: greatest, ties: 1)
  }
}

// Top-p or nucleus sampling (Holtzman et al. 2020): the smallest set of most probable tokens whose probabilities reach
// p. As in Hugging Face transformers a token goes when it and all less probable ones together have at most 1 − p. Which
// of several equally probable tokens stay is undefined there; here it is those with the lowest ids.

/// Keeps the most probable candidates whose probabilities together reach p; at least one.
public struct TopP: Sampler {
  /// The probability to reach, 0 ... 1.
  public let probability: Double

  /// A nucleus of this probability. At 1 only candidates whose probability underflows to 0 go.
  public init(_ probability: Double) {
    self.probability = probability
  }

  /// Takes candidates off a heap, most probable first, until the rest is small enough.
  public func apply(to candidates: inout Candidates) {
    let total = candidates.weigh()
    guard probability < 1 else { return dropImpossible(&candidates) }
    let removable = (1 - probability) * total
    rank(&candidates, above: removable)
    var rest = total
    var last: Float = 0
    var ties = 0
    while let (logit, index) = candidates.scratch.heap.pop() {
      if ties > 0 && rest <= removable { break }
      ties = logit == last && ties > 0 ? ties + 1 : 1
      last = logit
      rest -= Double(candidates.scratch.values[index])
    }
    if ties > 0 { candidates.keep(above: last, ties: ties) }
  }

  /// Puts on the heap what may stay: tokens that share the removable probability among all could not, even together.
  private func rank(_ candidates: inout Candidates, above removable: Double) {
    candidates.scratch.heap.removeAll()
    let least = Float(0.5 * removable / Double(max(1, candidates.count)))
    for index in candidates.scratch.values.indices {
      let weight = candidates.scratch.values[index]
      if weight >= 1 || weight > least { candidates.scratch.heap.push(candidates.logits[index], index) }
    }
  }

  private func dropImpossible(_ candidates: inout Candidates) {
    let weights = candidates.scratch.values
    candidates.keep { weights[$0] > 0 }
  }
}

// Top-k (Fan, Lewis and Dauphin 2018): only the k most probable tokens may come. As in Hugging Face transformers,
// tokens that tie with the k-th stay.

/// Keeps the k candidates with the greatest logits, and those that tie with the last of them.
public struct TopK: Sampler {
  /// How many stay; at least 1.
  public let count: Int

  /// Keeps `count` candidates; at least one.
  public init(_ count: Int) {
    self.count = max(1, count)
  }

  /// Finds the k-th greatest logit with a heap of k, then filters.
  public func apply(to candidates: inout Candidates) {
    guard count < candidates.count else { return }
    candidates.scratch.heap.removeAll()
    for logit in candidates.logits {  // negated: the least of the k greatest is on top
      if candidates.scratch.heap.count < count {
        candidates.scratch.heap.push(-logit, 0)
      } else if let top = candidates.scratch.heap.top, -logit < top {
        candidates.scratch.heap.pop()
        candidates.scratch.heap.push(-logit, 0)
      }
    }
    guard let top = candidates.scratch.heap.top else { return }
    candidates.keep(above: -top, ties: .max)
  }
}

// A sampler changes the distribution of the next token; several make a chain. The draw itself comes last and is not a
// sampler's business.

/// One step between the model's logits and the draw: it removes candidates or changes their logits.
public protocol Sampler: Sendable {
  /// Narrows or reweights; at least one candidate stays.
  func apply(to candidates: inout Candidates)
}

/// Samplers one after another.
public struct SamplerChain: Sampler {
  /// The steps, in their order.
  public let steps: [any Sampler]

  /// A chain of steps.
  public init(_ steps: [any Sampler]) {
    self.steps = steps
  }

  /// Applies each step to what the one before left.
  public func apply(to candidates: inout Candidates) {
    for step in steps { step.apply(to: &candidates) }
  }
}

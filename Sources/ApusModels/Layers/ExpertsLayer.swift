// A sparse mixture of experts in place of a block's feed-forward: a router sends each token to a few gated
// feed-forwards and mixes what they make of it; one more, the shared expert, may see every token (Qwen 2 MoE).

import ApusTensor

/// Router, experts and perhaps a shared expert.
struct ExpertsLayer: Sendable {
  /// The expert that every token passes; its output is weighted by the sigmoid of a projection to one value.
  struct Shared: Sendable {
    let feedForward: DenseFeedForward
    // [1, D].
    let gate: Parameter
  }

  let choices: Specification.Experts
  // [E, D].
  let router: Parameter
  let experts: [DenseFeedForward]
  let shared: Shared?

  init(_ name: String, _ choices: Specification.Experts, _ factory: ParameterFactory) {
    self.choices = choices
    router = factory.projection("\(name).router", choices.count, factory.specification.width, bias: false).weight
    experts = (0..<choices.count).map { DenseFeedForward("\(name).experts.\($0)", width: choices.width, factory) }
    guard choices.sharedWidth > 0 else {
      shared = nil
      return
    }
    shared = Shared(
      feedForward: DenseFeedForward("\(name).shared", width: choices.sharedWidth, factory),
      gate: factory.projection("\(name).sharedGate", 1, factory.specification.width, bias: false).weight)
  }
}

extension ExpertsLayer {
  func callAsFunction(_ x: Variable, in workspace: Workspace) -> Variable { x }
}

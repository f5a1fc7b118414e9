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
  // The experts' weights side by side, made once, and the function of their gates.
  private let gatesAndUps: [Parameter]
  private let downs: [Parameter]
  private let function: ActivationFunction

  init(_ name: String, _ choices: Specification.Experts, _ factory: ParameterFactory) {
    self.choices = choices
    router = factory.projection("\(name).router", choices.count, factory.specification.width, bias: false).weight
    function = factory.specification.feedForward.function
    experts = (0..<choices.count).map { DenseFeedForward("\(name).experts.\($0)", width: choices.width, factory) }
    gatesAndUps = experts.map(\.up.weight)
    downs = experts.map(\.down.weight)
    guard choices.sharedWidth > 0 else {
      shared = nil
      return
    }
    shared = Shared(
      feedForward: DenseFeedForward("\(name).shared", width: choices.sharedWidth, factory),
      gate: factory.projection("\(name).sharedGate", 1, factory.specification.width, bias: false).weight)
  }

  /// The weighted sum of what the experts make of each row: [T, D].
  func callAsFunction(_ x: Variable, in workspace: Workspace) -> Variable {
    let routing = ExpertRouting(expertsPerToken: choices.perToken, normalisesWeights: choices.normalisesWeights)
    let mixed = workspace.experts(
      x, router: router, gateUp: gatesAndUps, down: downs, function: function, routing: routing)
    guard let shared else { return mixed }
    let down = shared.feedForward.down
    let output = workspace.linear(shared.feedForward.inner(x, in: workspace), weight: down.weight, bias: down.bias)
    return workspace.sigmoidGated(output, by: workspace.linear(x, weight: shared.gate), residual: mixed)
  }
}

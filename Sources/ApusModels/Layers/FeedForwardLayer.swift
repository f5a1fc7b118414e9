// The feed-forward half of a block, plain or gated (gate and up projection are one product).

import ApusTensor

/// x + down(f(up(norm(x)))), or x + down(f(gate(norm(x))) · up(norm(x))).
struct FeedForwardLayer: Sendable {
  let layer: Int
  let kind: Specification.FeedForward
  let norm: NormWeights
  // [F, D], or [2F, D]: gate, then up.
  let up: Projection
  let down: Projection

  func callAsFunction(_ x: Variable, in workspace: Workspace) -> Variable {
    let normed = workspace.norm(x, norm)
    let inner: Variable
    switch kind {
    case .plain(let function):
      inner = workspace.linear(normed, weight: up.weight, bias: up.bias, function: function)
    case .gated(let function):
      inner = workspace.gated(workspace.linear(normed, weight: up.weight, bias: up.bias), function)
    }
    return workspace.projectIntoResidual(inner, down, x, site: DropoutSite.feedForward(layer: layer))
  }
}

// The feed-forward half of a block, plain or gated (gate and up projection are one product).

import ApusTensor

/// down(f(up(x))), or down(f(gate(x)) · up(x)).
struct DenseFeedForward: Sendable {
  let kind: Specification.FeedForward
  // [F, D], or [2F, D]: gate, then up.
  let up: Projection
  let down: Projection

  init(_ name: String, width: Int, _ factory: ParameterFactory) {
    let spec = factory.specification
    kind = spec.feedForward
    let gate = if case .gated = spec.feedForward { 2 } else { 1 }
    up = factory.projection("\(name).up", gate * width, spec.width, bias: spec.biases.feedForward)
    down = factory.projection("\(name).down", spec.width, width, bias: spec.biases.feedForward)
  }

  /// What `down` projects: [T, F].
  func inner(_ x: Variable, in workspace: Workspace) -> Variable {
    switch kind {
    case .plain(let function): workspace.linear(x, weight: up.weight, bias: up.bias, function: function)
    case .gated(let function): workspace.gated(workspace.linear(x, weight: up.weight, bias: up.bias), function)
    }
  }
}

/// The feed-forward half of a block.
struct FeedForwardLayer: Sendable {
  /// What does the work.
  enum Kind: Sendable {
    case dense(DenseFeedForward)
    case experts(ExpertsLayer)
  }

  let layer: Int
  let norms: SublayerNorms
  let kind: Kind

  init(layer: Int, sharing shared: NormWeights?, _ factory: ParameterFactory) {
    let spec = factory.specification
    let name = "layers.\(layer).feedForward"
    self.layer = layer
    norms = factory.norms(name, sharing: shared)
    if let experts = spec.experts, spec.hasExperts(layer: layer) {
      kind = .experts(ExpertsLayer(name, experts, factory))
    } else {
      kind = .dense(DenseFeedForward(name, width: spec.feedForwardWidth, factory))
    }
  }

  /// The residual stream with what the half makes of `normed`, which is what it reads of it, added.
  func callAsFunction(_ normed: Variable, addedTo x: Variable, in workspace: Workspace) -> Variable {
    let site = DropoutSite.feedForward(layer: layer)
    switch kind {
    case .dense(let dense):
      return workspace.add(dense.inner(normed, in: workspace), dense.down, to: x, norms, site: site)
    case .experts(let experts):
      return workspace.add(experts(normed, in: workspace), to: x, norms, site: site)
    }
  }
}

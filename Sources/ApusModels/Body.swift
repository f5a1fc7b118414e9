// What a model's body is to the rest: parameters, hidden states of a batch, and the way from these to logits.

import ApusTensor

/// Is given the residual stream, `[T, D]`, behind so many blocks.
typealias Observer = (_ blocks: Int, _ values: Tensor) -> Void

/// A decoder or an encoder with its parameters.
protocol Body: Sendable {
  var specification: Specification { get }
  /// Each learned parameter once, in a fixed order.
  var parameters: [Parameter] { get }
  /// The weights that activations are multiplied by.
  var multiplied: [Parameter] { get }
  /// The projection to the vocabulary; nil for an encoder that came without a head.
  var output: OutputProjection? { get }

  /// The workspace's batch's last hidden states, `[T, D]`; shows what enters the first block and what each gives.
  func hidden(in workspace: Workspace, showing: Observer?) -> Variable
  /// What the projection to the vocabulary multiplies, from the last hidden states.
  func outputInput(_ hidden: Variable, in workspace: Workspace) -> Variable
}

extension Body {
  /// Runs the blocks one after the other; without a tape what a block makes on the way is taken back at its end.
  func run(_ blocks: [Block], _ x: Variable, in workspace: Workspace, showing: Observer?) -> Variable {
    var x = x
    showing?(0, x.value)
    for (layer, block) in blocks.enumerated() {
      workspace.releasingActivations { x = block(x, in: workspace) }
      showing?(layer + 1, x.value)
    }
    return x
  }

  /// The blocks of the specification.
  static func blocks(_ factory: ParameterFactory) -> [Block] {
    let spec = factory.specification
    var (global, local): (RotaryTables?, RotaryTables?)
    if case .rotary(let rotation, let localRotation) = spec.positions {
      global = rotation.makeTables()
      local = localRotation?.makeTables() ?? global
    }
    return (0..<spec.layers).map { layer in
      Block(layer: layer, rotary: spec.attention.isLocal(layer: layer) ? local : global, factory)
    }
  }
}

// Multi-head self-attention with grouped key-value heads: one fused projection to queries, keys and values, norms of
// queries and keys where there are any, rotation where positions are rotary, attention over the segments, and the
// projection back.

import ApusTensor

/// The attention half of a block.
struct SelfAttention: Sendable {
  let layer: Int
  let shape: AttentionShape
  let norms: SublayerNorms
  // [(H + 2K) head, D]: queries, then keys, then values.
  let queriesKeysValues: Projection
  let queryKeyNorm: QueryKeyNormWeights?
  let output: Projection
  let rotary: RotaryTables?

  init(layer: Int, rotary: RotaryTables?, _ factory: ParameterFactory) {
    let spec = factory.specification
    let name = "layers.\(layer).attention"
    self.layer = layer
    self.rotary = rotary
    shape = spec.attentionShape(layer: layer)
    norms = factory.norms(name)
    queriesKeysValues = factory.projection(
      "\(name).qkv", shape.fusedWidth, spec.width, bias: spec.biases.queriesKeysValues)
    queryKeyNorm = Self.queryKeyNorm(name, factory)
    output = factory.projection(
      "\(name).output", spec.width, spec.heads * spec.headWidth, bias: spec.biases.attentionOutput)
  }

  private static func queryKeyNorm(_ name: String, _ factory: ParameterFactory) -> QueryKeyNormWeights? {
    let spec = factory.specification
    let (queries, keys): (Int, Int)
    switch spec.attention.queryKeyNorm {
    case .none: return nil
    case .eachHead: (queries, keys) = (spec.headWidth, spec.headWidth)
    case .allHeads: (queries, keys) = (spec.heads * spec.headWidth, spec.keyValueHeads * spec.headWidth)
    }
    return QueryKeyNormWeights(
      query: factory.norm("\(name).queryNorm", width: queries), key: factory.norm("\(name).keyNorm", width: keys))
  }

  /// The residual stream with the attention to `normed`, which is what the half reads of it, added.
  func callAsFunction(_ normed: Variable, addedTo x: Variable, in workspace: Workspace) -> Variable {
    var fused = workspace.linear(normed, weight: queriesKeysValues.weight, bias: queriesKeysValues.bias)
    if let queryKeyNorm { fused = workspace.queryKeyNorm(fused, queryKeyNorm, shape: shape) }
    if let rotary { fused = workspace.rotary(fused, tables: rotary, shape: shape) }
    let mixed = workspace.attention(fused, shape: shape, layer: layer, site: DropoutSite.attention(layer: layer))
    return workspace.add(mixed, output, to: x, norms, site: DropoutSite.attentionOutput(layer: layer))
  }
}

/// The places of a body where dropout draws, told apart by a number.
enum DropoutSite {
  static let embedding: UInt32 = 0
  static func attention(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 1 + 3 * layer) }
  static func attentionOutput(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 2 + 3 * layer) }
  static func feedForward(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 3 + 3 * layer) }
}

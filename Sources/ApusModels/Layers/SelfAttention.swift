// Multi-head self-attention with grouped key-value heads: one fused projection to queries, keys and values, rotation where
// positions are rotary, attention over the segments, and the projection back into the residual stream.

import ApusTensor

/// x + output(attention(qkv(norm(x)))).
struct SelfAttention: Sendable {
  let layer: Int
  let shape: AttentionShape
  let norm: NormWeights
  // [(H + 2K) head, D]: queries, then keys, then values.
  let queriesKeysValues: Projection
  let output: Projection
  let rotary: RotaryTable?

  func callAsFunction(_ x: Variable, in workspace: Workspace) -> Variable {
    let normed = workspace.norm(x, norm)
    var fused = workspace.linear(normed, weight: queriesKeysValues.weight, bias: queriesKeysValues.bias)
    if let rotary { fused = workspace.rotary(fused, table: rotary, shape: shape) }
    let mixed = workspace.attention(fused, shape: shape, layer: layer, site: DropoutSite.attention(layer: layer))
    return workspace.projectIntoResidual(mixed, output, x, site: DropoutSite.attentionOutput(layer: layer))
  }
}

/// The places of a decoder where dropout draws, told apart by a number.
enum DropoutSite {
  static let embedding: UInt32 = 0
  static func attention(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 1 + 3 * layer) }
  static func attentionOutput(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 2 + 3 * layer) }
  static func feedForward(layer: Int) -> UInt32 { UInt32(truncatingIfNeeded: 3 + 3 * layer) }
}

extension Workspace {
  // residual + dropout(projection(x)), fused into the product where nothing is dropped.
  func projectIntoResidual(_ x: Variable, _ projection: Projection, _ residual: Variable, site: UInt32) -> Variable {
    guard hasDropout else {
      return linear(x, weight: projection.weight, bias: projection.bias, residual: residual)
    }
    return dropout(linear(x, weight: projection.weight, bias: projection.bias), residual: residual, site: site)
  }
}

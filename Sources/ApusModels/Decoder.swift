// The decoder body (Vaswani et al. 2017; pre-norm as in Radford et al. 2019 and Touvron et al. 2023): embeddings, blocks of
// attention and feed-forward, a last norm. One body for every architecture that is data on it, and one forward pass for
// training and generation. It knows no checkpoint's names.

import ApusTensor

/// Parameters and forward pass of a decoder.
struct Decoder: Sendable {
  let specification: Specification
  let tokens: Parameter
  let positions: Parameter?
  let blocks: [Block]
  let finalNorm: NormWeights
  /// `[V, D]`; the token embedding where they are tied.
  let output: Parameter

  /// One block.
  struct Block: Sendable {
    let attention: SelfAttention
    let feedForward: FeedForwardLayer
  }

  /// A decoder whose parameters `make` provides, asked in an order that is part of no contract.
  init(_ specification: Specification, parameters make: (ParameterShape) -> Parameter) {
    self.specification = specification
    let spec = specification
    tokens = make(ParameterShape("embedding.tokens", spec.vocabulary, spec.width))
    positions =
      spec.positions == .learned ? make(ParameterShape("embedding.positions", spec.context, spec.width)) : nil
    let rotary = Self.rotaryTable(spec)
    blocks = (0..<spec.layers).map { Self.block($0, spec, rotary, make) }
    finalNorm = Self.norm("norm", spec, make)
    output = spec.tiedOutput ? tokens : make(ParameterShape("output", spec.vocabulary, spec.width))
  }

  /// Each parameter once.
  var parameters: [Parameter] {
    var all = [tokens]
    if let positions { all.append(positions) }
    for block in blocks {
      all += Self.parameters(block.attention.norm)
      all += [block.attention.queriesKeysValues, block.attention.output].flatMap(Self.parameters)
      all += Self.parameters(block.feedForward.norm)
      all += [block.feedForward.up, block.feedForward.down].flatMap(Self.parameters)
    }
    all += Self.parameters(finalNorm)
    if output !== tokens { all.append(output) }
    return all
  }

  /// Whether activations are multiplied by the parameter, as opposed to gathered from or added.
  func multiplies(_ parameter: Parameter) -> Bool {
    parameter === output || (parameter.decays && parameter !== tokens && parameter !== positions)
  }

  /// The batch's last hidden states, after the final norm: [T, D].
  func hidden(in workspace: Workspace) -> Variable {
    var x = workspace.embedding(tokens, positions: positions)
    if workspace.hasDropout { x = workspace.dropout(x, site: DropoutSite.embedding) }
    for block in blocks {
      workspace.releasingActivations {
        x = block.feedForward(block.attention(x, in: workspace), in: workspace)
      }
    }
    return workspace.norm(x, finalNorm)
  }

  private static func block(
    _ layer: Int, _ spec: Specification, _ rotary: RotaryTable?, _ make: (ParameterShape) -> Parameter
  ) -> Block {
    let name = "layers.\(layer)"
    let shape = spec.attentionShape
    let mixedWidth = spec.heads * spec.headWidth
    let gate = if case .gated = spec.feedForward { 2 } else { 1 }
    let biases = spec.biases
    return Block(
      attention: SelfAttention(
        layer: layer, shape: shape, norm: norm("\(name).attention.norm", spec, make),
        queriesKeysValues: projection(
          "\(name).attention.qkv", shape.fusedWidth, spec.width, biases.queriesKeysValues, make),
        output: projection("\(name).attention.output", spec.width, mixedWidth, biases.attentionOutput, make),
        rotary: rotary),
      feedForward: FeedForwardLayer(
        layer: layer, kind: spec.feedForward, norm: norm("\(name).feedForward.norm", spec, make),
        up: projection(
          "\(name).feedForward.up", gate * spec.feedForwardWidth, spec.width, biases.feedForward, make),
        down: projection("\(name).feedForward.down", spec.width, spec.feedForwardWidth, biases.feedForward, make)))
  }

  private static func norm(
    _ name: String, _ spec: Specification, _ make: (ParameterShape) -> Parameter
  ) -> NormWeights {
    NormWeights(
      kind: spec.norm, gain: make(ParameterShape("\(name).gain", spec.width)),
      bias: spec.biases.norms ? make(ParameterShape("\(name).bias", spec.width)) : nil, epsilon: Float(spec.normEpsilon)
    )
  }

  private static func projection(
    _ name: String, _ rows: Int, _ columns: Int, _ bias: Bool, _ make: (ParameterShape) -> Parameter
  ) -> Projection {
    Projection(
      weight: make(ParameterShape("\(name).weight", rows, columns)),
      bias: bias ? make(ParameterShape("\(name).bias", rows)) : nil)
  }

  private static func rotaryTable(_ spec: Specification) -> RotaryTable? {
    guard case .rotary(let base) = spec.positions else { return nil }
    return RotaryTable(base: base, rotatedWidth: spec.headWidth)
  }

  private static func parameters(_ norm: NormWeights) -> [Parameter] { [norm.gain] + (norm.bias.map { [$0] } ?? []) }

  private static func parameters(_ projection: Projection) -> [Parameter] {
    [projection.weight] + (projection.bias.map { [$0] } ?? [])
  }
}

/// A parameter's name and shape, before it has values.
struct ParameterShape {
  let name: String
  let rows: Int
  let columns: Int
  let isMatrix: Bool

  init(_ name: String, _ rows: Int, _ columns: Int) {
    self.name = name
    self.rows = rows
    self.columns = columns
    isMatrix = true
  }

  init(_ name: String, _ count: Int) {
    self.name = name
    rows = 1
    columns = count
    isMatrix = false
  }
}

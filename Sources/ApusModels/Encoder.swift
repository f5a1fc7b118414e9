// The encoder body (Devlin et al. 2019): the decoder's blocks with attention in both directions, embeddings of token
// types, a norm of the embeddings, a head that predicts masked tokens, and a pooler. It knows no checkpoint's names.

import ApusTensor

/// Parameters and forward pass of an encoder.
struct Encoder: Body {
  /// norm(f(dense(x))), before the projection to the vocabulary.
  struct Head: Sendable {
    let dense: Projection
    let function: ActivationFunction
    let norm: NormWeights
  }

  let specification: Specification
  let embedding: EmbeddingTables
  let embeddingNorm: NormWeights
  let blocks: [Block]
  let head: Head?
  let output: OutputProjection?
  let pooler: Projection?
  let parameters: [Parameter]
  let multiplied: [Parameter]

  /// An encoder whose parameters `make` provides.
  init(_ factory: ParameterFactory, _ choices: Specification.EncoderChoices) {
    specification = factory.specification
    let width = specification.width
    embedding = factory.embedding(types: choices.tokenTypes)
    embeddingNorm = factory.norm("embedding.norm")
    blocks = Self.blocks(factory)
    head = choices.maskedHead.map { function in
      Head(
        dense: factory.projection("head.dense", width, width, bias: true), function: function,
        norm: factory.norm("head.norm"))
    }
    output = head == nil ? nil : factory.output(tiedTo: embedding.tokens)
    pooler = choices.hasPooler ? factory.projection("pooler", width, width, bias: true) : nil
    parameters = factory.parameters
    multiplied = factory.multiplied
  }

  func hidden(in workspace: Workspace, showing: Observer?) -> Variable {
    var x = workspace.norm(workspace.embedding(embedding), embeddingNorm, replacing: true)
    if workspace.hasDropout { x = workspace.dropout(x, site: DropoutSite.embedding) }
    return run(blocks, x, in: workspace, showing: showing)
  }

  func outputInput(_ hidden: Variable, in workspace: Workspace) -> Variable {
    guard let head else { return hidden }
    let x = workspace.linear(hidden, weight: head.dense.weight, bias: head.dense.bias, function: head.function)
    return workspace.norm(x, head.norm, replacing: true)
  }

  /// tanh(pooler(x)) of one row of the last hidden states, `[1, D]`; nil where there is no pooler.
  func pooled(_ hidden: Variable, row: Int, in workspace: Workspace) -> Tensor? {
    guard let pooler else { return nil }
    // A cap of 1 is the hyperbolic tangent.
    let projection = OutputProjection(weight: pooler.weight, bias: pooler.bias, softCap: 1)
    return workspace.logits(workspace.rows(row..<row + 1, of: hidden), projection)
  }
}

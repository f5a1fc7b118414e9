// The decoder body (Vaswani et al. 2017; Radford et al. 2018): embeddings, blocks of attention and feed-forward, a last
// norm. One body for every architecture that is data on it, and one forward pass for training and generation. It knows
// no checkpoint's names.

import ApusTensor

/// Parameters and forward pass of a decoder.
struct Decoder: Body {
  let specification: Specification
  let embedding: EmbeddingTables
  let blocks: [Block]
  let finalNorm: NormWeights?
  let projection: OutputProjection
  let parameters: [Parameter]
  let multiplied: [Parameter]

  var output: OutputProjection? { projection }

  /// A decoder whose parameters `make` provides.
  init(_ factory: ParameterFactory) {
    specification = factory.specification
    embedding = factory.embedding()
    blocks = Self.blocks(factory)
    finalNorm = specification.hasFinalNorm ? factory.norm("norm") : nil
    projection = factory.output(tiedTo: embedding.tokens)
    parameters = factory.parameters
    multiplied = factory.multiplied
  }

  func hidden(in workspace: Workspace, showing: Observer?) -> Variable {
    var x = workspace.embedding(embedding)
    if workspace.hasDropout { x = workspace.dropout(x, site: DropoutSite.embedding) }
    x = run(blocks, x, in: workspace, showing: showing)
    return finalNorm.map { workspace.norm(x, $0) } ?? x
  }

  func outputInput(_ hidden: Variable, in workspace: Workspace) -> Variable { hidden }
}

// What a model costs: parameters, and floating-point operations per token by the counting of Kaplan et al. (2020) and
// nanoGPT: 2 for each multiply-add, forward and twice that backward, products with weights plus attention.

import ApusTensor

/// Counts that follow from the shapes alone.
extension Specification {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int {
    let attention = attentionShape.fusedWidth * (width + (biases.queriesKeysValues ? 1 : 0))
    let attentionOutput = width * (heads * headWidth + (biases.attentionOutput ? 1 : 0))
    let norm = width * (biases.norms ? 2 : 1)
    let block = attention + attentionOutput + feedForwardCount + 2 * norm
    return embeddingCount + layers * block + norm
  }

  /// Learned values outside the embeddings of tokens and positions and the output projection.
  public var parameterCountWithoutEmbeddings: Int { parameterCount - embeddingCount }

  /// Floating-point operations of training on one token in sequences of `context` tokens: 6 for each value that a token
  /// is multiplied by (embeddings of positions are only added), plus attention over the whole context, 12 L D context.
  public func trainingFlopsPerToken(context: Int) -> Double {
    let multiplied = parameterCountWithoutEmbeddings + vocabulary * width
    return 6 * Double(multiplied) + 12 * Double(layers * heads * headWidth) * Double(context)
  }

  private var embeddingCount: Int {
    vocabulary * width * (tiedOutput ? 1 : 2) + (positions == .learned ? context * width : 0)
  }

  private var feedForwardCount: Int {
    let gate = if case .gated = feedForward { 2 } else { 1 }
    let biasCount = biases.feedForward ? gate * feedForwardWidth + width : 0
    return (gate + 1) * feedForwardWidth * width + biasCount
  }
}

extension Model {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int { specification.parameterCount }
}

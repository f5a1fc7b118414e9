// What a transformer costs: parameters by kind and floating-point operations a token, each by a named convention.
// Multiply and add count as two; a backward pass costs two forward passes (Kaplan et al. 2020, arXiv:2001.08361,
// section 2.1).

/// The dimensions of a decoder that decide its cost.
public struct TransformerShape: Sendable, Hashable {
  /// The number of layers.
  public var layers: Int
  /// The model's width, D.
  public var width: Int
  /// The number of query heads.
  public var heads: Int
  /// The number of key and value heads.
  public var keyValueHeads: Int
  /// The inner width of the feed-forward part.
  public var feedForward: Int
  /// Whether the feed-forward part is gated (three matrices) or not (two).
  public var isGated: Bool
  /// The number of tokens in the vocabulary.
  public var vocabulary: Int
  /// Whether the output projection is the embedding matrix.
  public var isTied: Bool

  /// Makes a shape.
  public init(
    layers: Int, width: Int, heads: Int, keyValueHeads: Int? = nil, feedForward: Int, isGated: Bool = true,
    vocabulary: Int,
    isTied: Bool = true
  ) {
    self.layers = layers
    self.width = width
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.feedForward = feedForward
    self.isGated = isGated
    self.vocabulary = vocabulary
    self.isTied = isTied
  }

  /// The matrices of all layers.
  public var blockParameters: Int {
    let headWidth = heads > 0 ? width / heads : 0
    let attention = 2 * width * heads * headWidth + 2 * width * keyValueHeads * headWidth
    return layers * (attention + (isGated ? 3 : 2) * width * feedForward)
  }

  /// The norms' gains, without biases.
  public var normParameters: Int { (2 * layers + 1) * width }

  /// The table of token embeddings.
  public var embeddingParameters: Int { vocabulary * width }

  /// Everything that is stored.
  public var parameters: Int { blockParameters + normParameters + embeddingParameters * (isTied ? 1 : 2) }

  /// N as the planner counts it: all matrices that multiply, the output projection included, the table of embeddings
  /// that is only looked up not. In tiny models the output is a large part of the work, so leaving it out (Kaplan) or
  /// counting both distorts most.
  public var workingParameters: Int { blockParameters + embeddingParameters }

  /// Operations of training on one token that sees `context` tokens on average: 6 a working parameter and 12 a layer,
  /// feature and key.
  public func trainingFlops(context: Double) -> Double {
    6 * Double(workingParameters) + 12 * Double(layers * width) * context
  }
}

// The dimensions of a decoder and, exactly, the parameters they make: by kind, in every way of counting them. It knows
// no published model and no time.

/// The dimensions of a decoder that decide its cost.
public struct TransformerShape: Sendable, Hashable {
  /// Feed-forward parts of which each token uses some.
  public struct Experts: Sendable, Hashable {
    /// The number of experts of a layer, E.
    public var count: Int
    /// How many of them a token uses.
    public var active: Int

    /// States the experts of a layer.
    public init(count: Int, active: Int) {
      self.count = count
      self.active = active
    }
  }

  /// The number of layers.
  public var layers: Int
  /// The model's width, D.
  public var width: Int
  /// The number of query heads.
  public var heads: Int
  /// The number of key and value heads.
  public var keyValueHeads: Int
  /// The features of a head.
  public var headWidth: Int
  /// The inner width of the feed-forward part, or of one expert.
  public var feedForward: Int
  /// Whether the feed-forward part is gated (three matrices) or not (two).
  public var isGated: Bool
  /// The number of tokens in the vocabulary.
  public var vocabulary: Int
  /// Whether the output projection is the embedding matrix.
  public var isTied: Bool
  /// The experts of each layer; nil for a dense model.
  public var experts: Experts?
  /// Positions with a learnt embedding; none for rotary ones.
  public var positions = 0
  /// Whether all matrices of the layers have biases.
  public var hasBiases = false
  /// Whether the query, key and value matrices have biases (alone, or with all others).
  public var hasQueryBiases = false
  /// Whether norms have a bias beside their gain.
  public var hasNormBiases = false
  /// Whether each head's queries and keys are normed, with a gain for each feature of a head.
  public var hasHeadNorms = false

  /// Makes a shape; heads are as wide as divides the width among them, unless said otherwise.
  public init(
    layers: Int, width: Int, heads: Int, keyValueHeads: Int? = nil, headWidth: Int? = nil, feedForward: Int,
    isGated: Bool = true, vocabulary: Int, isTied: Bool = true, experts: Experts? = nil
  ) {
    self.layers = layers
    self.width = width
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headWidth = headWidth ?? (heads > 0 ? width / heads : 0)
    self.feedForward = feedForward
    self.isGated = isGated
    self.vocabulary = vocabulary
    self.isTied = isTied
    self.experts = experts
  }
}

// MARK: - Parts

extension TransformerShape {
  /// The features of all query heads of a layer.
  var attentionWidth: Int { heads * headWidth }

  private var attentionParameters: Int { 2 * width * attentionWidth + 2 * width * keyValueHeads * headWidth }

  private var expertParameters: Int { (isGated ? 3 : 2) * width * feedForward }

  private var feedForwardParameters: Int {
    experts.map { $0.count * expertParameters + width * $0.count } ?? expertParameters
  }

  private var biases: Int {
    let queries = hasBiases || hasQueryBiases ? attentionWidth + 2 * keyValueHeads * headWidth : 0
    return queries + (hasBiases ? width + (isGated ? 2 : 1) * feedForward + width : 0)
  }

  /// The matrices of all layers, routers included, without biases.
  public var blockParameters: Int { layers * (attentionParameters + feedForwardParameters) }

  /// The norms' gains and biases.
  public var normParameters: Int {
    (2 * layers + 1) * width * (hasNormBiases ? 2 : 1) + (hasHeadNorms ? 2 * layers * headWidth : 0)
  }

  /// The table of token embeddings.
  public var embeddingParameters: Int { vocabulary * width }

  /// The output projection where it is a matrix of its own.
  public var headParameters: Int { isTied ? 0 : vocabulary * width }

  /// Everything that is stored.
  public var parameters: Int {
    blockParameters + layers * biases + normParameters + embeddingParameters + positions * width + headParameters
  }

  /// What a token uses of what is stored: experts that are not chosen left out.
  public var activeParameters: Int {
    parameters - layers * (experts.map { ($0.count - $0.active) * expertParameters } ?? 0)
  }

  /// Layers alone: neither embeddings of tokens and positions nor the output projection.
  public var nonEmbeddingParameters: Int {
    parameters - embeddingParameters - positions * width - headParameters
  }

  /// The same of what a token uses.
  public var activeNonEmbeddingParameters: Int {
    activeParameters - embeddingParameters - positions * width - headParameters
  }

  /// What multiplies for a token: layers and output projection, tied or not.
  public var multipliedParameters: Int { activeNonEmbeddingParameters + embeddingParameters }

  /// N as the planner of small models counts it: all matrices that multiply, the output projection included, the table
  /// that is only looked up not, without norms. In tiny models the output is a large part of the work, so leaving it
  /// out (Kaplan) or counting both distorts most.
  public var workingParameters: Int { blockParameters + embeddingParameters }

  /// N as laws of this way of counting mean it. Experts: what a token uses, but for `totalWithExperts`.
  public func parameters(_ count: ParameterCount, context: Double = 4096) -> Double {
    switch count {
    case .nonEmbedding: Double(activeNonEmbeddingParameters)
    case .matricesAndHead: Double(multipliedParameters)
    case .all: Double(activeParameters)
    case .flops: trainingFlops(.nonEmbedding, context: context) / 6
    case .totalWithExperts: Double(nonEmbeddingParameters)
    }
  }
}

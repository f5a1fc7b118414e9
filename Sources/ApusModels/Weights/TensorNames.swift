// How a kind of checkpoint names the tensors of a body, and in which order it keeps rows that the body fuses: plain
// data, one value for each architecture and file format. WeightMap joins it with a body.

/// Names without `.weight` and `.bias`; `{}` stands for the number of the layer, or of the expert.
struct TensorNames {
  // MARK: Around the blocks

  var tokens: String
  var positions: String?
  var finalNorm: String?
  var output: String
  /// Where the output's bias has a name of its own.
  var outputBias: String?

  // MARK: In a block

  /// What the names below follow, with a point between.
  var block: String
  var attention: AttentionNames
  var attentionNorms = NormNames()
  var feedForward: FeedForwardNames
  var feedForwardNorms = NormNames()
  var experts: ExpertNames?
  var encoder: EncoderNames?

  // MARK: Habits of the files

  /// Whether linear weights are kept `[in, out]`.
  var isTransposed = false
  /// Whether files hold zeros where the model has no bias.
  var writesZeroBiases = false
  /// Whether files leave out the rows of the table of positions that come before the first position.
  var omitsUnusedPositions = false
  /// What files add to the norms' gains.
  var gainOffset: Float = 0
  /// A prefix that names may have or lack when reading.
  var optionalPrefix = ""
  /// Beginnings and endings of names that are no weights of the body.
  var ignoredPrefixes: [String] = []
  var ignoredEndings: [String] = []
  /// Names of copies of tied tensors.
  var copies: [String] = []

  /// Norms of one half of a block, as far as the specification has them.
  struct NormNames {
    var input: String?
    var output: String?
    var residual: String?
  }

  /// The tensors of attention.
  struct AttentionNames {
    /// How queries, keys and values lie in the files.
    enum Layout {
      /// As three tensors.
      case separate(query: String, key: String, value: String)
      /// As one: all queries, all keys, all values.
      case fused(String)
      /// As one: for each key-value head its queries, its key, its value (GPT-NeoX, Falcon).
      case byGroup(String)
    }

    var layout: Layout
    var output: String
    var queryNorm: String?
    var keyNorm: String?
    /// Whether each head's query and key rows are kept for rotation of neighbours, while the body rotates halves.
    var interleavesRotation = false
  }

  /// The tensors of a feed-forward.
  struct FeedForwardNames {
    /// nil: gate and up are one tensor, gate first, or there is no gate.
    var gate: String?
    var up: String
    var down: String
  }

  /// The tensors of a mixture of experts.
  struct ExpertNames {
    var router: String
    /// One tensor for each expert, as `experts.{}.w1`, or one of three dimensions for all, without `{}`.
    var each: FeedForwardNames
    var shared: FeedForwardNames?
    var sharedGate: String?
  }

  /// What only encoders have.
  struct EncoderNames {
    var types: String
    var embeddingNorm: String
    /// nil: the files hold no head for masked tokens.
    var head: (dense: String, norm: String)?
    /// nil: the files hold no pooler.
    var pooler: String?
  }
}

extension TensorNames.FeedForwardNames {
  /// The names with `{}` replaced.
  func numbered(_ index: Int) -> Self {
    Self(gate: gate.map { $0.numbered(index) }, up: up.numbered(index), down: down.numbered(index))
  }

  /// Whether all experts share a tensor.
  var isStacked: Bool { !up.contains("{}") }
}

extension String {
  /// The text with its first `{}` replaced by a number.
  func numbered(_ index: Int) -> String {
    let parts = split(separator: "{}", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 ? "\(parts[0])\(index)\(parts[1])" : self
  }
}

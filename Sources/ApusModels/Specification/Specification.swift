// What a transformer is, as data: the shapes and choices that distinguish one model from another. An architecture's
// file translates a checkpoint's configuration to and from it; the bodies read nothing else. It knows no weights.

public import ApusTensor

/// The shapes and choices of a transformer.
public struct Specification: Sendable, Equatable {
  /// The registry's name, as in `model_type`.
  public var architecture: String
  /// Token ids, V.
  public var vocabulary: Int
  /// The longest sequence.
  public var context: Int
  /// The residual stream's features, D.
  public var width: Int
  /// Blocks, L.
  public var layers: Int
  /// Query heads, H.
  public var heads: Int
  /// Key-value heads, K.
  public var keyValueHeads: Int
  /// Features of a head.
  public var headWidth: Int
  /// Features between the feed-forward projections, F.
  public var feedForwardWidth: Int

  /// How a token's position enters.
  public var positions: Positions
  /// How attention scores are made, and which of them count.
  public var attention = AttentionChoices()
  /// The feed-forward layer.
  public var feedForward: FeedForward
  /// Sparse experts in place of some layers' feed-forward.
  public var experts: Experts?

  /// What the norms divide by.
  public var norm: NormKind
  /// Added to the norms' variance or mean square.
  public var normEpsilon: Double
  /// Added to the norms' gains: 1 in Gemma.
  public var normGainOffset = 0.0
  /// Where a block normalises.
  public var normPlacement = NormPlacement.before
  /// Whether the two halves of a block read the same input.
  public var parallel = ParallelHalves.none
  /// Whether the last hidden states are normalised.
  public var hasFinalNorm = true

  /// Which layers have additive biases.
  public var biases: Biases
  /// What the tokens' embeddings are multiplied by.
  public var embeddingScale = 1.0
  /// Whether the output projection is the token embedding.
  public var tiedOutput: Bool
  /// Logits become `cap tanh(logit / cap)`; 0: they stay.
  public var outputSoftCap = 0.0
  /// What an encoder has; nil for a decoder.
  public var encoder: EncoderChoices?

  /// The standard deviation of random weights.
  public var initialDeviation: Double
  /// The id that begins a text, if the configuration names one.
  public var beginToken: Int?
  /// The ids that end a text.
  public var endTokens: [Int]

  /// The shapes and masks of a layer's attention.
  public func attentionShape(layer: Int) -> AttentionShape {
    var shape = AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth)
    if let scale = attention.scale { shape.scale = Float(scale) }
    shape.softCap = Float(attention.softCap)
    shape.causal = encoder == nil
    shape.window = attention.isLocal(layer: layer) ? attention.window : 0
    return shape
  }

  /// The longest sequence that a pass takes: `context`, or any where the rotation stretches with the length.
  public var longestSequence: Int {
    guard case .rotary(let rotation, _) = positions, case .dynamic = rotation.scaling else { return context }
    return max(context, 1 << 24)
  }

  /// Whether a layer has experts in place of one feed-forward.
  public func hasExperts(layer: Int) -> Bool {
    experts.map { !$0.denseLayers.contains(layer) } ?? false
  }
}

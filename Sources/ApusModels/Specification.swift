// What a transformer is, as data: the shapes and choices that distinguish one decoder from another. An architecture's file
// translates a checkpoint's configuration to and from it; the body reads nothing else. It knows no weights.

public import ApusCore
public import ApusTensor

/// The shapes and choices of a decoder.
public struct Specification: Sendable, Equatable {
  /// How a token's position enters.
  public enum Positions: Sendable, Equatable {
    /// A learned vector for each position, added to the token's embedding.
    case learned
    /// Queries and keys rotate by the position; `base` is theta.
    case rotary(base: Double)
  }

  /// The feed-forward layer.
  public enum FeedForward: Sendable, Equatable {
    /// down(f(up(x))).
    case plain(ActivationFunction)
    /// down(f(gate(x)) · up(x)).
    case gated(ActivationFunction)
  }

  /// Which layers have additive biases.
  public struct Biases: Sendable, Equatable {
    /// Norms.
    public var norms: Bool
    /// Queries, keys and values.
    public var queriesKeysValues: Bool
    /// The attention's output.
    public var attentionOutput: Bool
    /// The feed-forward projections.
    public var feedForward: Bool

    /// The same choice everywhere.
    public init(everywhere: Bool) {
      norms = everywhere
      queriesKeysValues = everywhere
      attentionOutput = everywhere
      feedForward = everywhere
    }
  }

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
  /// The feed-forward layer.
  public var feedForward: FeedForward
  /// What the norms divide by.
  public var norm: NormKind
  /// Added to the norms' variance or mean square.
  public var normEpsilon: Double
  /// Which layers have additive biases.
  public var biases: Biases
  /// Whether the output projection is the token embedding.
  public var tiedOutput: Bool
  /// The standard deviation of random weights.
  public var initialDeviation: Double
  /// The id that begins a text, if the configuration names one.
  public var beginToken: Int?
  /// The ids that end a text.
  public var endTokens: [Int]

  /// The shapes of an attention layer.
  public var attentionShape: AttentionShape {
    AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth)
  }

  /// Checks that the shapes fit each other and stay within what this machine can address.
  public func validate(file: String? = nil) throws(ApusError) {
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(ApusError) {
      if !condition { throw ApusError(.badData, problem(), file: file, remedy: "correct the model's configuration") }
    }
    let sizes = [
      ("vocabulary", vocabulary), ("context", context), ("width", width), ("layers", layers), ("heads", heads),
      ("key-value heads", keyValueHeads), ("head width", headWidth), ("feed-forward width", feedForwardWidth),
    ]
    for (name, size) in sizes {
      try require(size > 0 && size <= 1 << 24, "\(name) is \(size), outside 1 ... \(1 << 24)")
    }
    try require(layers <= 1 << 12 && heads <= 1 << 14, "\(layers) layers of \(heads) heads are beyond any known model")
    try require(heads % keyValueHeads == 0, "\(heads) heads do not divide by \(keyValueHeads) key-value heads")
    try require(headWidth <= 1 << 12, "a head of \(headWidth) features is beyond any known model")
    if case .rotary(let base) = positions {
      try require(headWidth % 2 == 0, "rotary positions need an even head width, not \(headWidth)")
      try require(base > 0 && base.isFinite, "the rotary base is \(base)")
    }
    try require(normEpsilon >= 0 && normEpsilon.isFinite, "the norm's epsilon is \(normEpsilon)")
    try require(
      initialDeviation >= 0 && initialDeviation.isFinite, "the initial deviation is \(initialDeviation)")
    try require(parameterBytes <= Double(1 << 46), "the model would have \(parameterBytes) bytes of weights")
    for token in endTokens + (beginToken.map { [$0] } ?? []) {
      try require(token >= 0, "token id \(token) is negative")
    }
  }

  /// Checks that this machine has the memory for the weights, before any of it is asked for; call it after `validate`.
  func requireMemory(file: String? = nil) throws(ApusError) {
    let weights = 4 * Double(parameterCount)
    let memory = Double(Platform.machineMemory)
    guard memory > 0, weights > memory else { return }
    func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
    throw ApusError(
      .badData, "the weights take \(gigabytes(weights)) and this machine has \(gigabytes(memory)) of memory",
      file: file, remedy: "choose a smaller model or a larger machine")
  }

  // In floating point, because the numbers of a file may be absurd.
  private var parameterBytes: Double {
    let attention = Double(heads + keyValueHeads) * 2 * Double(headWidth)
    let block = Double(width) * (attention + 3 * Double(feedForwardWidth))
    return 4 * (Double(layers) * block + Double(width) * (2 * Double(vocabulary) + Double(context)))
  }

  /// A decoder in the manner of GPT-2: learned positions, layer norms, GELU, tied output.
  public static func gpt2(
    vocabulary: Int, context: Int, width: Int, layers: Int, heads: Int, feedForwardWidth: Int? = nil,
    activation: ActivationFunction = .geluTanh, biases: Bool = true
  ) -> Specification {
    Specification(
      architecture: "gpt2", vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      keyValueHeads: heads, headWidth: width / max(heads, 1), feedForwardWidth: feedForwardWidth ?? 4 * width,
      positions: .learned, feedForward: .plain(activation), norm: .layer, normEpsilon: 1e-5,
      biases: Biases(everywhere: biases), tiedOutput: true, initialDeviation: 0.02, beginToken: nil, endTokens: [])
  }

  /// A decoder in the manner of LLaMA: rotary positions, root-mean-square norms, SwiGLU, no biases.
  public static func llama(
    vocabulary: Int, context: Int, width: Int, layers: Int, heads: Int, keyValueHeads: Int? = nil,
    feedForwardWidth: Int, tiedOutput: Bool = false, rotaryBase: Double = 10_000
  ) -> Specification {
    Specification(
      architecture: "llama", vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      keyValueHeads: keyValueHeads ?? heads, headWidth: width / max(heads, 1), feedForwardWidth: feedForwardWidth,
      positions: .rotary(base: rotaryBase), feedForward: .gated(.silu), norm: .rms, normEpsilon: 1e-5,
      biases: Biases(everywhere: false), tiedOutput: tiedOutput, initialDeviation: 0.02, beginToken: nil, endTokens: [])
  }
}

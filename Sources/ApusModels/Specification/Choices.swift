// The choices that a specification combines, one type each. Plain data.

public import ApusTensor

extension Specification {
  /// How a token's position enters.
  public enum Positions: Sendable, Equatable {
    /// It does not.
    case none
    /// A learned vector for each position, added to the token's embedding; the table begins `offset` rows before it.
    case learned(offset: Int)
    /// The sinusoids of Vaswani et al. (2017), added to the token's embedding.
    case sinusoidal
    /// Queries and keys rotate by the position; in windowed layers by `local`, where that is given.
    case rotary(RotaryEmbedding, local: RotaryEmbedding?)

    /// A learned vector for each position from the table's first row on.
    public static var learned: Positions { .learned(offset: 0) }

    /// One rotation for all layers.
    public static func rotary(_ rotation: RotaryEmbedding) -> Positions { .rotary(rotation, local: nil) }
  }

  /// How attention scores are made, and which of them count.
  public struct AttentionChoices: Sendable, Equatable {
    /// Scores are multiplied by it; nil: by 1 / √head width.
    public var scale: Double?
    /// Scores become `cap tanh(score / cap)`; 0: they stay.
    public var softCap = 0.0
    /// Keys further back than this are not seen in local layers; 0: all are.
    public var window = 0
    /// The layers that see the window only; nil: all, if there is a window.
    public var localLayers: Set<Int>?
    /// Whether queries and keys are normalised.
    public var queryKeyNorm = QueryKeyNormChoice.none

    /// Plain attention.
    public init() {}

    /// Whether a layer sees only the window.
    public func isLocal(layer: Int) -> Bool {
      window > 0 && (localLayers?.contains(layer) ?? true)
    }
  }

  /// Norms of queries and keys.
  public enum QueryKeyNormChoice: String, Sendable, Equatable {
    /// None.
    case none
    /// Each head by itself, one gain for all (Qwen 3, Gemma 3).
    case eachHead
    /// All heads together (OLMo 2).
    case allHeads
  }

  /// The feed-forward layer.
  public enum FeedForward: Sendable, Equatable {
    /// down(f(up(x))).
    case plain(ActivationFunction)
    /// down(f(gate(x)) · up(x)).
    case gated(ActivationFunction)

    /// f.
    public var function: ActivationFunction {
      switch self {
      case .plain(let function), .gated(let function): function
      }
    }
  }

  /// A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024): a router sends each token to the few experts
  /// it rates highest.
  public struct Experts: Sendable, Equatable {
    /// Experts of a layer, E.
    public var count: Int
    /// How many a token is sent to.
    public var perToken: Int
    /// Whether the chosen experts' probabilities are scaled to sum to 1.
    public var normalisesWeights: Bool
    /// Features between an expert's projections.
    public var width: Int
    /// Features of the expert that every token passes, weighted by a sigmoid; 0: there is none.
    public var sharedWidth = 0
    /// The layers that keep one dense feed-forward.
    public var denseLayers: Set<Int> = []
    /// The weight of the load-balancing loss in training.
    public var balancing = 0.0

    /// Experts in every layer.
    public init(count: Int, perToken: Int, normalisesWeights: Bool, width: Int) {
      self.count = count
      self.perToken = perToken
      self.normalisesWeights = normalisesWeights
      self.width = width
    }
  }

  /// Where a block normalises.
  public enum NormPlacement: String, Sendable, Equatable {
    /// What each half reads (GPT-2, LLaMA).
    case before
    /// What each half adds (OLMo 2).
    case after
    /// Both (Gemma 2).
    case around
    /// The residual stream after each half has been added (GPT-1, BERT).
    case residual
  }

  /// Whether attention and feed-forward read the same input and are added together (GPT-J, GPT-NeoX).
  public enum ParallelHalves: String, Sendable, Equatable {
    /// One after the other.
    case none
    /// Each through a norm of its own.
    case ownNorms
    /// Both through one norm.
    case sharedNorm
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
    /// The projection to the vocabulary.
    public var output = false

    /// The same choice everywhere but in the projection to the vocabulary.
    public init(everywhere: Bool) {
      norms = everywhere
      queriesKeysValues = everywhere
      attentionOutput = everywhere
      feedForward = everywhere
    }
  }

  /// What encoders have besides (Devlin et al. 2019).
  public struct EncoderChoices: Sendable, Equatable {
    /// How many texts one sequence may join; 0: tokens have no types.
    public var tokenTypes: Int
    /// The activation in the head that predicts masked tokens; nil: the checkpoint has no head.
    public var maskedHead: ActivationFunction?
    /// Whether there is a pooler: tanh of a projection of the first token.
    public var hasPooler: Bool

    /// An encoder of the given parts.
    public init(tokenTypes: Int, maskedHead: ActivationFunction?, hasPooler: Bool) {
      self.tokenTypes = tokenTypes
      self.maskedHead = maskedHead
      self.hasPooler = hasPooler
    }
  }
}

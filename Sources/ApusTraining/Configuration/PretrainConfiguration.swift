// Everything that a pretraining run is asked to do, as plain values with sensible defaults. How they are read from JSON
// and the command line, and which values are allowed, stands in Setting.swift and Setting+All.swift.

/// What a pretraining run is asked to do.
public struct PretrainConfiguration: Sendable, Equatable {
  /// What the model learns to predict.
  public var objective = Objective.Kind.causal
  /// How tokens are masked; only masked learning looks at it.
  public var masking = MaskingSettings()
  /// The shape of the model.
  public var model = ModelSettings()
  /// The text and how rows are made of it.
  public var data = DataSettings()
  /// The tokenizer: a file, or how to train one.
  public var tokenizer = TokenizerSettings()
  /// AdamW and its learning rate.
  public var optimizer = OptimizerSettings()
  /// Steps and batches.
  public var training = TrainingSettings()
  /// Validation and samples on the way.
  public var evaluation = EvaluationSettings()
  /// What is saved when.
  public var checkpoints = CheckpointSettings()

  /// The defaults.
  public init() {}

  /// The schedule that the optimiser settings describe.
  public var schedule: Schedule {
    Schedule(
      optimizer.schedule, peak: optimizer.learningRate, minimum: optimizer.minimumLearningRate,
      warmupSteps: optimizer.warmupSteps, decaySteps: optimizer.decaySteps, totalSteps: training.steps)
  }
}

/// The shape of the model.
public struct ModelSettings: Sendable, Equatable {
  /// The `model_type` of a registered architecture.
  public var architecture = "gpt2"
  /// Transformer layers.
  public var layers = 4
  /// Query heads.
  public var heads = 4
  /// Key–value heads; 0: as many as query heads.
  public var keyValueHeads = 0
  /// Features of the residual stream.
  public var width = 128
  /// Features within the feed-forward part, or within each expert; 0: 4 × width, or 8/3 × width rounded up to 32 where
  /// it is gated.
  public var feedForward = 0
  /// Experts of a layer, as Mixtral has them.
  public var experts = 8
  /// How many of them a token is sent to.
  public var expertsPerToken = 2
  /// The weight of the loss that keeps the experts equally busy.
  public var loadBalancing = 0.02
  /// Tokens that attention looks back, as in Mistral, or in five of six layers, as in Gemma 3; 0: all.
  public var slidingWindow = 0
  /// The longest sequence.
  public var context = 256
  /// Rows of the embedding; 0: as many as the tokenizer has ids.
  public var vocabularySize = 0
  /// Dropout of embeddings, attention and residual branches.
  public var dropout = 0.0
  /// Whether the output projection is the embedding; nil: as is the custom of the architecture.
  public var tieEmbeddings: Bool?
  /// The base of the rotary angles.
  public var ropeTheta = 10_000.0
}

/// The text and how rows are made of it.
public struct DataSettings: Sendable, Equatable {
  /// Text files; or
  public var text: [String] = []
  /// a folder of shards made by `tokenize-corpus`.
  public var shards: String?
  /// The share of the text that is kept for validation.
  public var validationFraction = 0.1
  /// What a document is.
  public var documents = DocumentRule.automatic
  /// The text between two documents; empty: the text of the tokenizer's end-of-text token.
  public var separator = ""
  /// The order in which rows are read.
  public var sampling = SamplingOrder.epochs
  /// Whether documents are cut so that every row is full.
  public var cutDocuments = true
  /// Whether attention and prediction cross from one document to the next.
  public var crossDocuments = false
}

/// The tokenizer: a file, or how to train one.
public struct TokenizerSettings: Sendable, Equatable {
  /// An existing tokenizer; nil: one is trained on the text.
  public var path: String?
  /// How one is trained.
  public var algorithm = TokenizerAlgorithm.bpe
  /// Ids of a trained one, special tokens included.
  public var vocabularySize = 1024
  /// The most bytes of text that one is trained on.
  public var trainingBytes = 256 << 20
}

/// The tokenizers that a run can train for itself.
public enum TokenizerAlgorithm: String, Sendable, CaseIterable {
  /// Byte-level byte-pair encoding.
  case bpe
  /// One id for every character of the text.
  case characters
}

/// AdamW and its learning rate.
public struct OptimizerSettings: Sendable, Equatable {
  /// The shape of the schedule.
  public var schedule = Schedule.Shape.cosine
  /// The highest learning rate.
  public var learningRate = 1e-3
  /// The learning rate at the end of the decay.
  public var minimumLearningRate = 1e-4
  /// Steps that climb to the highest rate.
  public var warmupSteps = 0
  /// Steps of the final decay of `wsd`.
  public var decaySteps = 0
  /// Decay of the mean of gradients.
  public var beta1 = 0.9
  /// Decay of the mean of squared gradients.
  public var beta2 = 0.95
  /// Added to the root of the mean square.
  public var epsilon = 1e-8
  /// Weight decay of matrices.
  public var weightDecay = 0.1
  /// The largest norm of the gradient; 0: not clipped.
  public var gradientClip = 1.0
}

/// Steps and batches.
public struct TrainingSettings: Sendable, Equatable {
  /// Optimiser steps.
  public var steps = 1000
  /// Rows of a step.
  public var batch = 16
  /// Rows that are computed at once; 0: as many as make 16,384 tokens. It changes speed and memory, and no bit of the
  /// result, but with experts: they are balanced within each micro-batch.
  public var microBatch = 0
  /// Seeds weights, order, masks and dropout.
  public var seed = 1337
}

/// Validation and samples on the way.
public struct EvaluationSettings: Sendable, Equatable {
  /// Steps between validations; 0: only at the end.
  public var every = 100
  /// The most validation tokens that are scored, from the front; 0: all.
  public var tokens = 65_536
  /// What samples begin with; empty: nothing but the token that begins texts.
  public var samplePrompt = ""
  /// Tokens of a sample after each validation; 0: none.
  public var sampleTokens = 64
}

/// What is saved when.
public struct CheckpointSettings: Sendable, Equatable {
  /// Steps between checkpoints; 0: only at the end.
  public var every = 500
  /// How many of the last are kept, besides the best.
  public var keep = 2
}

// Configurations by name: the models that the benchmarks are about. A preset is a start; every setting can be changed.

import ApusCore

/// Named configurations.
public enum Preset: String, Sendable, CaseIterable {
  /// nanoGPT's character-level recipe for CPUs at a higher rate: 4 layers, 128 features, 0.8 M parameters, 2,000 steps.
  case smallGPT = "small-gpt"
  /// nanoGPT's character-level recipe: 6 layers, 384 features, 10.6 M parameters.
  case babyGPT = "baby-gpt"
  /// The shape of GPT-2 small.
  case gpt2 = "gpt2-124m"
  /// The LLaMA shape of 15 M parameters that llama2.c's stories15M has.
  case llama15M = "llama-15m"
  /// BERT-tiny's shape (Turc et al. 2019): 2 layers, 128 features; 1,500 steps of 32 rows of 64 tokens.
  case bertTiny = "bert-tiny"
  /// Mixtral's shape, tiny: 4 layers, 128 features, 4 experts of which each token sees 2; 500 steps of 16 rows of 128
  /// tokens.
  case mixtralTiny = "mixtral-tiny"
  /// Gemma's shape, tiny: 4 layers, 128 features, one key–value head; 500 steps of 16 rows of 128 tokens.
  case gemmaTiny = "gemma-tiny"

  /// All names, for people.
  public static let names = allCases.map(\.rawValue).joined(separator: ", ")

  /// The configuration.
  public var configuration: PretrainConfiguration {
    var c = PretrainConfiguration()
    switch self {
    case .smallGPT:
      c.model = Self.shape("gpt2", layers: 4, heads: 4, width: 128, context: 64)
      c.setNanoGPTRecipe(batch: 12, steps: 2000)
      // nanoGPT's is 1e-3, which ends at 1.89 nats on tinyshakespeare; this width bears more and ends at 1.75.
      c.optimizer.learningRate = 4e-3
    case .babyGPT:
      c.model = Self.shape("gpt2", layers: 6, heads: 6, width: 384, context: 256)
      c.model.dropout = 0.2
      c.setNanoGPTRecipe(batch: 64, steps: 5000)
      c.training.microBatch = 8
    case .gpt2:
      c.model = Self.shape("gpt2", layers: 12, heads: 12, width: 768, context: 1024)
      c.tokenizer.vocabularySize = 50_257
      c.setLargeRecipe(batch: 512, microBatch: 4, peak: 6e-4, steps: 19_000)
    case .llama15M:
      c.model = Self.shape("llama", layers: 6, heads: 6, width: 288, context: 256)
      c.model.feedForward = 768
      c.model.tieEmbeddings = true
      c.tokenizer.vocabularySize = 32_000
      c.setLargeRecipe(batch: 128, microBatch: 8, peak: 5e-4, steps: 10_000)
    case .bertTiny:
      c.objective = .masked
      c.model = Self.shape("bert", layers: 2, heads: 2, width: 128, context: 64)
      c.setTinyRecipe(batch: 32, steps: 1500)
      c.optimizer.beta2 = 0.999
      c.optimizer.weightDecay = 0.01
    case .mixtralTiny:
      c.model = Self.shape("mixtral", layers: 4, heads: 4, width: 128, context: 128)
      c.model.keyValueHeads = 2
      c.model.feedForward = 256
      c.model.experts = 4
      c.setTinyRecipe(batch: 16, steps: 500)
    case .gemmaTiny:
      c.model = Self.shape("gemma", layers: 4, heads: 4, width: 128, context: 128)
      c.model.keyValueHeads = 1
      c.model.feedForward = 512
      c.setTinyRecipe(batch: 16, steps: 500)
    }
    return c
  }

  static func configuration(named field: PretrainConfiguration.Field) throws(ApusError) -> PretrainConfiguration {
    guard case .string(let name) = field.value, let preset = Preset(rawValue: name) else {
      throw ApusError(
        field.file == nil ? .usage : .badData, "unknown preset \(field.value.brief)", file: field.file,
        remedy: "use one of \(names)")
    }
    return preset.configuration
  }

  private static func shape(_ architecture: String, layers: Int, heads: Int, width: Int, context: Int) -> ModelSettings
  {
    var model = ModelSettings()
    model.architecture = architecture
    model.layers = layers
    model.heads = heads
    model.width = width
    model.context = context
    return model
  }
}

extension PretrainConfiguration {
  /// Karpathy's train_shakespeare_char: one text, characters, random crops, cosine from 1e-3 to 1e-4.
  fileprivate mutating func setNanoGPTRecipe(batch: Int, steps: Int) {
    data.documents = .text
    data.sampling = .crops
    tokenizer.algorithm = .characters
    optimizer.warmupSteps = 100
    optimizer.beta2 = 0.99
    training.batch = batch
    training.steps = steps
    evaluation.every = 250
    evaluation.tokens = 0
    checkpoints.every = 250
  }

  /// A minute or two on two cores.
  fileprivate mutating func setTinyRecipe(batch: Int, steps: Int) {
    tokenizer.vocabularySize = 2048
    optimizer.warmupSteps = steps / 10
    training.batch = batch
    training.steps = steps
    evaluation.every = 250
    evaluation.tokens = 16_384
    checkpoints.every = 250
  }

  private mutating func setScaledRates(peak: Double) {
    optimizer.learningRate = peak
    optimizer.minimumLearningRate = peak / 10
  }

  fileprivate mutating func setLargeRecipe(batch: Int, microBatch: Int, peak: Double, steps: Int) {
    setScaledRates(peak: peak)
    optimizer.warmupSteps = 700
    training.batch = batch
    training.microBatch = microBatch
    training.steps = steps
    evaluation.every = 250
    evaluation.tokens = 262_144
    checkpoints.every = 250
  }
}

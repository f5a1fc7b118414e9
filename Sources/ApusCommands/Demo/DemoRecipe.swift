// From a plan to a run's configuration: how a tiny model learns best in little time, as found by trying
// (Documentation/Log.md). Data in, data out; it measures nothing.

import ApusScaling
import ApusTraining

/// What a demo trains, and how.
struct DemoRecipe {
  /// The text.
  var data: DataSettings
  /// The longest sequence: any story fits, or a page of other text.
  static let context = 512
  /// Ids of the vocabulary.
  static let vocabulary = 1024
  /// Text that the tokenizer is trained on: enough for so few merges.
  static let tokenizerBytes = 2 << 20
  /// Steps to aim at: more are too noisy, fewer leave too little to the schedule.
  static let steps = 1500.0
  /// How often training is interrupted for a validation and a sample.
  static let milestones = 6

  /// Text and tokenizer, all that is needed before there is a plan.
  var beginning: PretrainConfiguration {
    var configuration = PretrainConfiguration()
    configuration.data = data
    configuration.tokenizer.vocabularySize = Self.vocabulary
    configuration.tokenizer.trainingBytes = Self.tokenizerBytes
    configuration.model.architecture = "llama"
    configuration.model.context = Self.context
    configuration.model.tieEmbeddings = true
    configuration.optimizer.beta2 = 0.98
    // All of the stories: the floor is that of the very same text.
    configuration.evaluation.tokens = data.cutDocuments ? 1 << 16 : 0
    configuration.checkpoints.every = 0
    return configuration
  }

  /// The model of a shape, not yet told how long to learn.
  func configuration(_ shape: TransformerShape, tokensPerStep: Double, tokensPerRow: Double) -> PretrainConfiguration {
    var configuration = beginning
    configuration.model.layers = shape.layers
    configuration.model.width = shape.width
    configuration.model.heads = shape.heads
    configuration.model.feedForward = shape.feedForward
    configuration.training.batch = max(1, Int((tokensPerStep / tokensPerRow).rounded()))
    configuration.optimizer.learningRate = Self.learningRate(width: shape.width)
    configuration.optimizer.minimumLearningRate = 0
    return configuration
  }

  /// The whole run: `tokens` in steps of `tokensPerStep`.
  func configuration(_ plan: TrainingPlan, tokensPerRow: Double) -> PretrainConfiguration {
    let perStep = Self.tokensPerStep(tokens: plan.tokens)
    var configuration = configuration(plan.shape, tokensPerStep: perStep, tokensPerRow: tokensPerRow)
    let steps = max(1, Int((plan.tokens / (Double(configuration.training.batch) * tokensPerRow)).rounded()))
    configuration.training.steps = steps
    configuration.optimizer.warmupSteps = steps / 20
    configuration.evaluation.every = max(1, (steps + Self.milestones - 1) / Self.milestones)
    return configuration
  }

  /// Small steps at first pay more than exact ones; a step of fewer than 1,024 tokens wastes the machine.
  static func tokensPerStep(tokens: Double) -> Double { min(32_768, max(1024, tokens / steps)) }

  /// Falls with the root of the width, as updates of wider layers add up.
  static func learningRate(width: Int) -> Double {
    let rate = 6e-3 * (96 / Double(max(1, width))).squareRoot()
    return (rate * 1e5).rounded() / 1e5
  }
}

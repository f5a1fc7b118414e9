// From settings to the typed description of a model, and the checks that no single setting can make.

public import ApusCore
public import ApusModels

extension PretrainConfiguration {
  /// Tokens of the largest step.
  private static let mostTokens = 1 << 30

  /// More tokens at once make products no faster; their activations would take ever more memory.
  private static let tokensAtOnce = 1 << 14

  /// Rows of a micro-batch: those asked for, else as many as make about 16,384 tokens. It changes speed and memory, and
  /// no bit, but with experts: they are balanced within each.
  var rowsAtOnce: Int {
    training.microBatch > 0 ? training.microBatch : max(1, Self.tokensAtOnce / model.context)
  }

  /// Checks what settings demand of each other; `specification` checks the model's shape.
  public func validate() throws(ApusError) {
    func require(_ condition: Bool, _ problem: String, _ remedy: String) throws(ApusError) {
      if !condition { throw ApusError(.usage, problem, remedy: remedy) }
    }
    try require(
      data.text.isEmpty != (data.shards == nil),
      "data.text and data.shards are \(data.text.isEmpty ? "both missing" : "both given")",
      "give one of them")
    try require(
      optimizer.minimumLearningRate <= optimizer.learningRate,
      "optimizer.minimum_learning_rate \(optimizer.minimumLearningRate) is above optimizer.learning_rate "
        + "\(optimizer.learningRate)",
      "lower it")
    try require(
      optimizer.warmupSteps <= training.steps,
      "optimizer.warmup_steps \(optimizer.warmupSteps) is more than training.steps \(training.steps)", "lower it")
    try require(
      optimizer.schedule != .wsd || optimizer.decaySteps <= training.steps - optimizer.warmupSteps,
      "optimizer.decay_steps \(optimizer.decaySteps) and warmup_steps \(optimizer.warmupSteps) exceed training.steps "
        + "\(training.steps)",
      "lower them")
    try require(
      training.batch <= Self.mostTokens / model.context,
      "training.batch \(training.batch) rows of \(model.context) tokens are more than \(Self.mostTokens)", "lower it")
    let specification = try model.specification(vocabulary: max(model.vocabularySize, 1))
    try validateObjective(isEncoder: specification.encoder != nil)
  }

  /// Encoders see what stands behind a token, so that only masked ones are a question; decoders do not.
  private func validateObjective(isEncoder: Bool) throws(ApusError) {
    guard isEncoder == (objective == .masked) else {
      throw ApusError(
        .usage,
        "model.architecture \(model.architecture) is \(isEncoder ? "an encoder" : "a decoder"), "
          + "which objective \(objective.rawValue) cannot train",
        remedy: isEncoder ? "set objective = masked" : "set objective = causal, or model.architecture = bert")
    }
    guard objective == .masked else { return }
    if masking.maskShare + masking.randomShare > 1 + 1e-9 {
      throw ApusError(
        .usage, "masking.mask_share \(masking.maskShare) and random_share \(masking.randomShare) exceed 1",
        remedy: "lower them")
    }
    if model.context <= Masking.frame {
      throw ApusError(
        .usage, "model.context \(model.context) leaves no token between the two that frame a sequence",
        remedy: "raise it")
    }
  }
}

extension PretrainConfiguration {
  /// Floating-point operations of training on one token; of masked text only what is masked is projected to the
  /// vocabulary.
  func flopsPerToken(of specification: Specification) -> Double {
    specification.trainingFlopsPerToken(
      context: model.context, projected: objective == .masked ? masking.probability : 1)
  }

  /// Checks that this machine has the memory to train a model by these settings.
  func requireMemory(for specification: Specification) throws(ApusError) {
    let rows = min(rowsAtOnce, training.batch)
    try specification.requireMemory(
      for: .training(tokens: rows * model.context, stepTokens: training.batch * model.context),
      remedy: "lower training.micro_batch, training.batch or model.context, or choose a smaller model")
  }
}

extension ModelSettings {
  /// The model that the settings describe, for a tokenizer with `vocabulary` ids.
  /// - Throws: `usage` where the shape cannot be.
  public func specification(vocabulary: Int, endOfText: Int32? = nil) throws(ApusError) -> Specification {
    guard width % heads == 0 else {
      throw ApusError(
        .usage, "model.width \(width) is not a multiple of model.heads \(heads)",
        remedy: "choose another width or heads")
    }
    guard vocabularySize == 0 || vocabularySize >= vocabulary else {
      throw ApusError(
        .usage, "model.vocabulary_size \(vocabularySize) is less than the tokenizer's \(vocabulary)",
        remedy: "raise it, or set 0 for the tokenizer's")
    }
    var result = try shape(vocabulary: max(vocabularySize, vocabulary))
    if let tieEmbeddings { result.tiedOutput = tieEmbeddings }
    if let endOfText {
      result.beginToken = Int(endOfText)
      result.endTokens = [Int(endOfText)]
    }
    do throws(ApusError) { try result.validate() } catch {
      throw ApusError(.usage, error.problem, remedy: "change the model's settings")
    }
    return result
  }
}

// From settings to the typed description of a model, and the checks that no single setting can make.

public import ApusCore
public import ApusModels

extension PretrainConfiguration {
  /// Tokens of the largest step.
  private static let mostTokens = 1 << 30

  /// More tokens at once make products no faster; their activations would take ever more memory.
  private static let tokensAtOnce = 1 << 14

  /// Rows of a micro-batch: those asked for, else as many as make about 16,384 tokens. It changes speed and memory, and
  /// no bit.
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
    _ = try model.specification(vocabulary: max(model.vocabularySize, 1))
  }
}

extension PretrainConfiguration {
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

  private func shape(vocabulary: Int) throws(ApusError) -> Specification {
    switch architecture {
    case "gpt2":
      guard keyValueHeads == 0 || keyValueHeads == heads else {
        throw ApusError(
          .usage, "model.key_value_heads \(keyValueHeads) differs from model.heads, which gpt2 does not know",
          remedy: "set 0, or choose the architecture llama")
      }
      return .gpt2(
        vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
        feedForwardWidth: feedForward > 0 ? feedForward : nil)
    case "llama":
      return .llama(
        vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
        keyValueHeads: keyValueHeads > 0 ? keyValueHeads : nil,
        feedForwardWidth: feedForward > 0 ? feedForward : (8 * width / 3 + 31) / 32 * 32, rotaryBase: ropeTheta)
    default:
      throw ApusError(
        .usage, "model.architecture '\(architecture)' cannot be pretrained", remedy: "choose gpt2 or llama")
    }
  }
}

// What a model in training says by now: a short text, drawn with a seed that follows from the run's seed and the step,
// so that a resumed run says the same; or, of a masked model, what it takes masked words for.

import ApusCore
import ApusGeneration
import ApusTensor
import ApusTraining

/// Samples of a run.
enum TrainingSample {
  /// A text of the run's model after its present step; nil where the configuration asks for none.
  static func text(_ run: TrainingRun, isCancelled: @escaping () -> Bool) throws(ApusError) -> String? {
    if run.configuration.objective == .masked { return try run.maskedSample() }
    let settings = run.configuration.evaluation
    guard settings.sampleTokens > 0 else { return nil }
    let model = LanguageModel(
      try Transformer(run.trainer.model, packing: false, pool: run.trainer.workspace.pool),
      tokenizer: run.data.tokenizer)
    let seed = run.configuration.sampleSeed(step: run.trainer.progress.step)
    let options = GenerationOptions(
      sampling: SamplingOptions(temperature: 0.8, seed: seed), maximumTokens: settings.sampleTokens)
    let generator = try Generator(
      model.model, model.tokenizer, prompt: try prompt(run, model), options: options, endOfText: model.endOfText,
      isCancelled: isCancelled)
    var text = settings.samplePrompt
    while let token = try generator.nextToken() { text += token.text }
    return text
  }

  /// The configuration's prompt; without one, the token that begins texts, or else the first of the validation text.
  private static func prompt(_ run: TrainingRun, _ model: LanguageModel) throws(ApusError) -> [Int32] {
    let text = run.configuration.evaluation.samplePrompt
    if !text.isEmpty || model.beginningOfText != nil { return try model.encode(text) }
    var first: [Int32] = [0]
    try run.data.validation.copy(0..<1, to: &first, at: 0)
    return first
  }
}

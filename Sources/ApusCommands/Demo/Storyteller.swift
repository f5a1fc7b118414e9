// Text from the model of a run, while it is trained and after. It chooses seeds and lengths; the rest is
// ApusGeneration's.

import ApusCore
import ApusGeneration
import ApusTraining

/// Continues texts with a run's model.
struct Storyteller {
  private let model: LanguageModel
  private let isCancelled: () -> Bool

  /// The temperature of all samples: a little below 1, which spares the oddest words.
  static let temperature = 0.8

  /// Speaks for the model as it is now; nobody may train it meanwhile.
  init(_ run: TrainingRun, isCancelled: @escaping () -> Bool) throws(ApusError) {
    model = LanguageModel(
      try Transformer(run.trainer.model, packing: false), tokenizer: run.data.tokenizer)
    self.isCancelled = isCancelled
  }

  /// Continues `prompt`, and hands on the text as it comes.
  func tell(
    _ prompt: String, tokens: Int, seed: UInt64, _ body: (String) throws(ApusError) -> Void
  ) throws(ApusError) {
    let options = GenerationOptions(
      sampling: SamplingOptions(temperature: Self.temperature, seed: seed), maximumTokens: tokens)
    let generator = try model.generator(try model.encode(prompt), options, isCancelled: isCancelled)
    while let token = try generator.nextToken() { try body(token.text) }
  }

  /// A beginning of about one line.
  func line(_ prompt: String, tokens: Int, seed: UInt64) throws(ApusError) -> String {
    var text = prompt
    try tell(prompt, tokens: tokens, seed: seed) { text += $0 }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

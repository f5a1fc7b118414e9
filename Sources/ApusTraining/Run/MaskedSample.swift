// What a masked model in training makes of a text with masks: the prompt's, or the beginning of the validation text
// with masks that are always the same. A guess stands in ‹›, and where it is wrong with the true token behind a stroke.

public import ApusCore
import ApusModels
import ApusTensor
import ApusTokenizers

/// A masked text and what stood there.
struct MaskedSample {
  private var tokens: [Int32] = []
  /// At each token what was masked there; −1: nothing, or nobody knows.
  private var answers: [Int32] = []
  private let tokenizer: any Tokenizer
  private let mask: Int32

  /// The sample of a configuration.
  init(
    _ configuration: PretrainConfiguration, _ data: RunData, _ masking: Masking
  ) throws(ApusError) {
    tokenizer = data.tokenizer
    mask = masking.vocabulary.mask
    let (settings, context) = (configuration.evaluation, configuration.model.context)
    let prompt = try tokenizer.encode(settings.samplePrompt, special: .recognised)
    if !prompt.isEmpty {
      tokens = [masking.vocabulary.first] + prompt.prefix(context - Masking.frame) + [masking.vocabulary.last]
      answers = tokens.map { _ in -1 }
      return
    }
    let stream = CorpusStream(data.validation, crossesDocuments: configuration.data.crossDocuments)
    let most = min(settings.sampleTokens, context - Masking.frame, stream.count)
    var batch = StepBatch()
    try batch.append(0..<stream.nextBoundary(after: 0, limit: most), of: stream, masking, row: 0)
    answers = batch.targets
    tokens = zip(batch.tokens, batch.targets).map { $1 >= 0 ? mask : $0 }
  }

  /// The text with the model's guesses.
  func filled(by model: Model, in workspace: Workspace) throws(ApusError) -> String {
    let hidden = try model.hidden(PackedBatch(sequence: tokens), in: workspace)
    var text: [UInt8] = []
    for (row, token) in tokens.enumerated() {
      guard token == mask else {
        if !tokenizer.specialTokens.isSpecial(token) { text += tokenizer.bytes(of: token) ?? [] }
        continue
      }
      let logits = try model.logits(hidden, rows: row..<row + 1, in: workspace).values
      text += shown(guess: Self.best(logits), answer: answers[row])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A guess in its marks; a space before the word stays before the mark.
  private func shown(guess: Int32, answer: Int32) -> [UInt8] {
    let guessed = tokenizer.bytes(of: guess) ?? []
    let spaces = guessed.prefix { $0 == UInt8(ascii: " ") }
    var shown = spaces + Array("‹".utf8) + guessed.dropFirst(spaces.count)
    if answer >= 0 && answer != guess { shown += [UInt8(ascii: "|")] + (tokenizer.bytes(of: answer) ?? []) }
    return shown + Array("›".utf8)
  }

  private static func best(_ logits: [Float]) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(best)
  }
}

extension TrainingRun {
  /// What the model makes of a masked text by now; nil where it is no masked model, or no sample is asked for.
  public func maskedSample() throws(ApusError) -> String? {
    guard configuration.evaluation.sampleTokens > 0,
      case .masked(let masking) = try Objective(configuration, data.tokenizer, for: .validation)
    else { return nil }
    return try MaskedSample(configuration, data, masking).filled(by: trainer.model, in: trainer.workspace)
  }
}

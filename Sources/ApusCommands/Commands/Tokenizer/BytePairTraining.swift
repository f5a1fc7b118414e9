// Byte-level training as a command: texts in, progress and trace out.

import ApusCore
import ApusTokenizers

/// Trains byte-level byte-pair encoding.
struct BytePairTraining {
  let options: TokenizerTrain
  let console: Console

  func run() throws {
    var trainer = try BytePairTrainer(trainerOptions)
    try options.forEachText(console) { text, name in
      let progress = ProgressReporter(console, "Counting words of \(name)", total: text.count, unit: "bytes")
      trainer.add(text) { if case .counting(let bytes, _) = $0 { progress.update(bytes) } }
      progress.finish()
    }
    let size = trainerOptions.vocabularySize
    let progress = ProgressReporter(console, "Merging pairs", total: size, unit: "tokens")
    let trained = try trainer.train { if case .merging(let tokens, _) = $0 { progress.update(tokens) } }
    progress.finish()
    if trained.ranOutOfPairs {
      console.note(
        "No pair occurs \(options.minFrequency == 1 ? "any more" : "\(options.minFrequency) times"): the vocabulary "
          + "has "
          + "\(trained.tokenizer.vocabularySize) tokens, not \(size); more text gives more")
    }
    if options.trace { try show(trained.merges) }
    try options.finish(trained.tokenizer, console)
  }

  private var trainerOptions: BytePairTrainer.Options {
    var wanted = BytePairTrainer.Options(vocabularySize: options.vocabSize ?? 0)
    wanted.specialTokens = options.specialTokens
    wanted.minimumFrequency = options.minFrequency
    wanted.tieBreak = options.tieBreak.rule
    wanted.pattern = options.pretokenizer.pattern
    return wanted
  }

  private func show(_ merges: [TrainedMerge]) throws {
    if options.format == .json {
      let steps = merges.enumerated().map { index, merge -> JSON in
        [
          "step": JSON(index + 1), "pair": [.string(merge.leftText), .string(merge.rightText)],
          "count": .int(merge.count),
        ]
      }
      return try console.output.line(JSON.object(["merges": .array(steps)]).text())
    }
    for (index, merge) in merges.enumerated() {
      try console.output.line("\(index + 1)\t\(merge.leftText) + \(merge.rightText)\t\(merge.count)")
    }
  }
}

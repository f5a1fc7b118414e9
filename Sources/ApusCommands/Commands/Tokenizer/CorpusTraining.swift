// Training from texts as a command, for every algorithm that counts words first: texts in, progress and trace out.

import ApusCore
import ApusTokenizers

/// Trains a vocabulary of a wanted size.
struct CorpusTraining {
  let options: TokenizerTrain
  let console: Console

  func run() throws {
    var trainer = try trainer()
    try options.forEachText(console) { text in
      let progress = ProgressReporter(
        console, "Counting words of \(text.name)", total: text.bytes.count, unit: "bytes")
      var done = 0
      try trainer.add(text.bytes) { step throws(ApusError) in
        guard case .counting(let bytes, _) = step else { return }
        try console.interruption.check()
        text.release(done..<bytes)
        done = bytes
        progress.update(bytes)
      }
      progress.finish()
    }
    let trace =
      options.trace
      ? MergeTrace(format: options.format, output: console.output, isAllThereIs: options.output == nil) : nil
    let trained = try learn(trainer, trace)
    report(trained)
    try trace?.end(trained.merges)
    try options.finish(trained.tokenizer, console)
  }

  private func learn(_ trainer: any CorpusTrainer, _ trace: MergeTrace?) throws -> TrainedTokenizer {
    if let trace, trace.isLive { return try trainer.train { step throws(ApusError) in try show(step, trace) } }
    let isUnigram = options.chosenAlgorithm == .unigram
    let progress = ProgressReporter(
      console, isUnigram ? "Learning pieces" : "Merging pairs", total: isUnigram ? nil : options.vocabSize,
      unit: isUnigram ? "passes" : "tokens")
    do {
      let trained = try trainer.train { step throws(ApusError) in
        try console.interruption.check()
        switch step {
        case .counting: break
        case .merged(_, let tokens): progress.update(tokens)
        case .pruning(let pieces, let pass, let wanted):
          progress.update(pass, note: "\(pieces) pieces left on the way to \(wanted)")
        }
      }
      progress.finish()
      return trained
    } catch {
      progress.abandon()
      throw error
    }
  }

  /// The trace is the progress too: a bar would be drawn into its lines.
  private func show(_ step: TokenizerProgress, _ trace: MergeTrace) throws(ApusError) {
    try console.interruption.check()
    if case .merged(let merge, _) = step { try trace.show(merge) }
  }

  private func report(_ trained: TrainedTokenizer) {
    let size = options.vocabSize ?? 0
    if trained.leftOut.words > 0 {
      console.note(
        "The memory allowed did not suffice for all words: \(trained.leftOut.words) that occur less than "
          + "\(trained.leftOut.below) times (\(trained.leftOut.occurrences) occurrences) were left out")
    }
    guard trained.ranOutOfPairs else { return }
    let frequency = options.minFrequency ?? 1
    let reason =
      options.chosenAlgorithm == .unigram
      ? "No piece is left"
      : "No pair occurs "
        + (frequency == 1 ? "any more" : "\(frequency) times")
    console.note(
      "\(reason): the vocabulary has \(trained.tokenizer.vocabularySize) tokens, not \(size); more text gives more")
  }

  // MARK: The trainers

  private func trainer() throws -> any CorpusTrainer {
    let size = options.vocabSize ?? 0
    let memory = options.memory.map { TrainingMemory(bytes: $0.bytes, vocabularySize: size) }
    switch options.chosenAlgorithm {
    case .characterBPE: return try characterPairTrainer(size, memory)
    case .wordpiece: return try wordPieceTrainer(size, memory)
    case .unigram: return try unigramTrainer(size, memory)
    case .bpe, .characters, .textbook: return try bytePairTrainer(size, memory)
    }
  }

  private func bytePairTrainer(_ size: Int, _ memory: TrainingMemory?) throws -> BytePairTrainer {
    var wanted = BytePairTrainer.Options(vocabularySize: size)
    wanted.specialTokens = options.specialTokens
    wanted.minimumFrequency = options.minFrequency ?? wanted.minimumFrequency
    wanted.tieBreak = options.tieBreak?.rule ?? wanted.tieBreak
    wanted.pattern = options.pretokenizer?.pattern ?? wanted.pattern
    wanted.memory = memory
    return try BytePairTrainer(wanted)
  }

  private func characterPairTrainer(_ size: Int, _ memory: TrainingMemory?) throws -> CharacterPairTrainer {
    var wanted = CharacterPairTrainer.Options(vocabularySize: size)
    if !options.specialTokens.isEmpty { wanted.specialTokens = options.specialTokens }
    wanted.minimumFrequency = options.minFrequency ?? wanted.minimumFrequency
    wanted.alphabetLimit = options.limitAlphabet
    wanted.tieBreak = options.tieBreak?.rule ?? wanted.tieBreak
    wanted.endOfWord = options.endOfWordMark
    wanted.pattern = options.pretokenizer?.pattern ?? wanted.pattern
    wanted.memory = memory
    return try CharacterPairTrainer(wanted)
  }

  private func wordPieceTrainer(_ size: Int, _ memory: TrainingMemory?) throws -> WordPieceTrainer {
    var wanted = WordPieceTrainer.Options(vocabularySize: size)
    if !options.specialTokens.isEmpty { wanted.specialTokens = options.specialTokens }
    wanted.minimumFrequency = options.minFrequency ?? wanted.minimumFrequency
    wanted.alphabetLimit = options.limitAlphabet
    wanted.tieBreak = options.tieBreak?.rule ?? wanted.tieBreak
    wanted.lowercases = options.lowercase
    wanted.memory = memory
    return try WordPieceTrainer(wanted)
  }

  private func unigramTrainer(_ size: Int, _ memory: TrainingMemory?) throws -> UnigramTrainer {
    var wanted = UnigramTrainer.Options(vocabularySize: size)
    if !options.specialTokens.isEmpty { wanted.specialTokens = options.specialTokens }
    wanted.alphabetLimit = options.limitAlphabet
    wanted.fallsBackToBytes = options.byteFallback ?? wanted.fallsBackToBytes
    wanted.memory = memory
    return try UnigramTrainer(wanted)
  }
}

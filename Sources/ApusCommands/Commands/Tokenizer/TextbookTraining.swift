// The textbook's training as a command: every merge, its count and the words that it changed.

import ApusCore
import ApusTokenizers

/// Runs the textbook's trainer and shows what it does.
struct TextbookTraining {
  let options: TokenizerTrain
  let console: Console

  func run() throws {
    var trainer = try TextbookTrainer(words(), endOfWord: options.endOfWordMark)
    let trace = TextbookTrace(
      format: options.trace ? options.format : nil, output: console.output, isAllThereIs: options.output == nil)
    try trace.begin(trainer.words)
    var isAtEnd = false
    while trainer.steps.count < options.merges ?? 0 && !isAtEnd {
      let before = trainer.words
      if let step = trainer.step() {
        try trace.show(step, number: trainer.steps.count, before: before, after: trainer.words)
      } else {
        isAtEnd = true
      }
    }
    if isAtEnd { console.note("No pairs are left after \(trainer.steps.count) merges: every word is one symbol.") }
    try trace.end(trainer, isAtEnd: isAtEnd)
    if options.output != nil { try options.finish(trainer.tokenizer(specialTokens: options.specialTokens), console) }
  }

  private func words() throws -> [(word: [UInt8], count: Int64)] {
    if let path = options.wordCounts {
      var entries: [(word: [UInt8], count: Int64)] = []
      try TextInput.with(path, console) { entries = try WordCountsFile.parse(Array($0), file: TextInput.name(path)) }
      return entries
    }
    var counts = WordCounts()
    try options.forEachText(console) { counts.addWords(of: $0.bytes) }
    guard counts.count > 0 else {
      throw ApusError(.badData, "the text has no words", remedy: "give a text to learn from")
    }
    return counts.entries
  }
}

/// Writes the steps down, for people as they happen or for programs as one JSON object at the end.
struct TextbookTrace {
  /// nil for no trace.
  let format: OutputFormat?
  let output: Output
  /// Whether nothing else is made of the training.
  let isAllThereIs: Bool

  func begin(_ words: [TextbookWord]) throws {
    guard format == .text else { return }
    for word in words { try line("      \(Self.text(word))  \(word.count)") }
  }

  func show(_ step: TextbookStep, number: Int, before: [TextbookWord], after: [TextbookWord]) throws {
    guard format == .text else { return }
    let joined = Self.text(step.pair.left + step.pair.right)
    let pair = "\(Self.text(step.pair.left)) + \(Self.text(step.pair.right)) → \(joined)"
    let ties = step.ties.map { "\(Self.text($0.left)) + \(Self.text($0.right))" }.joined(separator: ", ")
    let also = ties.isEmpty ? "" : ", first seen of as many: \(ties)"
    try line("\(number). \(pair)  (\(step.count) times\(also))")
    for word in step.changedWords {
      try line("      \(Self.text(before[word])) → \(Self.text(after[word]))  \(after[word].count)")
    }
  }

  func end(_ trainer: TextbookTrainer, isAtEnd: Bool) throws {
    guard format == .json else { return }
    let steps = trainer.steps.enumerated().map { index, step -> JSON in
      let changed = step.changedWords.map { JSON.string(String(decoding: trainer.original($0), as: UTF8.self)) }
      return [
        "step": JSON(index + 1), "pair": Self.json(step.pair), "count": .int(step.count),
        "ties": .array(step.ties.map(Self.json)), "words": .array(changed),
      ]
    }
    let words = trainer.words.map { word -> JSON in
      ["symbols": .array(word.symbols.map { .string(Self.text($0)) }), "count": .int(word.count)]
    }
    let result: JSON.Object = [
      "merges": .array(steps), "words": .array(words), "stopped": isAtEnd ? "no pairs left" : .null,
    ]
    try line(JSON.object(result).text())
  }

  private func line(_ text: String) throws(ApusError) { try output.traceLine(text, isAllThereIs: isAllThereIs) }

  private static func json(_ pair: SymbolPair) -> JSON { [.string(text(pair.left)), .string(text(pair.right))] }
  private static func text(_ symbol: [UInt8]) -> String { String(decoding: symbol, as: UTF8.self) }
  private static func text(_ word: TextbookWord) -> String { word.symbols.map(text).joined(separator: " ") }
}

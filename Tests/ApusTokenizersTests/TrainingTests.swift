// Training: the learner against the textbook, against an HF-like slow rule, for any number of threads, and at its
// borders.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct TrainingTests {
  /// Random words over few letters, so that ties and repetitions are frequent.
  private static func randomWords(_ generator: inout SeededGenerator) -> [(word: [UInt8], count: Int64)] {
    var counts = WordCounts()
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      counts.add(
        RandomText.word(upTo: 9, using: &generator), count: Int64(Int.random(in: 1...5, using: &generator)))
    }
    return counts.entries
  }

  @Test func theLearnerAgreesWithTheTextbook() throws {
    var generator = SeededGenerator(9)
    for _ in 0..<500 {
      let entries = Self.randomWords(&generator)
      var textbook = try TextbookTrainer(entries, endOfWord: [])
      var words = SymbolWords()
      for (word, count) in entries { words.append(word.map { Int32($0) }, count: count) }
      var learner = MergeLearner(words: words, symbols: (0...255).map { [UInt8($0)] }, rule: .first)
      while let step = textbook.step() {
        let merge = learner.next()
        let pair = merge.map {
          SymbolPair(left: Array(learner.text(of: $0.left)), right: Array(learner.text(of: $0.right)))
        }
        #expect(pair == step.pair && merge?.count == step.count, "step \(textbook.steps.count) of \(entries)")
        if pair != step.pair { return }
      }
      #expect(learner.next() == nil)
    }
  }

  @Test func leastPairWinsTiesUnderTheLibraryRules() {
    // Both pairs occur twice. A space is the least byte, but its stand-in U+0120 comes behind all letters.
    let entries: [(word: [UInt8], count: Int64)] = [(Array(" b".utf8), 2), (Array("ab".utf8), 2)]
    for (rule, expected) in [(TieBreak.huggingface, "ab"), (.rustbpe, " b"), (.first, " b")] {
      var alphabet = (0...255).map { UInt8($0) }
      if rule == .huggingface { alphabet = ByteAlphabet.bytesByStandIn }
      var words = SymbolWords()
      for (word, count) in entries {
        words.append(word.map { byte in Int32(alphabet.firstIndex(of: byte) ?? 0) }, count: count)
      }
      var learner = MergeLearner(words: words, symbols: alphabet.map { [$0] }, rule: rule)
      let first = learner.next().map { learner.text(of: $0.symbol) }
      #expect(first.map { String(decoding: $0, as: UTF8.self) } == expected, "\(rule)")
    }
  }

  private static func train(
    _ options: BytePairTrainer.Options, texts: [String], threads: Int = 2
  ) throws -> TrainedTokenizer {
    var trainer = try BytePairTrainer(options, pool: ThreadPool(threads: threads))
    for text in texts { trainer.add(Array(text.utf8)) }
    return try trainer.train()
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    var generator = SeededGenerator(10)
    let words = (0..<3_000).map { _ in String(decoding: RandomText.word(upTo: 7, using: &generator), as: UTF8.self) }
    var text = ""
    while text.utf8.count < 3 << 20 {
      text += words.randomElement(using: &generator) ?? ""
      text += Int.random(in: 0..<9, using: &generator) == 0 ? "\n" : " "
    }
    var results: [[TrainedMerge]] = []
    for threads in [1, 2, 3] {
      for rule in TieBreak.allCases {
        var options = BytePairTrainer.Options(vocabularySize: 400)
        options.tieBreak = rule
        results.append(try Self.train(options, texts: [text], threads: threads).merges)
      }
    }
    #expect(results[0] == results[3] && results[3] == results[6])
    #expect(results[1] == results[4] && results[4] == results[7])
    #expect(results[2] == results[5] && results[5] == results[8])
    // Counting in parts is the same as counting all at once.
    var whole = WordCounts()
    Array(text.utf8).withUnsafeBufferPointer { text in
      Splitter([.gpt2]).forEachPiece(in: text, range: 0..<text.count) { whole.add($0) }
    }
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300))
    trainer.add(Array(text.utf8))
    #expect(trainer.wordCounts.entries.elementsEqual(whole.entries) { $0 == $1 })
  }

  @Test func specialTokensAreCutOutOfTheText() throws {
    let text = String(repeating: "ab<|endoftext|>\nab ", count: 10)
    let trained = try Self.train(BytePairTrainer.Options(vocabularySize: 300), texts: [text])
    let joined = trained.merges.map { String(decoding: $0.left + $0.right, as: UTF8.self) }
    #expect(joined == ["ab", " ab"] && trained.ranOutOfPairs)
    #expect(trained.tokenizer.vocabularySize == 259 && trained.tokenizer.specialTokens.endOfText == 0)
    #expect(try trained.tokenizer.encode("ab<|endoftext|>", special: .recognised) == [257, 0])
  }

  @Test func minimumFrequencyStopsEarlier() throws {
    var options = BytePairTrainer.Options(vocabularySize: 300)
    options.minimumFrequency = 3
    let trained = try Self.train(options, texts: ["abab abab xyz xyz"])
    #expect(trained.merges.allSatisfy { $0.count >= 3 } && trained.ranOutOfPairs && !trained.merges.isEmpty)
  }

  @Test func whatCannotBeTrainedIsRefused() throws {
    let small = #expect(throws: ApusError.self) { try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 256)) }
    #expect(small?.kind == .usage && small?.description.contains("257") == true)
    let empty = #expect(throws: ApusError.self) {
      try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300)).train()
    }
    #expect(empty?.kind == .badData)
    for specials in [["a", "a"], [""], ["a\nb"]] {
      var options = BytePairTrainer.Options(vocabularySize: 300)
      options.specialTokens = specials.map { Array($0.utf8) }
      #expect(throws: ApusError.self) { try BytePairTrainer(options) }
    }
  }

  @Test func countsThatOverflowAreRefused() {
    let counts: [(word: [UInt8], count: Int64)] = [(Array("ab".utf8), .max / 3), (Array("cd".utf8), 5)]
    let error = #expect(throws: ApusError.self) { try TextbookTrainer(counts, endOfWord: []) }
    #expect(error?.kind == .badData)
    #expect(throws: ApusError.self) { try TextbookTrainer([([97], 1)], endOfWord: Array("a b".utf8)) }
    #expect(throws: ApusError.self) { try TextbookTrainer([(Array("x·y".utf8), 1)], endOfWord: Array("·".utf8)) }
  }

  @Test func trainedTextComesBackAndIsShorter() throws {
    let text = String(repeating: "low lower newest widest ", count: 50)
    let trained = try Self.train(BytePairTrainer.Options(vocabularySize: 290), texts: [text])
    let ids = try trained.tokenizer.encode(text)
    #expect(try trained.tokenizer.decode(ids) == Array(text.utf8))
    #expect(ids.count == 201, "one token a word, but for the first, which has no space before it, and the last space")
  }
}

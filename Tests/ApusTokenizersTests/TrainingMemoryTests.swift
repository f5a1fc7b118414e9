// Training within a budget: runs on disk and their merger give what one table would, and the rarest words are left out
// where learning would take too much.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct TrainingMemoryTests {
  private static func text(words: Int, _ seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed)
    var text: [UInt8] = []
    for index in 0..<words {
      text += RandomText.word(upTo: 9, using: &generator)
      text.append(index % 9 == 8 ? 0x0A : 0x20)
    }
    return text
  }

  private static func words(_ text: [UInt8], _ memory: TrainingMemory?, threads: Int) throws -> TrainingWords {
    let counter = WordCounter(splitter: Splitter([.gpt2]), specialTokens: SpecialTokens())
    var words = TrainingWords(counter: counter, memory: memory, pool: ThreadPool(threads: threads))
    try text.withUnsafeBufferPointer { text in try words.add(text) { _ throws(ApusError) in } }
    return words
  }

  @Test func runsOnDiskGiveWhatOneTableWould() throws {
    let text = Self.text(words: 60_000, 61)
    let whole = try Self.words(text, nil, threads: 2).collected().counts
    for threads in [1, 3] {
      var memory = TrainingMemory(bytes: 1 << 30)
      memory.table = 100_000
      let words = try Self.words(text, memory, threads: threads)
      #expect(words.hasSpilled && words.table.count < whole.count)
      for _ in 0..<2 {
        let (counts, leftOut) = try words.collected()
        #expect(counts.entries.map(\.word) == whole.entries.map(\.word), "in order of first appearance")
        #expect(counts.entries.map(\.count) == whole.entries.map(\.count) && leftOut == LeftOutWords())
      }
    }
  }

  @Test func theRarestWordsAreLeftOut() throws {
    let text = Self.text(words: 30_000, 62)
    let whole = try Self.words(text, nil, threads: 1).collected().counts
    for table in [50_000, 1 << 30] {
      var memory = TrainingMemory(bytes: 1 << 30)
      memory.table = table
      memory.learning = 200_000
      let words = try Self.words(text, memory, threads: 2)
      #expect(words.hasSpilled == (table < 1 << 30))
      let (counts, leftOut) = try words.collected()
      let kept = whole.entries.filter { $0.count >= leftOut.below }
      #expect(leftOut.words > 0 && counts.entries.map(\.word) == kept.map(\.word))
      #expect(counts.total + leftOut.occurrences == whole.total && counts.count + leftOut.words == whole.count)
      #expect(kept.reduce(0) { $0 + TrainingMemory.cost(ofWordOf: $1.word.count) } <= memory.learning)
    }
  }

  @Test func aBudgetForNothingIsAnError() throws {
    var memory = TrainingMemory(bytes: 1)
    #expect(memory.bytes == TrainingMemory.least() && memory.bytes == 64 << 20)
    let large = TrainingMemory(bytes: 1 << 27, vocabularySize: 100_000)
    #expect(large.table < TrainingMemory(bytes: 1 << 27).table && large.learning < 3 * large.table + 4)
    #expect(TrainingMemory.least(vocabularySize: 200_000) > 110 << 20)
    #expect(TrainingMemory(bytes: 1, vocabularySize: .max).bytes == TrainingMemory.least(vocabularySize: .max))
    memory.learning = 10
    let words = try Self.words(Array("a a b".utf8), memory, threads: 1)
    #expect(throws: ApusError.self) { try words.collected() }
    #expect(throws: ApusError.self) { try Self.words([], memory, threads: 1).collected() }
  }

  @Test func trainingWithSpillsGivesTheSameMerges() throws {
    let text = Self.text(words: 40_000, 63)
    var results: [[TrainedMerge]] = []
    for table in [nil, 60_000] {
      for rule in TieBreak.allCases {
        var options = BytePairTrainer.Options(vocabularySize: 330)
        options.tieBreak = rule
        options.memory = TrainingMemory(bytes: 1 << 30)
        if let table { options.memory?.table = table }
        var trainer = try BytePairTrainer(options)
        try text.withUnsafeBufferPointer { text in try trainer.add(text) { _ throws(ApusError) in } }
        results.append(try trainer.train().merges)
      }
    }
    #expect(Array(results[..<3]) == Array(results[3...]) && results[0].count > 60)
  }

  @Test func runsSortAsBytesDo() {
    var generator = SeededGenerator(64)
    var counts = WordCounts()
    for _ in 0..<2000 { counts.add(RandomText.bytes(upTo: 12, using: &generator)) }
    counts.add([])
    for length in 1...3 { counts.add([0x61] + [UInt8](repeating: 0, count: length)) }
    let sorted = counts.indicesByWord.map { Array(counts.word($0)) }
    #expect(sorted == counts.entries.map(\.word).sorted { $0.lexicographicallyPrecedes($1) })
  }
}

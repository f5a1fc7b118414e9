// Training against the textbook's example and the merges of the reference trainers.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct TrainingFixtureTests {
  @Test func theTextbooksExampleStepByStep() throws {
    guard let folder = Fixtures.folder("tokenizers", for: "textbook") else { return }
    var steps = 0
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.lastPathComponent.hasPrefix("train_toy") {
      for (reading, expected) in try #require(JSON.parse(FixtureFiles.read(file)).object) where expected.object != nil {
        for (merges, final) in [("merges", "final"), ("merges_20", "final_20")] where expected[merges] != nil {
          let vocabulary = try #require(expected["vocab"]?.object)
          let end = try #require(expected[final]?.object)
          steps += try check(vocabulary, expected[merges]?.array ?? [], end, reading)
        }
      }
    }
    print("textbook: \(steps) steps")
  }

  /// Follows one list of steps; the words are symbols with spaces between, the last a mark or nothing.
  private func check(_ words: JSON.Object, _ steps: [JSON], _ final: JSON.Object, _ reading: String) throws -> Int {
    let marks = Set(words.keys.map { $0.split(separator: " ", omittingEmptySubsequences: false).last ?? "" })
    let mark = String(marks.count == 1 ? marks.first ?? "" : "")
    let counts = try words.map { key, count in
      let symbols = key.split(separator: " ", omittingEmptySubsequences: false).dropLast()
      return (word: Array(symbols.joined().utf8), count: Int64(try #require(count.int)))
    }
    var trainer = try TextbookTrainer(counts, endOfWord: Array(mark.utf8))
    for expected in steps {
      let next = trainer.step()
      if expected["stopped"] != nil {
        #expect(next == nil, "\(reading)")
        continue
      }
      let step = try #require(next)
      #expect(expected["count"]?.int == Int(step.count) && pair(expected["pair"]) == step.pair, "\(reading)")
      // The fixture lists ties by pair, not as they are seen.
      #expect(Set((expected["ties"]?.array ?? []).map { pair($0) }) == Set(step.ties), "\(reading)")
    }
    let found = trainer.words.map { word in
      word.symbols.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") + (mark.isEmpty ? " " : "")
    }
    #expect(found == final.keys, "\(reading)")
    return steps.count
  }

  private func pair(_ value: JSON?) -> SymbolPair? {
    guard let parts = value?.array?.compactMap(\.string), parts.count == 2 else { return nil }
    return SymbolPair(left: Array(parts[0].utf8), right: Array(parts[1].utf8))
  }

  @Test func mergesAreThoseOfTheReferenceTrainers() throws {
    guard let folder = Fixtures.folder("tokenizers", for: "training") else { return }
    let corpus = folder.appending(path: "../../data/tinyshakespeare.txt").standardizedFileURL
    guard FileManager.default.fileExists(atPath: corpus.path) else { return print("training: skipped, no corpus") }
    let text = Array(try Data(contentsOf: corpus))
    var merges = 0
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.lastPathComponent.hasPrefix("train_tinyshakespeare") {
      let fixture = try JSON.parse(FixtureFiles.read(file))
      let slice = fixture["slice"]?.array?.compactMap(\.int) ?? []
      guard slice.count == 2, slice[0] >= 0, slice[0] <= slice[1], slice[1] <= text.count else { continue }
      let size = try #require(fixture["vocab_size"]?.int)
      let part = Array(text[slice[0]..<slice[1]])
      if let expected = fixture["hf"]?["merges"]?.array {
        let found = try Self.train(part, size, .huggingface, .gpt2).map { merge in
          JSON.array([.string(ByteAlphabet.spelling(of: merge.left)), .string(ByteAlphabet.spelling(of: merge.right))])
        }
        let difference = zip(found, expected).enumerated().first { $1.0 != $1.1 }
        #expect(found == expected, "\(file.lastPathComponent): \(String(describing: difference))")
        merges += found.count
      }
      if let expected = fixture["rustbpe"]?["ranks_b64_in_id_order"]?.array {
        let found = try Self.train(part, size, .rustbpe, .cl100k).map { $0.left + $0.right }
        #expect(found == expected.dropFirst(256).map { FixtureFiles.bytes($0) }, "\(file.lastPathComponent)")
        merges += found.count
      }
    }
    print("training: \(merges) merges")
  }

  private static func train(
    _ text: [UInt8], _ size: Int, _ rule: TieBreak, _ pattern: SplitPattern
  ) throws -> [TrainedMerge] {
    var options = BytePairTrainer.Options(vocabularySize: size)
    options.specialTokens = []
    options.tieBreak = rule
    options.pattern = pattern
    var trainer = try BytePairTrainer(options)
    trainer.add(text)
    return try trainer.train().merges
  }
}

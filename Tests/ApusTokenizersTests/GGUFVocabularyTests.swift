// The vocabularies inside GGUF files: llama.cpp's own pairs of texts and ids beside them, and what is damaged.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct GGUFVocabularyTests {
  /// The GGUF files below the vocabularies.
  private static func files() -> [URL] {
    guard let root = Fixtures.vocabularies else {
      print("GGUF vocabularies: none here, skipped")
      return []
    }
    let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    let urls = (walk?.allObjects ?? []).compactMap { $0 as? URL }
    return urls.filter { $0.pathExtension == "gguf" }.sorted { $0.path < $1.path }
  }

  @Test func textsGiveLlamaCppsIds() throws {
    var (count, cases) = (0, 0)
    for file in Self.files() {
      let tokenizer = try #require(try TokenizerFile.load(gguf: file.path))
      count += 1
      guard let input = try? String(contentsOf: file.appendingPathExtension("inp"), encoding: .utf8) else { continue }
      let output = try String(contentsOf: file.appendingPathExtension("out"), encoding: .utf8)
      let texts = input.components(separatedBy: "\n__ggml_vocab_test__\n")
      for (text, line) in zip(texts, output.components(separatedBy: "\n")) {
        let expected = line.split(separator: " ").compactMap { Int32($0) }
        let ids = try tokenizer.encode(text)
        #expect(ids == expected, "\(file.lastPathComponent): \(JSON(text).text())")
        cases += 1
      }
    }
    print("GGUF vocabularies: \(count) files, \(cases) cases")
  }

  private static func small() -> GGUFVocabulary {
    var vocabulary = GGUFVocabulary(model: "gpt2")
    vocabulary.pre = "gpt-2"
    vocabulary.tokens = PackedStrings(["a", "b", "ab", "<|end|>"].map { Array($0.utf8) })
    vocabulary.types = [1, 1, 1, 3]
    vocabulary.merges = PackedStrings(["a b"].map { Array($0.utf8) })
    vocabulary.end = 3
    return vocabulary
  }

  @Test func whatIsDamagedIsNamed() throws {
    #expect(try Self.small().tokenizer().encode("abba<|end|>", special: .recognised) == [2, 1, 0, 3])
    let damages: [(inout GGUFVocabulary) -> Void] = [
      { $0.model = "other" }, { $0.pre = "other" }, { $0.types = [1] }, { $0.scores = [1] }, { $0.end = 4 },
      { $0.unknown = -1 }, { $0.merges.append(Array("ab".utf8)) }, { $0.merges.append(Array("a c".utf8)) },
      { $0.merges.append(Array("ab b".utf8)) }, { $0.tokens = PackedStrings() }, { $0.model = "llama" },
      { $0.model = "bert" },
    ]
    for (index, damage) in damages.enumerated() {
      var vocabulary = Self.small()
      damage(&vocabulary)
      let error = #expect(throws: ApusError.self, "damage \(index)") { try vocabulary.tokenizer(file: "x.gguf") }
      #expect(error?.kind == .badData && error?.file == "x.gguf")
    }
  }

  @Test func whatLooksLikeAMarkIsNotFoundInForeignText() throws {
    var vocabulary = Self.small()
    vocabulary.tokens.append(Array("<|user|>".utf8))
    vocabulary.tokens.append(Array("bab".utf8))
    vocabulary.types += [4, 4]
    let tokenizer = try vocabulary.tokenizer()
    #expect(try tokenizer.encode("a<|user|>", special: .recognised) == [0, 4])
    #expect(try tokenizer.encode("abab<|user|>").prefix(2) == [0, 5])
    #expect(try !tokenizer.encode("abab<|user|>").contains(4))
  }
}

// The prompts of the references on real checkpoints: their ids with all that the model expects round them.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct ReferencePromptTests {
  private static func references() throws -> [(name: String, content: JSON)] {
    guard let folder = Fixtures.folder("reference", for: "reference prompts") else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    return try names.sorted().map { name in
      (String(name.dropLast(5)), try JSON.parse(FixtureFiles.read(folder.appending(path: name))))
    }
  }

  @Test func promptsOfGGUFFilesAreLlamaCpps() throws {
    var cases = 0
    for (name, content) in try Self.references() {
      let path = Fixtures.vocabularies?.appending(path: "\(name)/gguf_tokenizer.json")
      guard let path, FileManager.default.fileExists(atPath: path.path) else { continue }
      let vocabulary = try GGUFVocabulary(keys: JSON.parse(FixtureFiles.read(path)))
      let tokenizer = try vocabulary.tokenizer()
      let again = try tokenizer.ggufVocabulary().tokenizer()
      for prompt in content["prompts"]?.array ?? [] {
        let text = try #require(prompt["prompt"]?.string)
        let special: SpecialTokenPolicy = prompt["parse_special"]?.bool == true ? .recognised : .plainText
        let expected = try #require(FixtureFiles.ids(prompt["prompt_token_ids"]))
        #expect(try tokenizer.encodeFramed(text, special: special).ids == expected, "\(name): \(text)")
        #expect(try again.encodeFramed(text, special: special).ids == expected, "\(name) written and read: \(text)")
        cases += 1
      }
    }
    print("reference prompts: \(cases) of GGUF vocabularies")
  }

  @Test func sentencesOfEncodersAreFramedAsTheReferenceFramesThem() throws {
    guard let folder = Fixtures.vocabularies else { return }
    let vocabularies = ["tokenizer.json", "vocab.txt"].map { folder.appending(path: "bert_uncased/\($0)").path }
      .filter { FileManager.default.fileExists(atPath: $0) }
    var cases = 0
    for (_, content) in try Self.references() {
      for path in vocabularies {
        let tokenizer = try TokenizerFile.load(path: path)
        for sentence in content["sentences"]?.array ?? [] {
          let text = try tokenizer.encodeFramed(#require(sentence["text"]?.string))
          #expect(text.ids == FixtureFiles.ids(sentence["token_ids"]))
          #expect(text.types == [Int32](repeating: 0, count: text.ids.count))
          #expect(tokenizer.specialTokens.mask == tokenizer.specialTokens.id(of: Array("[MASK]".utf8)))
          cases += 1
        }
      }
    }
    print("reference sentences: \(cases)")
  }
}

extension GGUFVocabulary {
  /// Of keys written as JSON.
  init(keys: JSON) throws {
    func value(_ key: String) -> JSON? { keys["tokenizer.ggml.\(key)"] }
    func id(_ key: String) -> Int32? { value(key)?.int.map { Int32($0) } }
    self.init(model: try #require(value("model")?.string))
    pre = value("pre")?.string
    tokens = PackedStrings((value("tokens")?.array ?? []).map { Array(($0.string ?? "").utf8) })
    merges = PackedStrings((value("merges")?.array ?? []).map { Array(($0.string ?? "").utf8) })
    scores = (value("scores")?.array ?? []).map { Float($0.double ?? 0) }
    types = (value("token_type")?.array ?? []).map { Int32($0.int ?? 1) }
    (beginning, end, unknown) = (id("bos_token_id"), id("eos_token_id"), id("unknown_token_id"))
    addsBeginning = value("add_bos_token")?.bool
    addsEnd = value("add_eos_token")?.bool
    addsSpacePrefix = value("add_space_prefix")?.bool
  }
}

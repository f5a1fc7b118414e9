// Where words begin, for each way in which vocabularies mark it.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct WordStartsTests {
  /// The tokens of a text, joined to words by the rule.
  private func words(_ text: String, _ tokenizer: PipelineTokenizer) throws -> [String] {
    let starts = WordStarts(tokenizer)
    let ids = try tokenizer.encode(text, special: .recognised)
    var words: [[UInt8]] = []
    for (place, id) in ids.enumerated() {
      let bytes = tokenizer.bytes(of: id) ?? []
      if place == 0 || starts.begins(id, after: ids[place - 1]) {
        words.append(bytes)
      } else {
        words[words.count - 1] += bytes
      }
    }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func bytePairsTellByTheSpace() throws {
    var options = BytePairTrainer.Options(vocabularySize: 262)
    options.specialTokens = [Array("[MASK]".utf8)]
    var trainer = try BytePairTrainer(options)
    trainer.add(Array("two wee birds".utf8))
    let tokenizer = try trainer.train().tokenizer
    let expected = ["two", " wee", " birds", ".", " (", "Größe", "]", "\n", "42", "[MASK]", "x"]
    // A space alone is a word where the vocabulary has not joined it to what follows.
    let found = try words("two wee birds. (Größe]\n42[MASK]x", tokenizer)
    #expect(found.filter { $0 != " " }.map { $0.filter { $0 != " " } } == expected.map { $0.filter { $0 != " " } })
  }

  @Test func charactersTellByTheSpaceBetween() throws {
    var trainer = try CharacterTrainer()
    trainer.add(Array("an old, old tree".utf8))
    #expect(try words("an old, tree", try trainer.train()) == ["an", " ", "old", ",", " ", "tree"])
  }

  @Test func wordsWithAMarkAtTheirEndTellByIt() throws {
    var trainer = try TextbookTrainer([(Array("old".utf8), 3), (Array("tree".utf8), 2)], endOfWord: Array("</w>".utf8))
    while trainer.step() != nil {}
    let tokenizer = try trainer.tokenizer()
    #expect(try words("old tree old", tokenizer) == ["old ", "tree ", "old "])
  }
}

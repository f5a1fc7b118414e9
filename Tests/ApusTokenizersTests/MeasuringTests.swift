// What is counted of texts and vocabularies: by hand on small tokenizers.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct MeasuringTests {
  /// A token for each character.
  private static func characters(_ text: String) throws -> PipelineTokenizer {
    var trainer = try CharacterTrainer()
    trainer.add(Array(text.utf8))
    return try trainer.train()
  }

  @Test func spacesAndPunctuationCountWithTheLettersBeforeThem() throws {
    let text = "¡ab, c!  Дом 12. 中文。"
    var measure = ScriptMeasure(try Self.characters(text))
    try measure.add(Array(text.utf8))
    let (scripts, total) = (measure.scripts, measure.total)
    #expect(scripts.map(\.script) == ["Cyrillic", "Latin", "Han"])
    #expect(scripts.map(\.characters) == [8, 9, 3])
    #expect(scripts.map(\.bytes) == [11, 10, 9])
    #expect(scripts.map(\.words) == [2, 2, 1])
    #expect(total.bytes == text.utf8.count && total.characters == text.unicodeScalars.count && total.tokens == 20)
    #expect(scripts.reduce(0) { $0 + $1.tokens } == total.tokens)
    #expect(scripts[2].tokensPerWord == nil && scripts[1].tokensPerWord == 4.5)
    #expect(total.tokensPerCharacter == 1 && total.tokensPerWord == nil, "Han has no words")
    var latin = ScriptMeasure(try Self.characters(text))
    try latin.add(Array("ab, c".utf8))
    #expect(latin.total.tokensPerWord == 2.5)
  }

  @Test func aTextInPartsCountsAsTheWhole() throws {
    let line = "the quick brown fox; наш дом\n"
    var options = BytePairTrainer.Options(vocabularySize: 300)
    options.pattern = .gpt2
    var trainer = try BytePairTrainer(options)
    trainer.add(Array(line.utf8))
    let tokenizer = try trainer.train().tokenizer
    let text = Array(String(repeating: line, count: 200).utf8)
    var measure = ScriptMeasure(tokenizer, longestPart: 1_000)
    try measure.add(text)
    #expect(try measure.total.tokens == tokenizer.countTokens(text))
    #expect(measure.total.bytes == text.count)
  }

  @Test func textWithoutLettersAndNoTextAtAll() throws {
    var measure = ScriptMeasure(try Self.characters(" 1"))
    #expect(measure.total.bytesPerToken.isNaN && measure.scripts.isEmpty)
    try measure.add(Array("1 1".utf8))
    #expect(measure.scripts.map(\.script) == ["Common"] && measure.total.tokens == 3)
    try measure.add([])
    #expect(measure.total.tokens == 3)
  }

  @Test func aVocabularyIsCounted() throws {
    let json = #"""
      {"added_tokens":[{"id":6,"content":"<x>","special":true}],
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"},
      "model":{"type":"BPE","vocab":{"a":0,"Ġ":1,"Ġa":2,"Ð":3,"°":4,"Ð°":5},"merges":["Ġ a","Ð °"]}}
      """#
    let census = VocabularyCensus(try TokenizerFile.load(bytes: Array(json.utf8)))
    #expect(census.ids == [0, 1, 2, 3, 4, 5] && census.byteCount == 8)
    #expect(census.partial == 2 && census.beginningWithSpace == 2)
    #expect(census.scripts.map(\.script) == ["Latin", "Common", "Cyrillic"])
    #expect(census.scripts.map(\.count) == [2, 1, 1])
    #expect(census.longest(2).map(\.id) == [2, 5] && census.longest(2).last?.bytes == Array("а".utf8))
  }
}

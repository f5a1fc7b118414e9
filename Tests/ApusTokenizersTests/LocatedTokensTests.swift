// The places of tokens in the text: against the tokenizers library's, by hand, and against plain encoding.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct LocatedTokensTests {
  /// Reads a tokenizer of whole words or pieces whose components a test spells.
  private static func tokenizer(_ components: String, model: String) throws -> any Tokenizer {
    let added = #"[{"id":9,"content":"<x>","special":true,"lstrip":true}]"#
    let json = #"{"added_tokens":\#(added),\#(components),"model":\#(model)}"#
    return try TokenizerFile.load(bytes: Array(json.utf8))
  }

  private static func pieces(_ tokenizer: any Tokenizer, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    return try tokenizer.locate(bytes, special: .recognised).bytes.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  private static let wordPiece =
    ##"""
    {"type":"WordPiece","vocab":{"ecole":0,"##s":1,"du":2,"[UNK]":3},"unk_token":"[UNK]",
    "continuing_subword_prefix":"##","max_input_chars_per_word":9}
    """##

  @Test func aRewrittenTextHasThePlacesOfTheOriginal() throws {
    let tokenizer = try Self.tokenizer(
      #"""
      "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":true,
      "lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"}
      """#, model: Self.wordPiece)
    let pieces = try Self.pieces(tokenizer, "Écoles  DU <x>中 E\u{301}cole")
    #expect(pieces.map { Array($0.utf8) } == ["École", "s", "DU", " <x>", "中", "E\u{301}cole"].map { Array($0.utf8) })
    let text = Array("É DU".utf8)
    let located = try tokenizer.locate(text, special: .plainText)
    #expect(located.ids == [3, 2] && located.bytes == [0..<2, 3..<5])
    #expect(located.characters(in: text) == [0..<1, 2..<4])
  }

  @Test func halfACharacterHasThePlaceOfTheWhole() throws {
    let tokenizer = try Self.tokenizer(
      #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}"#,
      model: #"{"type":"BPE","vocab":{"Ġ":0,"a":1,"Ġa":2,"Ã":3,"©":4},"merges":["Ġ a"]}"#)
    #expect(try Self.pieces(tokenizer, "aéa a") == ["a", "é", "é", "a", " a"])
    let invalid: [UInt8] = [0x61, 0xC3, 0x61]
    #expect(try tokenizer.locate(invalid, special: .plainText).characters(in: invalid) == [0..<1, 1..<2, 2..<3])
  }

  @Test func unknownCharactersThatAreOneTokenHaveOnePlace() throws {
    let tokenizer = try Self.tokenizer(
      #""pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}"#,
      model: #"{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-2],["▁a",-3],["b",-4]]}"#)
    #expect(try Self.pieces(tokenizer, "a xyb") == ["a", " ", "xy", "b"])
  }

  /// Every component of the library: the ids are those of encoding, the places lie in the text and in order.
  @Test func placesChangeNoId() throws {
    var cases = 0
    let path = Fixtures.package.appending(path: "Tests/ApusTokenizersTests/Cases/huggingface.jsonl")
    for document in try FixtureFiles.lines(path) {
      let tokenizer = try TokenizerFile.load(bytes: #require(document["tokenizer"]).serialized())
      for line in document["cases"]?.array ?? [] {
        let text = Array(try #require(line["t"]?.string).utf8)
        let located = try tokenizer.locate(text, special: .recognised)
        #expect(try located.ids == tokenizer.encode(text, special: .recognised), "\(document["name"] ?? .null)")
        #expect(located.bytes.count == located.ids.count, "\(document["name"] ?? .null) \(line["t"] ?? .null)")
        #expect(located.bytes.allSatisfy { $0.upperBound <= text.count })
        cases += 1
      }
    }
    print("places: \(cases) cases")
  }

  @Test func theThreadsDoNotChangeABatch() throws {
    var generator = SeededGenerator(31)
    let (tokenizer, _) = try BytePairTests.random(&generator)
    let texts = (0..<300).map { _ in RandomText.bytes(upTo: 80, using: &generator) }
    let batch = try tokenizer.encodeBatch(texts, pool: ThreadPool(threads: 4))
    #expect(try batch == tokenizer.encodeBatch(texts, pool: ThreadPool(threads: 1)))
    #expect(batch.count == 300)
    for (index, text) in texts.enumerated() { #expect(try Array(batch[index]) == tokenizer.encode(text)) }
    #expect(try tokenizer.encodeBatch([]).count == 0)
  }

  @Test func whatIsRefusedIsNamedWithItsPlace() throws {
    var generator = SeededGenerator(32)
    let (tokenizer, _) = try BytePairTests.random(&generator)
    let end = try #require(tokenizer.specialTokens.endOfText)
    let texts = ["a", "ab<|endoftext|>"].map { Array($0.utf8) }
    for policy in [SpecialTokenPolicy.forbidden, .refused([end])] {
      let error = #expect(throws: ApusError.self) { try tokenizer.encodeBatch(texts, special: policy) }
      #expect(error?.place == "text 1, byte 2" && error?.problem.contains("<|endoftext|>") == true)
    }
    #expect(try tokenizer.encode(texts[1], special: .refused([])) == tokenizer.encode(texts[1]))
    #expect(try !tokenizer.encode(texts[1]).contains(end), "plain text unless asked otherwise")
  }
}

// Reading and writing tokenizer.json: what is written reads back the same, what is damaged or unsupported is named.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct TokenizerFileTests {
  private static func trained(_ pattern: SplitPattern = .gpt2) throws -> PipelineTokenizer {
    var options = BytePairTrainer.Options(vocabularySize: 300)
    options.specialTokens = [Array("<|endoftext|>".utf8), Array("<pad>".utf8)]
    options.pattern = pattern
    var trainer = try BytePairTrainer(options)
    trainer.add(Array(String(repeating: "Zwei höhere Bäume, two higher trees. ", count: 20).utf8))
    return try trainer.train().tokenizer
  }

  @Test(arguments: [SplitPattern.gpt2, .cl100k, .qwen2])
  func whatIsWrittenReadsBackTheSame(_ pattern: SplitPattern) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let written = try Self.trained(pattern)
    try written.save(to: folder)
    for path in [folder, FileSystem.join(folder, "tokenizer.json")] {
      let read = try TokenizerFile.load(path: path)
      #expect(read.vocabularySize == written.vocabularySize && read.specialTokens == written.specialTokens)
      #expect(read.specialTokens.endOfText == 0 && read.specialTokens.padding == 1)
      var generator = SeededGenerator(11)
      for _ in 0..<500 {
        let bytes = RandomText.bytes(upTo: 50, using: &generator) + Array("<pad>".utf8)
        for special in [SpecialTokenPolicy.plainText, .recognised] {
          let ids = try written.encode(bytes, special: special)
          #expect(try read.encode(bytes, special: special) == ids)
          #expect(try read.decode(ids) == bytes)
        }
      }
    }
    let again = try #require(try TokenizerFile.load(path: folder) as? PipelineTokenizer)
    #expect(again.json == written.json)
  }

  @Test func charactersAreSortedAndReadBack() throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var trainer = try CharacterTrainer()
    trainer.add(Array("hé 中!\n😀a".utf8))
    let tokenizer = try trainer.train()
    #expect(tokenizer.vocabularySize == 8)
    let characters = (0..<8).map { String(decoding: tokenizer.bytes(of: $0) ?? [], as: UTF8.self) }
    #expect(characters == ["\n", " ", "!", "a", "h", "é", "中", "😀"])
    try tokenizer.save(to: folder)
    let read = try TokenizerFile.load(path: folder)
    #expect(try read.encode("a中é") == [3, 6, 5])
    #expect(throws: ApusError.self) { try read.encode("b") }
    var invalid = try CharacterTrainer()
    invalid.add([0x61, 0xFF])
    #expect(throws: ApusError.self) { try invalid.train() }
    #expect(throws: ApusError.self) { try CharacterTrainer().train() }
  }

  @Test func anUnknownTokenStandsForWhatIsMissing() throws {
    var trainer = try CharacterTrainer(specialTokens: [Array("<unk>".utf8)])
    trainer.add(Array("ab".utf8))
    let tokenizer = try trainer.train()
    let read = try TokenizerFile.load(bytes: tokenizer.json.serialized())
    #expect(try read.encode("axb") == [1, 0, 2])
    #expect(try tokenizer.encode("axb") == [1, 0, 2])
  }

  @Test(arguments: ["</w>", "", "·"])
  func theTextbooksMergesApplyToText(_ mark: String) throws {
    let counts: [(word: [UInt8], count: Int64)] = [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)]
      .map { (Array($0.0.utf8), $0.1) }
    var trainer = try TextbookTrainer(counts, endOfWord: Array(mark.utf8))
    for _ in 0..<10 { _ = trainer.step() }
    let tokenizer = try trainer.tokenizer()
    let read = try TokenizerFile.load(bytes: tokenizer.json.serialized())
    for tokenizer in [tokenizer, read] as [any Tokenizer] {
      for word in trainer.words {
        let given = Array(word.symbols.joined().dropLast(mark.utf8.count))
        let expected = word.symbols.map { symbol in
          !mark.isEmpty && symbol.suffix(mark.utf8.count).elementsEqual(mark.utf8)
            ? symbol.dropLast(mark.utf8.count) + [0x20] : symbol
        }
        #expect(try tokenizer.encode(given).map { tokenizer.bytes(of: $0) } == expected)
      }
      let text = try tokenizer.decode(tokenizer.encode("low  newest\nlow "))
      #expect(String(decoding: text, as: UTF8.self) == (mark.isEmpty ? "lownewestlow" : "low newest low"))
    }
  }

  @Test func wordCountsAreReadLineByLine() throws {
    let entries = try WordCountsFile.parse(Array("low 5\nn e w 6\r\n\n# 3\n".utf8))
    #expect(entries.map { String(decoding: $0.word, as: UTF8.self) } == ["low", "new", "#"])
    #expect(entries.map(\.count) == [5, 6, 3])
    for bad in ["low", "low x", "low 0", "low -1", "low 5\nlow 6", "", "a 9223372036854775808"] {
      let error = #expect(throws: ApusError.self, "\(bad)") { try WordCountsFile.parse(Array(bad.utf8)) }
      #expect(error?.kind == .badData)
    }
  }

  /// A file that is right but for one replacement.
  private static let good = #"""
    {"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":3,"content":"<e>","single_word":false,
    "lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,
    "pre_tokenizer":{"type":"ByteLevel",
    "add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel"},
    "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,
    "fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
    """#

  @Test func bothSpellingsOfMergesAreRead() throws {
    for merges in [#"["a b"]"#, #"[["a","b"]]"#] {
      let text = Self.good.replacing(#"["a b"]"#, with: merges)
      #expect(try TokenizerFile.load(bytes: Array(text.utf8)).encode("abba") == [2, 1, 0])
    }
    let tokenizer = try TokenizerFile.load(bytes: Array(Self.good.utf8))
    #expect(tokenizer.lostBytes.count == 254 && tokenizer.lostBytes.first == 0)
    #expect(try tokenizer.encode("abcb") == [2, 1], "as the tokenizers library does")
  }

  @Test(arguments: [
    (#""vocab":{"#, #""vocab":["#), (#"}}"#, "}"), (#""ab":2"#, #""ab":1"#), (#""ab":2"#, #""ab":"2""#),
    (#""ab":2"#, #""ab":-1"#), (#""ab":2"#, #""ab":1152921504606846976"#), (#""ab":2"#, #""ab":2.5"#),
    (#""ab":2"#, #""ac":2"#), (#"["a b"]"#, #"["a c"]"#), (#"["a b"]"#, #"["ab"]"#), (#"["a b"]"#, #"["a b c"]"#),
    (#"["a b"]"#, #"[["a"]]"#), (#"["a b"]"#, #"[3]"#), (#"["a b"]"#, "null"), (#""merges":["a b"]"#, #""other":1"#),
    (#""type":"BPE""#, #""type":"Unigram""#), (#""type":"BPE""#, #""type":"WordPiece""#),
    (#""type":"BPE""#, #""type":"Other""#), (#""dropout":null"#, #""dropout":"0.1""#),
    (#""normalizer":null"#, #""normalizer":{"type":"NFX"}"#),
    (#""normalizer":null"#, #""normalizer":{"type":"Prepend"}"#),
    (#""normalizer":null"#, #""normalizer":{"type":"Replace","pattern":{"Regex":"(a"},"content":""}"#),
    (#""normalizer":null"#, #""normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA/w=="}"#),
    (#""id":3"#, #""id":1"#), (#""id":3"#, #""id":99999999999"#), (#""content":"<e>""#, #""content":"""#),
    (#""decoder":{"type":"ByteLevel"}"#, #""decoder":{"type":"Other"}"#), (#""version""#, #""versio""#),
    (#""pre_tokenizer":{"type":"ByteLevel""#, #""pre_tokenizer":{"type":"Metaspace""#),
    (#""post_processor":null"#, #""post_processor":{"type":"Bert"}"#),
    (#""pre_tokenizer":{"#, #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"x"},"behavior":"Isolated","x":{"#),
    (#""model":{"#, #""no":{"#),
  ])
  func damagedAndUnsupportedFilesAreNamed(_ change: (String, String)) {
    let text = Self.good.replacing(change.0, with: change.1)
    #expect(text != Self.good, "the change changes something")
    let error = #expect(throws: ApusError.self, "\(change.1)") {
      try TokenizerFile.load(bytes: Array(text.utf8), file: "tokenizer.json")
    }
    #expect(error?.kind == .badData && error?.file == "tokenizer.json", "\(change.1): \(String(describing: error))")
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = Array(Self.good.utf8)
    for length in 0..<bytes.count {
      #expect(throws: ApusError.self) { try TokenizerFile.load(bytes: Array(bytes[..<length])) }
    }
    #expect(throws: ApusError.self) { try TokenizerFile.load(path: "no/such/folder") }
  }
}

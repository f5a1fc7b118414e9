// The tokens that begin texts: read from a template or a key, never added by encoding, and written so that transformers
// reads them.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct TextOpeningTests {
  private static let template = #"""
    {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
    {"Sequence":{"id":"A","type_id":0}},
    {"SpecialToken":{"id":"<e>","type_id":0}}],"pair":[],
    "special_tokens":{"<e>":{"id":"<e>","ids":[3],"tokens":["<e>"]},"<s>":{"id":"<s>","ids":[4],"tokens":["<s>"]}}}
    """#

  private static func file(_ postProcessor: String) -> String {
    #"""
    {"added_tokens":[{"id":3,"content":"<e>","special":true},{"id":4,"content":"<s>","special":true}],"normalizer":null,
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":\#(postProcessor),
    "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
    """#
  }

  private func load(_ postProcessor: String, configuration: String? = nil) throws -> any Tokenizer {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    try AtomicFile.write(Self.file(postProcessor), to: "\(folder)/tokenizer.json")
    if let configuration { try AtomicFile.write(configuration, to: "\(folder)/tokenizer_config.json") }
    return try TokenizerFile.load(path: folder)
  }

  @Test func theTemplateSaysWhatStandsBeforeATextUnlessTheKeyDoes() throws {
    let sequence = #"{"type":"Sequence","processors":[{"type":"ByteLevel"},\#(Self.template)]}"#
    #expect(try load(Self.template).opening == [4])
    #expect(try load(sequence).opening == [4])
    #expect(try load("null").opening.isEmpty)
    #expect(try load(Self.template, configuration: #"{"add_bos_token":false}"#).opening.isEmpty)
    #expect(try load("null", configuration: #"{"add_bos_token":true,"bos_token":"<e>"}"#).opening == [3])
    #expect(try load("null", configuration: #"{"add_bos_token":null,"bos_token":"<e>"}"#).opening.isEmpty)
    #expect(try load(Self.template).encode("ab") == [2], "encoding adds nothing")
  }

  @Test func whatCannotBeIsAnError() throws {
    let unexplained = Self.template.replacing(#""ids":[4]"#, with: #""ids":["four"]"#)
    for (processor, configuration) in [
      (unexplained, nil), (Self.template.replacing(#""<s>":{"#, with: #""<t>":{"#), nil),
      ("null", #"{"add_bos_token":true,"bos_token":"<none>"}"#),
    ] as [(String, String?)] {
      let error = #expect(throws: ApusError.self, "\(processor)") { try load(processor, configuration: configuration) }
      #expect(error?.kind == .badData && error?.file?.hasSuffix("tokenizer.json") == true)
    }
  }

  @Test(arguments: [[0], [], [1, 0]] as [[Int32]]) func whatIsSetIsWrittenAndReadBack(opening: [Int32]) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var options = BytePairTrainer.Options(vocabularySize: 300)
    options.specialTokens = [Array("<|endoftext|>".utf8), Array("<pad>".utf8)]
    var trainer = try BytePairTrainer(options)
    trainer.add(Array("two higher trees".utf8))
    var tokenizer = try trainer.train().tokenizer
    tokenizer.opening = opening
    for _ in 0..<2 {
      try tokenizer.save(to: folder)
      let read = try TokenizerFile.load(path: folder)
      #expect(read.opening == opening)
      #expect(try read.encode("trees") == tokenizer.encode("trees"))
      let configuration = try JSON.read("\(folder)/tokenizer_config.json")
      #expect(configuration["add_bos_token"] == (opening == [0] ? true : nil))
      #expect(configuration["bos_token"]?.string == (opening == [0] ? "<|endoftext|>" : nil))
      let template = try JSON.read("\(folder)/tokenizer.json")["post_processor"]
      #expect((template?["type"]?.string == "TemplateProcessing") == !opening.isEmpty)
      tokenizer = try #require(read as? PipelineTokenizer)
    }
    tokenizer.opening = []
    try tokenizer.save(to: folder)
    #expect(try TokenizerFile.load(path: folder).opening.isEmpty)
  }
}

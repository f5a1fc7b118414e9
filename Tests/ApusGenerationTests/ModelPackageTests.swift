// What belongs to a model survives every way from one layout to another, or a remark says that it does not.

import ApusCore
import ApusFormats
import ApusModels
import ApusTokenizers
import Testing

@testable import ApusGeneration

@Suite struct ModelPackageTests {
  private static let pooling = #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#
  private static let modules = """
    [{"path": "", "type": "sentence_transformers.models.Transformer"},
     {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
     {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
    """

  /// Converts by way of each name in turn; the last path, and the remarks of all.
  private func convert(_ source: String, by names: [String], in folder: String) throws -> (String, [String]) {
    var (path, remarks) = (source, [String]())
    for name in names {
      let package = try ModelPackage(ModelLocation(path))
      path = "\(folder)/\(name)"
      remarks +=
        name.hasSuffix(".gguf") ? try package.write(gguf: path, name: "tiny") : try package.write(folder: path)
    }
    return (path, remarks)
  }

  @Test(arguments: [["a"], ["a.gguf"], ["a", "b"], ["a.gguf", "b"], ["a.gguf", "b", "c.gguf"]])
  func embeddingsKeepTheirPooling(names: [String]) throws {
    let tiny = try TinyEncoder(head: false, pooler: false)
    try tiny.write(Self.pooling, to: "1_Pooling/config.json")
    try tiny.write(Self.modules, to: "modules.json")
    let expected = try tiny.load().embed(["the cat sat", "a dog walks."])
    let (path, _) = try convert(tiny.folder, by: names, in: tiny.folder)
    let copy = try EncoderModel.load(path)
    #expect(try copy.embeddingSettings().pooling == .first)
    #expect(try copy.embed(["the cat sat", "a dog walks."]) == expected)
  }

  @Test func whatGGUFCannotSayOfEmbeddingsIsTold() throws {
    let tiny = try TinyEncoder(head: false, pooler: false)
    try tiny.write(#"{"max_seq_length": 6, "do_lower_case": true}"#, to: "sentence_bert_config.json")
    try tiny.write(#"[{"type": "sentence_transformers.models.Transformer"}]"#, to: "modules.json")
    let (folder, none) = try convert(tiny.folder, by: ["a"], in: tiny.folder)
    let settings = EmbeddingSettings(isNormalised: false, maximumTokens: 6, lowercases: true)
    #expect(try none.isEmpty && EncoderModel.load(folder).embeddingSettings() == settings)
    let (_, remarks) = try convert(tiny.folder, by: ["a.gguf"], in: tiny.folder)
    for word in ["6 tokens", "lower case", "length"] {
      #expect(remarks.contains { $0.contains(word) && $0.contains("GGUF") }, "\(word): \(remarks)")
    }
    try tiny.write(#"[{"type": "sentence_transformers.models.Dense"}]"#, to: "modules.json")
    let (_, lost) = try convert(tiny.folder, by: ["b"], in: tiny.folder)
    #expect(lost.contains { $0.contains("Dense") }, "\(lost)")
  }

  @Test func poolingsOfGGUFThatAreUnknownAreRefused() throws {
    let tiny = try TinyEncoder(head: false, pooler: false)
    let (path, _) = try convert(tiny.folder, by: ["a.gguf"], in: tiny.folder)
    #expect(try EncoderModel.load(path).embeddingSettings().pooling == .mean)
    let last = "\(tiny.folder)/last.gguf"
    let package = try ModelPackage(ModelLocation(path))
    var metadata = GGUFMetadata()
    metadata["bert.pooling_type"] = .uint32(3)
    let vocabulary = try #require(package.tokenizer as? PipelineTokenizer).ggufVocabulary()
    vocabulary.write(to: &metadata)
    try package.model.save(gguf: last, adding: metadata)
    let encoder = try EncoderModel.load(last)
    let error = #expect(throws: ApusError.self) { try encoder.embeddingSettings() }
    #expect(error?.place?.contains("bert.pooling_type") == true && error?.file == last)
    #expect(try encoder.embeddingSettings(pooling: .mean).pooling == .mean)
  }

  @Test func framesOfByteLevelEncodersSurvive() throws {
    let tiny = try TinyEncoder(head: false, pooler: false)
    let frame = #"{"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}"#
    let words = TinyEncoder.words.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
    let special = [(2, "[CLS]"), (3, "[SEP]")].map {
      #"{"id": \#($0), "content": "\#($1)", "special": true, "normalized": false, "single_word": false, "#
        + #""lstrip": false, "rstrip": false}"#
    }
    try tiny.write(
      """
      {"version": "1.0", "added_tokens": [\(special.joined(separator: ","))], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
       "post_processor": \(frame), "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {\(words)}, "merges": []}}
      """, to: "tokenizer.json")
    let expected = try tiny.load().embed(["a,a"])
    let (path, _) = try convert(tiny.folder, by: ["a.gguf"], in: tiny.folder)
    #expect(try EncoderModel.load(path).tokenized("a,a").text.ids == [2, 16, 14, 16, 3])
    #expect(try EncoderModel.load(path).embed(["a,a"]) == expected)
  }

  @Test func gapsAreStillFilledFromACopy() throws {
    let tiny = try TinyEncoder()
    try tiny.write(#"{"mask_token": "[MASK]"}"#, to: "tokenizer_config.json")
    let expected = try tiny.load().fill("the [MASK] sat")
    let (path, _) = try convert(tiny.folder, by: ["a"], in: tiny.folder)
    #expect(try EncoderModel.load(path).fill("the [MASK] sat") == expected)
  }

  @Test(arguments: [["a"], ["a.gguf"], ["a.gguf", "b"]]) func allEndsOfTextsSurvive(names: [String]) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let specification = Specification.llama(
      vocabulary: 40, context: 16, width: 8, layers: 1, heads: 2, feedForwardWidth: 8)
    let source = "\(folder)/source"
    try Model(specification: specification, seed: 1).save(to: source)
    try AtomicFile.write(#"{"eos_token_id": [7, 3, 39, 40]}"#, to: "\(source)/generation_config.json")
    let (path, _) = try convert(source, by: names, in: folder)
    #expect(try LanguageModel.load(path).endOfText == [3, 7, 39])
  }

  @Test func aTokenizerWithMoreTokensThanRowsIsNoGGUF() throws {
    let tiny = try TinyEncoder()
    let words = TinyEncoder.words + (0..<9).map { "word\($0)" }
    try tiny.write(words.joined(separator: "\n"), to: "vocab.txt")
    let error = #expect(throws: ApusError.self) { try self.convert(tiny.folder, by: ["a.gguf"], in: tiny.folder) }
    #expect(error?.problem.contains("29 tokens") == true, "\(String(describing: error))")
  }
}

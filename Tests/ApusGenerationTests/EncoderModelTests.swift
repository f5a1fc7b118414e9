// Embeddings and fillings against the model's own passes over ids written by hand; the settings that folders hold.

import ApusCore
import ApusModels
import ApusTensor
import ApusTokenizers
import Foundation
import Testing

@testable import ApusGeneration

@Suite struct EncoderEmbeddingTests {
  @Test func aTextIsItsTokensInTheFrame() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    let vectors = try encoder.embed(["  The cat sat, walking.\n", ""])
    #expect(vectors[0] == (try tiny.vector(TinyEncoder.ids("[CLS] the cat sat , walk ##ing . [SEP]"))))
    #expect(vectors[1] == (try tiny.vector(TinyEncoder.ids("[CLS] [SEP]"))))
    let length = vectors[0].reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(length - 1) < 1e-6)
  }

  @Test func specialTokensInATextMeanThemselves() throws {
    let tiny = try TinyEncoder()
    let vectors = try tiny.load().embed(["the [MASK]"])
    #expect(vectors[0] == (try tiny.vector(TinyEncoder.ids("[CLS] the [MASK] [SEP]"))))
  }

  @Test func whatSharesAPassChangesNothing() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    let texts = (0..<700).map { index -> String in
      let words = (0..<index % 9).map { place in TinyEncoder.words[5 + (index * 7 + place) % 13] }
      return words.joined(separator: " ")
    }
    var batcher = try EmbeddingBatcher(encoder)
    var vectors: [Embedding] = []
    var passes = 0
    for text in texts {
      let done = try batcher.add(text)
      passes += done.isEmpty ? 0 : 1
      vectors += done
    }
    #expect(passes >= 2)
    vectors += try batcher.finish()
    #expect(try batcher.finish().isEmpty)
    #expect(vectors.count == texts.count)
    for (text, embedding) in zip(texts, vectors) { #expect(try encoder.embed([text]) == [embedding.vector]) }
  }

  @Test func longTextsLoseTheirEnd() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    var batcher = try EmbeddingBatcher(encoder, EmbeddingSettings(maximumTokens: 5))
    var results = try batcher.add("the cat sat on the mat")
    results += try batcher.finish()
    #expect(results.map(\.tokens) == [5] && results.map(\.leftOut) == [3])
    #expect(results[0].vector == (try tiny.vector(TinyEncoder.ids("[CLS] the cat sat [SEP]"))))
    // Without a limit the model's context is one.
    let long = Array(repeating: "cat", count: 100).joined(separator: " ")
    let kept = Array(repeating: "cat", count: 22).joined(separator: " ")
    #expect(try encoder.embed([long]) == encoder.embed([kept]))
  }

  @Test func poolingAndLengthAreTheCallersIfTheyLike() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    let ids = TinyEncoder.ids("[CLS] a big dog [SEP]")
    for pooling in Pooling.allCases {
      for normalised in [true, false] {
        let settings = EmbeddingSettings(pooling: pooling, isNormalised: normalised)
        #expect(
          try encoder.embed(["a big dog"], settings) == [tiny.vector(ids, pooling, normalised: normalised)])
      }
    }
    let bare = try TinyEncoder(pooler: false).load()
    #expect(throws: ApusError.self) { try bare.embed(["a"], EmbeddingSettings(pooling: .pooler)) }
  }

  @Test func damagedWeightsAreRefused() throws {
    let tiny = try TinyEncoder()
    // A row of the embedding: texts without its word stay sound.
    tiny.model.parameters[0].value.withMutableValues { $0[5 * 16] = .nan }
    try tiny.model.save(to: tiny.folder)
    let encoder = try tiny.load()
    #expect(try encoder.embed(["a dog"])[0].count == 16)
    #expect(throws: ApusError.self) { try encoder.embed(["the dog"]) }
  }

  @Test func decodersAreRefused() throws {
    let specification = Specification.llama(
      vocabulary: 8, context: 8, width: 8, layers: 1, heads: 1, feedForwardWidth: 8)
    let model = try Model(specification: specification, seed: 1)
    let error = #expect(throws: ApusError.self) { try EncoderModel(model, tokenizer: ByteTokenizer()) }
    #expect(error?.kind == .badData && error?.problem.contains("llama") == true)
  }
}

@Suite struct FillingTests {
  /// Softmax of the logits at one row of ids, computed apart from all that is tested.
  private func probabilities(_ tiny: TinyEncoder, _ ids: [Int32], at row: Int) throws -> [Double] {
    let workspace = try Workspace()
    let hidden = try tiny.model.hidden(PackedBatch(sequence: ids), in: workspace)
    let logits = try tiny.model.logits(hidden, in: workspace).rows(row..<row + 1).values.map(Double.init)
    let sum = logits.reduce(0) { $0 + exp($1) }
    return logits.map { exp($0) / sum }
  }

  @Test func theMostProbableTokensOfEachGap() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    let filled = try encoder.fill("The [MASK] sat on the [MASK].", count: 7)
    let ids = TinyEncoder.ids("[CLS] the [MASK] sat on the [MASK] . [SEP]")
    #expect(filled.gaps.map(\.position) == [2, 6])
    for gap in filled.gaps {
      let expected = try probabilities(tiny, ids, at: gap.position)
      // The rows beyond the vocabulary have no text.
      let ranked = TinyEncoder.words.indices.sorted { expected[$0] > expected[$1] }.prefix(7)
      #expect(gap.fillings.map(\.id) == ranked.map { Int32($0) })
      for filling in gap.fillings {
        #expect(abs(filling.probability - expected[Int(filling.id)]) < 1e-6)
        #expect(filling.token == TinyEncoder.words[Int(filling.id)])
      }
    }
  }

  @Test func textsAreFilledWhereTheGapIs() throws {
    let tiny = try TinyEncoder()
    let encoder = try tiny.load()
    let filled = try encoder.fill("the [MASK] walk[MASK]", count: TinyEncoder.words.count)
    func text(_ gap: Int, _ word: String) throws -> String {
      let id = Int32(try #require(TinyEncoder.words.firstIndex(of: word)))
      return try #require(filled.gaps[gap].fillings.first { $0.id == id }).text
    }
    #expect(try text(0, "dog") == "the dog walk [MASK]")
    #expect(try text(1, "##ing") == "the [MASK] walking")
    let best = filled.gaps.map { $0.fillings[0].id }
    #expect(filled.text == String(decoding: try encoder.tokenizer.decode([5, best[0], 10, best[1]]), as: UTF8.self))
    #expect(filled.gaps.allSatisfy { $0.fillings.count == TinyEncoder.words.count })
  }

  @Test func otherSpellingsOfAGapAreKnown() throws {
    let encoder = try TinyEncoder().load()
    #expect(try encoder.fill("the <mask> sat") == encoder.fill("the [MASK] sat"))
  }

  // RoBERTa's tokens are bytes, a space at their beginning belongs to them, and its mask has another name.
  @Test func tokensOfBytesKeepTheirSpaces() throws {
    var options = BytePairTrainer.Options(vocabularySize: 290)
    options.specialTokens = [Array("<mask>".utf8)]
    var trainer = try BytePairTrainer(options)
    trainer.add(Array(String(repeating: "the cat sat on the mat. ", count: 20).utf8))
    let tokenizer = try trainer.train().tokenizer
    var specification = Specification.bert(
      vocabulary: tokenizer.vocabularySize, context: 32, width: 16, layers: 1, heads: 2, feedForwardWidth: 16)
    specification.architecture = "roberta"
    specification.positions = .learned(offset: 2)
    let encoder = try EncoderModel(Model(specification: specification, seed: 3), tokenizer: tokenizer)
    let filled = try encoder.fill("The cat[MASK].\n", count: tokenizer.vocabularySize)
    let the = try #require(filled.gaps[0].fillings.first { $0.token == " the" })
    #expect(the.text == "The cat the.\n")
    #expect(filled == (try encoder.fill("The cat<mask>.\n", count: tokenizer.vocabularySize)))
  }

  @Test func textsWithoutAGapOrTooLongAreRefused() throws {
    let encoder = try TinyEncoder().load()
    let none = #expect(throws: ApusError.self) { try encoder.fill("the cat") }
    #expect(none?.kind == .usage && none?.remedy?.contains("[MASK]") == true)
    let long = Array(repeating: "cat", count: 22).joined(separator: " ") + " [MASK]"
    #expect(throws: ApusError.self) { try encoder.fill(long) }
    #expect(try encoder.fill(String(long.dropFirst(4))).gaps.count == 1)
  }

  @Test func modelsWithoutAHeadOrAMaskAreRefused() throws {
    let bare = try TinyEncoder(head: false).load()
    let head = #expect(throws: ApusError.self) { try bare.fill("the [MASK]") }
    #expect(head?.kind == .badData && head?.problem.contains("hidden states") == true)
    let maskless = try EncoderModel(try TinyEncoder().model, tokenizer: ByteTokenizer())
    let mask = #expect(throws: ApusError.self) { try maskless.fill("the [MASK]") }
    #expect(mask?.problem.contains("no mask") == true)
  }
}

@Suite struct EmbeddingSettingsTests {
  private static let modules = """
    [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
     {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}NORMALIZE]
    """

  private func settings(_ files: [String: String], pooling: Pooling? = nil) throws -> EmbeddingSettings {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    for (name, text) in files {
      let path = FileSystem.join(folder, name)
      try FileSystem.makeFolders(FileSystem.parent(of: path))
      try AtomicFile.write(Array(text.utf8), to: path)
    }
    return try EmbeddingSettings(folder: folder, pooling: pooling)
  }

  @Test func aFolderThatSaysNothingGivesTheMeanNormalised() throws {
    #expect(try settings([:]) == EmbeddingSettings(pooling: .mean, isNormalised: true))
  }

  @Test func modulesSayWhetherVectorsAreNormalised() throws {
    let plain = Self.modules.replacing("NORMALIZE", with: "")
    let normalised = Self.modules.replacing(
      "NORMALIZE", with: #", {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}"#)
    #expect(try !settings(["modules.json": plain]).isNormalised)
    #expect(try settings(["modules.json": normalised]).isNormalised)
    let other = Self.modules.replacing("NORMALIZE", with: #", {"type": "sentence_transformers.models.Dense"}"#)
    let error = #expect(throws: ApusError.self) { try settings(["modules.json": other]) }
    #expect(error?.problem.contains("Dense") == true)
    #expect(try settings(["modules.json": other], pooling: .first).pooling == .first)
  }

  @Test func thePoolingIsRead() throws {
    func pooling(_ config: String, _ chosen: Pooling? = nil) throws -> Pooling {
      try settings(["1_Pooling/config.json": config], pooling: chosen).pooling
    }
    #expect(try pooling(#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#) == .first)
    #expect(try pooling(#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#) == .mean)
    #expect(try pooling(#"{"pooling_mode": "cls"}"#) == .first)
    for wrong in [
      #"{"pooling_mode_max_tokens": true}"#, #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#,
      #"{"pooling_mode": "lasttoken"}"#,
    ] {
      #expect(throws: ApusError.self) { try pooling(wrong) }
      #expect(try pooling(wrong, .mean) == .mean)
    }
  }

  @Test func limitsAreRead() throws {
    let sentence = #"{"max_seq_length": 256, "do_lower_case": true}"#
    let tokenizer = #"{"model_max_length": 128}"#
    let both = try settings(["sentence_bert_config.json": sentence, "tokenizer_config.json": tokenizer])
    #expect(both.maximumTokens == 256 && both.lowercases)
    #expect(try settings(["tokenizer_config.json": tokenizer]).maximumTokens == 128)
    let endless = #"{"model_max_length": 1000000000000000019884624838656}"#
    #expect(try settings(["tokenizer_config.json": endless]).maximumTokens == nil)
    #expect(try settings(["sentence_bert_config.json": #"{"max_seq_length": null}"#]).maximumTokens == nil)
    for wrong in ["0", "-3", "2.5", "\"many\""] {
      #expect(throws: ApusError.self) {
        try settings(["sentence_bert_config.json": #"{"max_seq_length": \#(wrong)}"#])
      }
    }
  }
}

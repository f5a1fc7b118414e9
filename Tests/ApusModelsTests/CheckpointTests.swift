// Checkpoints: what is saved loads with the same bits, transformers' names and shapes are used, and what does not fit
// is refused in one sentence that names it.

import ApusCore
import ApusFormats
import ApusTensor
import Foundation
import Testing

@testable import ApusModels

@Suite struct CheckpointTests {
  private func problem(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  // Changes keys of a saved configuration, values as JSON text; null removes one.
  private func edit(_ folder: String, _ changes: [String: String]) throws {
    let path = FileSystem.join(folder, "config.json")
    var object = try #require(try JSON.read(path).object)
    for (key, text) in changes {
      let value = try JSON.parse(text)
      object[key] = value.isNull ? nil : value
    }
    try AtomicFile.write(JSON.object(object).serialized(), to: path)
  }

  @Test(arguments: TinyModels.specifications)
  func savedModelsLoadWithTheSameBits(_ original: Specification) throws {
    var specification = original
    specification.beginToken = 1
    specification.endTokens = [2, 5]
    let model = try TinyModels.model(specification)
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      let loaded = try Model.load(folder: folder)
      #expect(loaded.specification == specification)
      #expect(loaded.parameters.map(\.name) == model.parameters.map(\.name))
      #expect(loaded.parameters.map(\.value.values) == model.parameters.map(\.value.values))
      #expect(model.parameterCount == model.parameters.reduce(0) { $0 + $1.count })
    }
  }

  @Test func gpt2WithoutBiasesHoldsZerosForOthers() throws {
    let model = try TinyModels.model(TinyModels.specifications[1])
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      let file = try SafetensorsFile(FileSystem.join(folder, "model.safetensors"))
      let bias = try #require(try file.floats("transformer.h.0.attn.c_attn.bias"))
      #expect(bias == [Float](repeating: 0, count: 48))
      #expect(file.metadata.contains { $0.key == "format" && $0.value == "pt" })
    }
  }

  @Test func everythingThatDoesNotFitIsListed() throws {
    let model = try TinyModels.model(TinyModels.specifications[0])
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      try edit(folder, ["n_layer": "3", "n_positions": "95"])
      let more = problem { _ = try Model.load(folder: folder) }
      #expect(
        more.contains("missing: transformer.h.2.ln_1.weight") && more.contains("wpe.weight is [96, 24], not [95, 24]"))
      try edit(folder, ["n_layer": "1", "n_positions": "96"])
      let fewer = problem { _ = try Model.load(folder: folder) }
      #expect(fewer.contains("unexpected: transformer.h.1.attn.c_attn.bias") && !fewer.contains("missing"))
    }
  }

  @Test func typesThatCannotBeComputedWithAreNamedWithTheirTensors() throws {
    let model = try TinyModels.model(TinyModels.specifications[0])
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      let path = "\(folder)/model.safetensors"
      let header = #""transformer.wpe.weight":{"dtype":"#
      let bytes = try FileSystem.readAll(path)
      try AtomicFile.write(
        bytes.replacing(Array((header + #""F32""#).utf8), with: Array((header + #""I32""#).utf8)), to: path)
      let integers = problem { _ = try Model.load(folder: folder) }
      #expect(
        integers.contains("stored in a type that Apus does not compute with: transformer.wpe.weight as I32")
          && integers.contains("Q4_K") && !integers.contains("configuration"), "\(integers)")
      try edit(folder, ["n_layer": "1"])
      let both = problem { _ = try Model.load(folder: folder) }
      #expect(both.contains("unexpected: transformer.h.1") && both.contains("wpe.weight as I32"), "\(both)")
    }
  }

  private static let badGPT2: [(key: String, value: String, expected: String)] = [
    ("n_embd", "3298534883328", "`n_embd`"), ("n_embd", "-24", "outside"), ("n_head", "0", "n_head"),
    ("n_head", "5", "n_head"), ("n_layer", "9223372036854775807", "`n_layer`"), ("vocab_size", "8388608", "describes"),
    ("activation_function", #""tanh""#, "activation 'tanh'"),
    ("scale_attn_by_inverse_layer_idx", "true", "not supported"),
    ("scale_attn_weights", "false", "not supported"), ("model_type", #""rwkv""#, "'rwkv' is not supported"),
    ("n_embd", #""wide""#, "a whole number"), ("layer_norm_epsilon", "-1", "epsilon"),
    ("eos_token_id", #"["x"]"#, "token id"), ("bias", "false", "is not zero"),
    ("quantization_config", #"{"bits": 4}"#, "quantised"),
  ]

  @Test func badGPT2ConfigurationsAreRefused() throws {
    let model = try TinyModels.model(TinyModels.specifications[0])
    for bad in Self.badGPT2 {
      try inTemporaryFolder { folder in
        try model.save(to: folder)
        try edit(folder, [bad.key: bad.value])
        let message = problem { _ = try Model.load(folder: folder) }
        #expect(message.contains(bad.expected), "\(bad): \(message)")
      }
    }
  }

  private static let badLLaMA: [(key: String, value: String, expected: String)] = [
    ("rope_parameters", #"{"rope_type": "spiral", "rope_theta": 10000, "factor": 4}"#, "rope_parameters.rope_type"),
    ("rope_scaling", #"{"type": "linear"}"#, "rope_scaling.factor"),
    ("rope_parameters", #"{"rope_type": "default", "partial_rotary_factor": 0.5}"#, "partial_rotary_factor"),
    ("hidden_act", #""mish""#, "activation 'mish'"), ("num_key_value_heads", "3", "do not divide"),
    ("head_dim", "7", "even number"), ("rope_theta", #""big""#, "a number"), ("rms_norm_eps", "[]", "a number"),
  ]

  @Test func badLLaMAConfigurationsAreRefused() throws {
    let model = try TinyModels.model(TinyModels.specifications[2])
    for bad in Self.badLLaMA {
      try inTemporaryFolder { folder in
        try model.save(to: folder)
        try edit(folder, ["rope_parameters": "null"])
        try edit(folder, [bad.key: bad.value])
        let message = problem { _ = try Model.load(folder: folder) }
        #expect(message.contains(bad.expected), "\(bad): \(message)")
      }
    }
  }

  @Test func integersStandForFloatsAndBothStylesForRotations() throws {
    let model = try TinyModels.model(TinyModels.specifications[2])
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      try edit(
        folder, ["rope_theta": "500000", "rope_parameters": "null", "rms_norm_eps": "1", "eos_token_id": "3"])
      let old = try Model.load(folder: folder).specification
      #expect(
        old.positions == .rotary(RotaryEmbedding(base: 500_000, rotatedWidth: old.headWidth)) && old.normEpsilon == 1
          && old.endTokens == [3])
      try edit(
        folder, ["rope_theta": "null", "rope_parameters": #"{"rope_type": "default", "rope_theta": 250000}"#])
      let new = try Model.load(folder: folder).specification
      #expect(new.positions == .rotary(RotaryEmbedding(base: 250_000, rotatedWidth: new.headWidth)))
    }
  }

  @Test func rotationsThatStretchSurviveAFileAndServeLongSequences() throws {
    let model = try TinyModels.model(TinyModels.stretching)
    try inTemporaryFolder { folder in
      try model.save(to: folder)
      let loaded = try Model.load(folder: folder)
      #expect(loaded.specification == model.specification)
      let batch = TinyModels.batch(lengths: [60], vocabulary: model.specification.vocabulary)
      #expect(try loaded.hidden(batch, in: TinyModels.workspace()).value.rows == 60)
    }
  }

  @Test func weightsBeyondHalfPrecisionAreNotMadeInfinite() throws {
    let model = try TinyModels.model(TinyModels.specifications[0])
    let parameter = try #require(model.parameters.first { $0.decays })
    parameter.value.withMutableValues { $0[3] = 65_519 }
    try inTemporaryFolder { folder in
      try model.save(to: folder, as: .float16)
      parameter.value.withMutableValues { $0[3] = -65_520 }
      #expect(problem { try model.save(to: folder, as: .float16) }.contains("-65520.0 is beyond"))
      #expect(problem { try model.save(gguf: "\(folder)/m.gguf", as: .float16) }.contains("-65520.0 is beyond"))
      try model.save(to: folder, as: .bfloat16)
    }
  }

  @Test func missingFilesAreNamed() throws {
    try inTemporaryFolder { folder in
      #expect(problem { _ = try Model.load(folder: folder) }.contains("config.json"))
      try TinyModels.model(TinyModels.specifications[0]).save(to: folder)
      try FileSystem.removeFile(FileSystem.join(folder, "model.safetensors"))
      #expect(problem { _ = try Model.load(folder: folder) }.contains("model.safetensors"))
    }
  }

  @Test func modelsBeyondTheMemoryAreRefusedBeforeTheyAreMade() {
    let huge = Specification.gpt2(vocabulary: 50_257, context: 1024, width: 65_536, layers: 250, heads: 512)
    let message = problem { _ = try Model(specification: huge, seed: 1) }
    #expect(message.contains("of memory") && message.contains("choose a smaller model"), "\(message)")
    let absurd = Specification.gpt2(vocabulary: 50_257, context: 1024, width: 65_536, layers: 4000, heads: 512)
    #expect(problem { _ = try Model(specification: absurd, seed: 1) }.contains("bytes of weights"))
  }

  @Test func randomWeightsDependOnSeedAndNameAlone() throws {
    let shallow = try Model(specification: .gpt2(vocabulary: 50, context: 8, width: 64, layers: 1, heads: 2), seed: 1)
    let again = try Model(specification: .gpt2(vocabulary: 50, context: 8, width: 64, layers: 1, heads: 2), seed: 1)
    let other = try Model(specification: .gpt2(vocabulary: 50, context: 8, width: 64, layers: 1, heads: 2), seed: 2)
    #expect(shallow.parameters.map(\.value.values) == again.parameters.map(\.value.values))
    #expect(shallow.parameters[0].value.values != other.parameters[0].value.values)
    let tokens = shallow.parameters[0].value.values.map(Double.init)
    let deviation = (tokens.reduce(0) { $0 + $1 * $1 } / Double(tokens.count)).squareRoot()
    #expect(abs(deviation - 0.02) < 1e-3)
  }

  @Test func flopsAreThoseOfTheUsualCounting() {
    let specification = Specification.gpt2(vocabulary: 65, context: 64, width: 128, layers: 4, heads: 4, biases: false)
    // nanoGPT: 12 D² a block, the head counted once, 12 L D T for attention.
    let block = 12 * 128 * 128 + 2 * 128
    let weights = 4 * block + 128 + 65 * 128
    #expect(specification.trainingFlopsPerToken(context: 64) == Double(6 * weights + 12 * 4 * 128 * 64))
    #expect(specification.parameterCount == weights + 64 * 128)
    // Masked training projects only the masked tokens to the vocabulary: an eighth of the head's operations.
    let masked = Double(6 * (weights - 65 * 128) + 6 * 65 * 128 / 8 + 12 * 4 * 128 * 64)
    #expect(specification.trainingFlopsPerToken(context: 64, projected: 0.125) == masked)
  }
}

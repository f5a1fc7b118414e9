// Presets: the exact counts that were published, and the counts and costs of the fixtures.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels

@Suite struct PresetTests {
  /// Parameters of the published checkpoints; of encoders with the head for masked tokens.
  static let published = [
    "gpt1": 116_534_784, "gpt2": 124_439_808, "gpt2-medium": 354_823_168, "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200, "bert-base-uncased": 109_514_298, "bert-large-uncased": 335_174_458,
    "roberta-base": 124_697_433, "roberta-large": 355_412_057, "pythia-70m": 70_426_624, "pythia-160m": 162_322_944,
    "pythia-410m": 405_334_016, "pythia-1b": 1_011_781_632, "pythia-1.4b": 1_414_647_808,
    "pythia-2.8b": 2_775_208_960, "pythia-6.9b": 6_857_302_016, "pythia-12b": 11_846_072_320,
    "llama-7b": 6_738_415_616, "llama-13b": 13_015_864_320, "llama-30b": 32_528_943_616,
    "llama-65b": 65_285_660_672, "llama-2-7b": 6_738_415_616, "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192, "llama-3-8b": 8_030_261_248, "llama-3-70b": 70_553_706_496,
    "llama-3.1-8b": 8_030_261_248, "llama-3.1-70b": 70_553_706_496, "llama-3.1-405b": 405_853_388_800,
    "llama-3.2-1b": 1_235_814_400, "llama-3.2-3b": 3_212_749_824, "tinyllama-1.1b": 1_100_048_384,
    "smollm2-135m": 134_515_008, "smollm2-360m": 361_821_120, "smollm2-1.7b": 1_711_376_384,
    "mistral-7b": 7_241_732_096, "mistral-7b-v0.3": 7_248_023_552, "mixtral-8x7b": 46_702_792_704,
    "mixtral-8x22b": 140_620_634_112, "gemma-2b": 2_506_172_416, "gemma-7b": 8_537_680_896,
    "gemma-2-2b": 2_614_341_888, "gemma-2-9b": 9_241_705_984, "gemma-2-27b": 27_227_128_320,
    "gemma-3-270m": 268_098_176, "gemma-3-1b": 999_885_952, "qwen1.5-moe-a2.7b": 14_315_784_192,
    "qwen2.5-0.5b": 494_032_768,
    "qwen2.5-1.5b": 1_543_714_304, "qwen2.5-3b": 3_085_938_688, "qwen2.5-7b": 7_615_616_512,
    "qwen2.5-14b": 14_770_033_664, "qwen2.5-32b": 32_763_876_352, "qwen2.5-72b": 72_706_203_648,
    "qwen3-0.6b": 596_049_920, "qwen3-1.7b": 1_720_574_976, "qwen3-4b": 4_022_468_096, "qwen3-8b": 8_190_735_360,
    "qwen3-14b": 14_768_307_200, "qwen3-32b": 32_762_123_264, "qwen3-30b-a3b": 30_532_122_624,
    "qwen3-235b-a22b": 235_093_634_560, "phi-1.5": 1_418_270_720, "phi-2": 2_779_683_840,
    "phi-3-mini": 3_821_079_552, "olmo-2-1b": 1_484_916_736, "olmo-2-7b": 7_298_617_344,
    "olmo-2-13b": 13_716_198_400, "falcon-7b": 6_921_720_704, "falcon-40b": 41_303_293_952,
    "starcoder2-3b": 3_030_371_328, "starcoder2-7b": 7_173_923_840,
  ]

  @Test func countsAreExactlyThePublishedOnes() throws {
    for preset in ModelPreset.all {
      let count = ParameterCensus(try preset.specification()).total
      if let published = Self.published[preset.name] {
        #expect(count == published, "\(preset.name): \(count), published are \(published)")
      } else {
        #expect(preset.note != nil || preset.name.hasSuffix("-cased"), "\(preset.name) needs its count here")
      }
    }
    let names = Set(ModelPreset.all.map(\.name))
    #expect(Self.published.keys.allSatisfy(names.contains))
  }

  /// The paper's names of GPT-3's sizes are their rounded counts, with half a unit of the last digit to spare, but for
  /// one.
  @Test(arguments: ["125m", "350m", "760m", "1.3b", "2.7b", "6.7b", "13b", "175b"])
  func gpt3HasTheSizesOfItsTable(size: String) throws {
    let unit = size.hasSuffix("m") ? 1e6 : 1e9
    let expected = try #require(Double(size.dropLast())) * unit
    let count = Double(ParameterCensus(try ModelPreset.named("gpt3-" + size).specification()).total)
    #expect(abs(count / expected - 1) < 0.03, "\(count)")
  }

  @Test func gpt4IsMarkedAsARumourAndHasItsCounts() throws {
    let preset = try ModelPreset.named("gpt4")
    #expect(preset.note?.contains("estimated, unpublished") == true)
    let specification = try preset.specification()
    let census = ParameterCensus(specification)
    #expect(abs(Double(census.total) / 1.8e12 - 1) < 0.02)
    #expect(abs(Double(census.idle) / 14 / 111e9 - 1) < 0.01)
    #expect(abs(Double(census.active) / 280e9 - 1) < 0.01)
  }

  @Test func namesAreDistinctAndFoundHoweverTheyAreWritten() throws {
    #expect(Set(ModelPreset.all.map { ModelPreset.letters($0.name) }).count == ModelPreset.all.count)
    for (written, name) in [
      ("LLaMA-3-8B", "llama-3-8b"), ("llama3.1_405B", "llama-3.1-405b"), ("GPT-2", "gpt2"),
      ("gpt-3-175b", "gpt3-175b"),
      ("tinyllama", "tinyllama-1.1b"), ("Qwen2.5-7B", "qwen2.5-7b"), ("mistral-7b", "mistral-7b"),
    ] {
      #expect(try ModelPreset.named(written).name == name)
    }
    for (written, hint) in [
      ("lama-3-8b", "did you mean 'llama-3-8b'?"), ("falcon", "falcon-7b, falcon-40b"), ("", "--presets"),
      ("nope", "--presets"),
    ] {
      let error = #expect(throws: ApusError.self) { try ModelPreset.named(written) }
      #expect(error?.kind == .usage && error?.remedy?.contains(hint) == true, "\(error?.remedy ?? "")")
      if hint == "--presets" { #expect(error?.remedy?.contains("did you mean") == false, "\(error?.remedy ?? "")") }
    }
  }

  /// What a preset's configuration says comes back when the architecture writes it.
  @Test func configurationsSurviveTheirArchitecture() throws {
    for preset in ModelPreset.all {
      let specification = try preset.specification()
      let architecture = try Registry.architecture(named: specification.architecture, file: nil)
      let written = architecture.configuration(of: specification)
      var again = try CheckpointFolder.configuration(.object(written), file: preset.name).1
      (again.beginToken, again.endTokens) = (specification.beginToken, specification.endTokens)
      #expect(again == specification, "\(preset.name)")
    }
  }

  @Test func windowsBoundTheCacheAndEncodersHaveNone() throws {
    let gemma = try ModelPreset.named("gemma-2-9b").specification()
    #expect(gemma.cachedValues(positions: 100) == 42 * 100 * 2 * 8 * 256)
    #expect(gemma.cachedValues(positions: 8192) == 21 * (8192 + 4096) * 2 * 8 * 256)
    #expect(try ModelPreset.named("bert-base-uncased").specification().cachedValues(positions: 512) == 0)
  }

  /// 18 bytes for 32 numbers in matrices, 4 for each in vectors; rows of 4544 end inside a block of 256.
  @Test func weightsAreWeighedByType() throws {
    let census = ParameterCensus(try ModelPreset.named("smollm2-135m").specification())
    let vectors = 61 * 576
    #expect(census.bytes(as: .float32) == 4 * census.total && census.bytes(as: .bfloat16) == 2 * census.total)
    #expect(census.bytes(as: .q4v0) == (census.total - vectors) / 32 * 18 + 4 * vectors)
    let falcon = ParameterCensus(try ModelPreset.named("falcon-7b").specification())
    #expect(falcon.bytes(as: .q4K) > falcon.bytes(as: .q4v0))
  }
}

@Suite struct PresetFixtureTests {
  @Test func countsAndCostsAreThoseOfTheFixtures() throws {
    guard let folder = Fixtures.folder("scaling", for: "presets") else { return }
    let models = try JSON.read(folder.appending(path: "arch_params_flops.json").path)["models"]?.object
    var done = 0
    for (name, expected) in models ?? [:] {
      guard let preset = ModelPreset.all.first(where: { $0.name == name }) else {
        print("presets: \(name) is none")
        continue
      }
      let specification = try preset.specification()
      let census = ParameterCensus(specification)
      func check(_ value: Int, _ keys: String...) {
        let wanted = keys.reduce(0) { $0 + (expected[$1]?.int ?? -1) }
        #expect(value == wanted, "\(name), \(keys): \(value), not \(wanted)")
      }
      check(census.total, "total")
      check(census.active, "active")
      check(census.embeddings, "embedding", "head")
      check(census.withoutEmbeddings, "nonembedding")
      check(census.withoutEmbeddings - census.idle, "active_nonembedding")
      check(specification.cachedValues(positions: 1) * 2, "kv_bytes_per_token_bf16")
      check(Int(specification.trainingFlopsPerToken(context: 4096)), "train_flops_per_token_s4096")
      done += 1
    }
    print("presets: \(done) models of the fixtures")
    #expect(done > 0)
  }

  /// Where the planning fixtures name a model by its rounded size, it is that of the preset.
  @Test func plansSpeakOfTheSameSizes() throws {
    guard let folder = Fixtures.folder("scaling", for: "presets") else { return }
    let examples = try JSON.read(folder.appending(path: "planning.json").path)["overtrain_examples"]?.array
    var done = 0
    for example in examples ?? [] {
      guard let preset = ModelPreset.all.first(where: { $0.name == example["model"]?.string }) else { continue }
      let count = Double(ParameterCensus(try preset.specification()).total)
      #expect(abs(count / (example["N"]?.double ?? 0) - 1) < 1e-3, "\(preset.name)")
      done += 1
    }
    print("presets: \(done) plans of the fixtures")
    #expect(done > 0)
  }
}

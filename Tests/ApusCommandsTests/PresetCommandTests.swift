// inspect --preset and --presets: what is said of published models without their weights.

import ApusCore
import ApusModels
import Testing

@testable import ApusCommands

@Suite struct PresetCommandTests {
  @Test func textSaysShapeAndCosts() async {
    let outcome = await apus("inspect", "--preset", "llama-3-8b")
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    for expected in ["8,030,261,248", "arXiv:2407.21783", "32 heads of 128 over 8 key-value heads", "1.00 GiB as F16"] {
      #expect(outcome.output.contains(expected), "\(outcome.output)")
    }
  }

  /// Numbers by hand: 32 layers of 8 heads of 128, keys and values; 6 N and 12 L D for each token of context.
  @Test func jsonHasTheFiguresForAContext() async throws {
    let outcome = await apus("inspect", "--preset", "LLaMA-3-8B", "--context", "4096", "--format", "json")
    let json = try JSON.parse(outcome.output)
    #expect(json["kind"]?.string == "preset" && json["preset"]?.string == "llama-3-8b")
    #expect(json["parameters"]?.int == 8_030_261_248 && json["parameters_active"]?.int == 8_030_261_248)
    #expect(json["weight_bytes_as"]?["BF16"]?.int == 16_060_522_496)
    let atContext = json["at_context"]
    #expect(atContext?["tokens"]?.int == 4096)
    #expect(atContext?["cache_bytes_f16"]?.int == 4096 * 131_072)
    #expect(atContext?["cache_bytes_kept"]?.int == 4096 * 262_144)
    #expect(atContext?["training_flops_per_token"]?.double == 51_471_998_976)
    #expect(json["configuration"]?["rope_theta"]?.int == 500_000)
  }

  @Test func everyPresetFitsATerminalOf80Columns() async {
    for preset in ModelPreset.all {
      let outcome = await apus("inspect", "--preset", preset.name)
      #expect(outcome.status == 0, "\(preset.name): \(outcome.error)")
      let longest = outcome.output.split(separator: "\n").map(\.count).max() ?? 0
      #expect(longest <= 80, "\(preset.name): \(longest) columns")
    }
  }

  @Test func theListNamesEach() async throws {
    let text = await apus("inspect", "--presets")
    let lines = text.output.split(separator: "\n")
    #expect(text.status == 0 && lines.count == ModelPreset.all.count + 1)
    #expect(lines.allSatisfy { $0.count <= 80 })
    let json = try JSON.parse(await apus("inspect", "--presets", "--format", "json").output)
    #expect(json["presets"]?.array?.map { $0["preset"]?.string } == ModelPreset.all.map(\.name))
  }

  /// Weights of the largest would take 1.6 TB.
  @Test func largestNeedNoWeights() async throws {
    #expect(await apus("inspect", "--preset", "llama-3.1-405b").status == 0)
    #expect(await apus("inspect", "--preset", "gpt4-rumoured").output.contains("estimated, unpublished"))
  }

  static let wrong: [[String]] = [
    [], ["--preset", "llama-9"], ["--preset", "falcon"], ["--preset", "gpt2", "--presets"], ["x", "--preset", "gpt2"],
    ["--preset", "gpt2", "--context", "0"], ["--preset", "gpt2", "--context", "1025"], ["--preset", ""],
    ["--preset", "gpt2", "--check"], ["--presets", "--tensors"], ["--presets", "--context", "5"],
  ]

  @Test(arguments: wrong) func wrongUseIsRefused(arguments: [String]) async {
    let outcome = await apus(["inspect"] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && !outcome.error.isEmpty, "\(outcome.error)")
  }
}

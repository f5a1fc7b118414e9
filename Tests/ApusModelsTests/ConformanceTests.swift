// Logits and greedy continuations of checkpoints that others made, in both styles of configuration. Goes over every folder
// in the fixtures' layout whose configuration is supported.

import ApusCore
import ApusFormats
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels

@Suite struct ConformanceTests {
  // Of the largest expected logit; looser hides real mistakes.
  private static let tolerance: Float = 2e-5

  @Test func logitsAndGreedyContinuationsAreThoseOfTransformers() throws {
    guard let root = Fixtures.folder("conformance/models", for: "conformance") else { return }
    var (checked, skipped): ([String], [String]) = ([], [])
    for name in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
      let folder = root.appending(path: name).path
      for file in ["config.json", "config.legacy.json"]
      where FileManager.default.fileExists(atPath: "\(folder)/\(file)") {
        guard let model = try supportedModel(folder, file) else {
          skipped.append("\(name)/\(file)")
          continue
        }
        try check(model, "\(name)/\(file)", try SafetensorsFile("\(folder)/expected.safetensors"))
        checked.append("\(name)/\(file)")
      }
    }
    print("conformance: \(checked.count) cases: \(checked.joined(separator: ", ")); not supported: \(skipped.count)")
  }

  // Nil where the configuration is refused, which must be for a reason that names a key.
  private func supportedModel(_ folder: String, _ file: String) throws -> Model? {
    let loaded: (any Architecture, Specification)
    do throws(ApusError) {
      loaded = try CheckpointFolder.configuration("\(folder)/\(file)")
    } catch {
      #expect(error.kind == .badData && error.place?.hasPrefix("key `") == true, "\(error)")
      return nil
    }
    return try CheckpointFolder.load(loaded.1, loaded.0, from: try SafetensorsFolder(folder).files)
  }

  private func check(_ model: Model, _ name: String, _ expected: SafetensorsFile) throws {
    let workspace = try TinyModels.workspace()
    for sequence in ["a"] {
      let tokens = try expected.integers("\(sequence).input_ids")
      guard let logits = try expected.floats("\(sequence).logits") else { continue }
      let hidden = try model.hidden(PackedBatch(sequence: tokens), in: workspace)
      let actual = try model.logits(hidden, in: workspace).values
      try #require(actual.count == logits.count)
      let scale = logits.reduce(0) { max($0, abs($1)) }
      let error = zip(actual, logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= Self.tolerance * scale, "\(name): off by \(error / scale) of the scale")
    }
    guard expected.tensor("greedy.prompt_ids") != nil else { return }
    let prompt = try expected.integers("greedy.prompt_ids")
    let output = try expected.integers("greedy.output_ids")
    #expect(try greedy(model, prompt, count: output.count, workspace) == output, "\(name): greedy continuation")
  }

  private func greedy(_ model: Model, _ prompt: [Int32], count: Int, _ workspace: Workspace) throws -> [Int32] {
    let cache = model.makeCache()
    var tokens = prompt
    while tokens.count < count {
      let hidden = try model.hidden(
        PackedBatch(sequence: Array(tokens[cache.count...]), position: cache.count), caches: [cache], in: workspace)
      let last = hidden.value.rows - 1
      let logits = try model.logits(hidden, rows: last..<last + 1, in: workspace).values
      let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
      tokens.append(Int32(best))
    }
    return tokens
  }
}

// Real quantised checkpoints against llama.cpp with the same weights in float32: the prompts' ids, the first position's
// best logits, greedy ids while the choice is clear, and every token's log-probability. Runs where APUS_MODELS names a
// folder with the files; goes over whatever the fixtures name.

import ApusCore
import ApusModels
import ApusTensor
import ApusTestSupport
import ApusTokenizers
import Foundation
import Testing

@testable import ApusGeneration

@Suite struct ReferenceLanguageTests {
  // As the fixtures' README says: of logits and of log-probabilities.
  private static let tolerance = 0.02

  @Test func quantisedCheckpointsGiveWhatLlamaCppGivesInFloat32() throws {
    guard let folder = Fixtures.folder("reference", for: "reference checkpoints") else { return }
    for name in try FileSystem.list(folder.path).sorted() where name.hasSuffix(".json") {
      let json = try JSON.read(folder.appending(path: name).path)
      guard let file = json["as_shipped"]?["file"]?.string else { continue }
      guard let path = Fixtures.models?.appending(path: file).path, FileManager.default.fileExists(atPath: path) else {
        print("reference checkpoints: skipped \(file) (set APUS_MODELS to a folder that holds it)")
        continue
      }
      try check(try ModelLocation(path), file, json["prompts"]?.array ?? [])
    }
  }

  private func check(_ location: ModelLocation, _ file: String, _ prompts: [JSON]) throws {
    let model = try location.loadModel()
    let tokenizer = try #require(try location.loadTokenizer())
    let workspace = try Workspace()
    var worst = (logit: 0.0, probability: 0.0, tokens: 0)
    for prompt in prompts {
      let reference = try Reference(prompt)
      let special: SpecialTokenPolicy = reference.parsesSpecial ? .recognised : .plainText
      var ids = try tokenizer.encode(reference.text, special: special)
      if !ids.starts(with: tokenizer.opening) { ids = tokenizer.opening + ids }
      #expect(ids == reference.prompt, "\(file), \(reference.id): ids of the prompt")
      let hidden = try model.hidden(PackedBatch(sequence: reference.prompt + reference.output), in: workspace)
      for (step, token) in reference.output.enumerated() {
        let row = reference.prompt.count - 1 + step
        let logits = try model.logits(hidden, rows: row..<row + 1, in: workspace).values.map { Double($0) }
        let maximum = logits.max() ?? 0
        let logSumExp = maximum + log(logits.reduce(0) { $0 + exp($1 - maximum) })
        worst.probability = max(
          worst.probability, abs(logits[Int(token)] - logSumExp - reference.logProbabilities[step]))
        if reference.margins[step] > Self.tolerance {
          #expect(logits[Int(token)] == maximum, "\(file), \(reference.id): token \(step)")
        }
        guard step == 0 else { continue }
        for (id, logit) in reference.best { worst.logit = max(worst.logit, abs(logits[id] - logit)) }
      }
      worst.tokens += reference.output.count
    }
    print("reference checkpoints: \(file): \(prompts.count) prompts, \(worst.tokens) tokens; \(worst)")
    #expect(worst.logit <= Self.tolerance, "\(file): logits")
    #expect(worst.probability <= Self.tolerance, "\(file): log-probabilities")
  }

  /// One prompt and what llama.cpp made of it.
  private struct Reference {
    let id: String
    let text: String
    let parsesSpecial: Bool
    let prompt: [Int32]
    let output: [Int32]
    let logProbabilities: [Double]
    let margins: [Double]
    let best: [(Int, Double)]

    init(_ json: JSON) throws {
      let run = try #require(json["f32_dequantized"])
      id = json["id"]?.string ?? ""
      text = try #require(json["prompt"]?.string)
      parsesSpecial = json["parse_special"]?.bool ?? false
      prompt = try #require(json["prompt_token_ids"]?.array).compactMap { $0.int.map { Int32($0) } }
      output = try #require(run["token_ids"]?.array).compactMap { $0.int.map { Int32($0) } }
      logProbabilities = try #require(run["token_logprobs"]?.array).compactMap(\.double)
      margins = try #require(run["top1_top2_logit_margin"]?.array).compactMap(\.double)
      best = try #require(run["first_pos_top10"]?.array).compactMap { entry in
        guard let id = entry["id"]?.int, let logit = entry["logit"]?.double else { return nil }
        return (id, logit)
      }
      try #require(output.count == logProbabilities.count && output.count == margins.count && best.count == 10)
    }
  }
}

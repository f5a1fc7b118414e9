// pretrain, evaluate and benchmark training where all is well: what they print and what their figures mean.

import ApusCore
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

@Suite struct PretrainTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  @Test func everyStepIsARecordAndTheRunFolderIsComplete() async throws {
    let settings = ["evaluation.every=3", "evaluation.sample_tokens=10", "evaluation.sample_prompt=the bird"]
    let outcome = await apus(run.arguments("run", steps: 7, settings) + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let summary = try JSON.parse(outcome.output)
    #expect(summary["steps"]?.int == 7 && summary["tokens"]?.int == 7 * 4 * 16)
    let folder = RunFolder(run.path("run"))
    let records = try FileSystem.readAll(folder.log).split(separator: 0x0A).map { try JSON.parse(Array($0), file: "") }
    #expect(records.compactMap { $0["step"]?.int } == Array(1...7))
    for record in records {
      for key in ["loss", "lr", "grad_norm", "seconds", "tokens_per_second", "share_of_peak"] {
        #expect((record[key]?.double ?? -1) > 0, "\(key)")
      }
      let share = try #require(record["share_of_peak"]?.double)
      #expect(share < 1.5, "a share of the measured peak")
    }
    let validated = records.filter { $0["validation_bits_per_byte"]?.double != nil }.compactMap { $0["step"]?.int }
    #expect(validated == [2, 3, 4, 6, 7], "every third step, at checkpoints, and at the end")
    #expect(try folder.checkpointSteps().suffix(2) == [6, 7])
    let plot = String(decoding: try FileSystem.readAll(folder.plot), as: UTF8.self)
    #expect(plot.hasPrefix("<svg") && plot.contains("</svg>"))
    #expect(outcome.error.contains("bits/byte") && outcome.error.contains("│ the bird"))
  }

  /// The sample is drawn from the run's seed and the step: a resumed run would say the same.
  @Test func samplesAreReproducible() async throws {
    func samples(_ name: String) async -> [String] {
      let outcome = await apus(run.arguments(name, ["evaluation.sample_tokens=20", "evaluation.sample_prompt=a"]))
      return outcome.error.split(separator: "\n").filter { $0.contains("│") }.map(String.init)
    }
    let (first, second) = (await samples("first"), await samples("second"))
    #expect(first.count >= 3 && first == second)
  }

  @Test func settingsAreListed() async {
    let outcome = await apus("pretrain", "--list-settings", "--set", "preset=llama-15m")
    #expect(outcome.status == 0)
    for setting in PretrainConfiguration.settings { #expect(outcome.output.contains(setting.key)) }
  }

  @Test func aFolderThatHoldsARunIsNotOverwritten() async throws {
    #expect(await apus(run.arguments("run")).status == 0)
    #expect(await apus(run.arguments("run")).failed(64, run.path("run"), "--resume", "--overwrite"))
    #expect(await apus(run.arguments("run", ["optimizer.beta1=0.5"], ["--resume"])).failed(64, "optimizer.beta1"))
    #expect(await apus(run.arguments("run", ["training.micro_batch=3"], ["--resume"])).status == 0)
    let stored = RunFolder(run.path("run")).configuration
    let text = String(decoding: try FileSystem.readAll(stored), as: UTF8.self)
    try AtomicFile.write(text.replacing(#""beta1": 0.9"#, with: #""beta1": 0.8"#), to: stored)
    let edited = await apus("pretrain", "--output", run.path("run"), "--resume")
    #expect(edited.failed(64, "step-000006", "other settings"), "\(edited.error)")
    #expect(await apus(run.arguments("run", [], ["--overwrite"])).status == 0)
  }
}

@Suite struct EvaluateTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  private func evaluate(_ text: String, _ more: String...) async throws -> JSON {
    let outcome = await apus(
      ["evaluate", "--model", run.path("run"), "--text", text, "--format", "json"] + more)
    #expect(outcome.status == 0, "\(outcome.error)")
    return try JSON.parse(outcome.output)
  }

  /// The loss of a text that fits the context, by hand from what `logits` says.
  @Test func theLossIsThatOfTheLogits() async throws {
    #expect(await apus(run.arguments("run")).status == 0)
    let text = run.path("short.txt")
    try AtomicFile.write("the small bird", to: text)
    let encoded = await apus("tokenizer", "encode", "--tokenizer", run.path("run/final"), text)
    let ids = encoded.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(ids.count == 14)
    let list = ids.map(String.init).joined(separator: ",")
    let logits = await apus("logits", "--model", run.path("run"), "--ids", list, "--format", "json")
    let rows = try #require(try JSON.parse(logits.output)["logits"]?.array)
    var sum = 0.0
    for (row, next) in zip(rows, ids.dropFirst()) {
      let values = (row.array ?? []).compactMap(\.double)
      sum += log(values.reduce(0) { $0 + exp($1) }) - values[next]
    }
    let result = try await evaluate(text)
    #expect(result["tokens"]?.int == 13 && result["bytes"]?.int == 13)
    let loss = try #require(result["loss"]?.double)
    #expect(abs(loss - sum / 13) < 1e-5)
    #expect(abs((result["perplexity"]?.double ?? 0) - exp(loss)) < 1e-9)
    #expect(abs((result["bits_per_byte"]?.double ?? 0) - loss / log(2)) < 1e-9, "a character is a byte here")
  }

  /// By hand from what `logits` says of each chunk: 8 tokens, of which the last 3 are predicted.
  @Test func chunksScoreTheirSecondHalves() async throws {
    #expect(await apus(run.arguments("run")).status == 0)
    let encoded = await apus("tokenizer", "encode", "--tokenizer", run.path("run/final"), run.text)
    let ids = encoded.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    var sum = 0.0
    for start in [0, 8] {
      let chunk = Array(ids[start..<start + 8])
      let list = chunk.map(String.init).joined(separator: ",")
      let logits = await apus("logits", "--model", run.path("run"), "--ids", list, "--format", "json")
      let rows = try #require(try JSON.parse(logits.output)["logits"]?.array)
      for place in 4..<7 {
        let values = (rows[place].array ?? []).compactMap(\.double)
        sum += log(values.reduce(0) { $0 + exp($1) }) - values[chunk[place + 1]]
      }
    }
    let result = try await evaluate(run.text, "--context", "8", "--chunks", "2")
    #expect(result["tokens"]?.int == 6 && result["chunks"]?.int == 2 && result["stride"] == .null)
    #expect(abs((result["loss"]?.double ?? 0) - sum / 6) < 1e-5)
    #expect(try await evaluate(run.text, "--context", "8", "--chunks", "0")["tokens"]?.int == 3 * (ids.count / 8))
  }

  @Test func windowsScoreEveryTokenOnce() async throws {
    #expect(await apus(run.arguments("run")).status == 0)
    let size = Int(try FileSystem.size(run.text))
    for arguments in [[], ["--context", "5"], ["--context", "8", "--stride", "3"], ["--stride", "16"]] {
      let outcome = await apus(
        ["evaluate", "--model", run.path("run"), "--text", run.text, "--format", "json"] + arguments)
      #expect(try JSON.parse(outcome.output)["tokens"]?.int == size - 1, "\(arguments)")
    }
    let text = await apus("evaluate", "--model", run.path("run"), "--text", run.text)
    for word in ["perplexity", "bits per byte", "loss", "\(size - 1)"] { #expect(text.output.contains(word)) }
  }
}

@Suite struct BenchmarkTrainingTests {
  @Test func tableAndJSONHaveThePartsAndTheShare() async throws {
    let arguments = ["benchmark", "training", "--batch", "2", "--context", "16", "--steps", "3"]
    let text = await apus(arguments)
    #expect(text.status == 0, "\(text.error)")
    for word in ["forward and loss", "backward", "AdamW", "tokens/s", "of the measured peak"] {
      #expect(text.output.contains(word), "\(word)")
    }
    let json = try JSON.parse(await apus(arguments + ["--format", "json"]).output)
    #expect(json["batch"]?.int == 2 && json["context"]?.int == 16 && json["steps"]?.int == 3)
    for key in ["tokens_per_second", "step_seconds", "forward_seconds", "update_seconds", "share_of_peak"] {
      #expect((json[key]?.double ?? 0) > 0, "\(key)")
    }
    let parts = ["forward_seconds", "update_seconds"].compactMap { json[$0]?.double }.reduce(0, +)
    #expect(parts < 3 * (json["step_seconds"]?.double ?? 0))
    // The default preset is a GPT: it has linear layers and attention, and no gates.
    for (name, runs) in [("linear_layers", true), ("attention", true), ("output_and_loss", true), ("gates", false)] {
      #expect(((json["operations"]?[name]?["forward_seconds"]?.double ?? -1) > 0) == runs, "\(name)")
    }
    for word in ["linear layers", "output and loss"] { #expect(text.output.contains(word), "\(word)") }
  }

  @Test(arguments: [["--preset", "huge"], ["--steps", "0"], ["--batch", "0"], ["--context", "-1"]])
  func wrongUseIsRefused(arguments: [String]) async {
    #expect(await apus(["benchmark", "training"] + arguments).status == 64)
  }
}

@Suite struct BenchmarkKernelsTests {
  @Test func oneOperationAsTableAndJSON() async throws {
    let arguments = ["benchmark", "kernels", "--only", "rms norm", "--rounds", "2"]
    let text = await apus(arguments)
    #expect(text.status == 0, "\(text.error)")
    for word in ["rms norm", "2048 × 288", "memory", "GB/s", "Limits:"] {
      #expect(text.output.contains(word), "\(word)")
    }
    #expect(!text.output.contains("attention"))
    let json = try JSON.parse(await apus(arguments + ["--format", "json"]).output)
    let operations = json["operations"]?.array ?? []
    #expect(operations.compactMap { $0["part"]?.string } == ["forward", "backward"])
    #expect(operations.allSatisfy { ($0["share_of_limit"]?.double ?? 0) > 0 })
    #expect((json["bandwidth_bytes_per_second"]?.double ?? 0) > 0)
  }

  @Test(arguments: [["--only", "nothing of the kind"], ["--rounds", "0"]])
  func wrongUseIsRefused(arguments: [String]) async {
    #expect(await apus(["benchmark", "kernels"] + arguments).status == 64)
  }
}

// Decoders of every shape through `apus pretrain`: the loss falls, a resumed run has the same bits, the finished model
// loads, continues a text, and becomes GGUF and a folder again with the same numbers.

import ApusCore
import ApusModels
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

@Suite struct ShapedPretrainTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  /// Settings of a shape; windows are a quarter of the context, so that they matter.
  struct Shape: CustomTestStringConvertible {
    let architecture: String
    let settings: [String]

    var testDescription: String { architecture }
    var isWindowed: Bool { settings.contains("model.sliding_window=4") }
    var all: [String] { ["model.architecture=\(architecture)", "model.dropout=0"] + settings }
  }

  private static let shapes = [
    Shape(architecture: "llama", settings: ["model.tie_embeddings=true"]),
    Shape(architecture: "mistral", settings: ["model.key_value_heads=1", "model.sliding_window=4"]),
    Shape(architecture: "mixtral", settings: ["model.experts=3", "model.sliding_window=4", "training.micro_batch=2"]),
    Shape(architecture: "gemma", settings: ["model.key_value_heads=1", "model.feed_forward=64"]),
    Shape(
      architecture: "gemma3_text",
      settings: ["model.key_value_heads=1", "model.sliding_window=4", "model.layers=6", "model.rope_theta=100000"]),
  ]

  @Test(arguments: shapes) func itLearnsAndGoesOn(shape: Shape) async throws {
    let outcome = await apus(run.arguments("run", steps: 60, shape.all))
    #expect(outcome.status == 0, "\(outcome.error)")
    let folder = RunFolder(run.path("run"))
    let losses = try FileSystem.readAll(folder.log).split(separator: 0x0A)
      .compactMap { try JSON.parse(Array($0), file: folder.log)["loss"]?.double }
    #expect(losses.count == 60 && losses[0] > 2.5, "\(losses)")
    #expect(losses.suffix(5).reduce(0, +) / 5 < losses[0] - 0.5, "\(losses)")
    let config = try JSON.read("\(folder.final)/config.json")
    #expect(config["model_type"]?.string == shape.architecture)
    if shape.isWindowed { #expect(config["sliding_window"]?.int == 4) }
    // transformers takes no number with a point there.
    if shape.architecture == "gemma3_text" { #expect(config["query_pre_attn_scalar"] == .int(8)) }
    let text = await apus("generate", "--model", folder.path, "--prompt", "the bird", "--max-tokens", "24")
    #expect(text.status == 0 && text.output.count > 8, "\(text.error)")
  }

  @Test(arguments: shapes) func resumedItEndsWithTheSameBits(shape: Shape) async throws {
    let settings = shape.all + ["model.dropout=0.1"]
    let whole = await apus(run.arguments("whole", steps: 12, settings))
    #expect(whole.status == 0, "\(whole.error)")
    let begun = try ChildProcess(run.arguments("part", steps: 12, settings))
    while begun.isRunning, try RunFolder(run.path("part")).checkpointSteps().isEmpty { usleep(1000) }
    begun.send(SIGKILL)
    _ = begun.wait()
    let resumed = await apus(run.arguments("part", steps: 12, settings, ["--resume", "--threads", "1"]))
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect((try run.result("whole", step: 12) == run.result("part", step: 12)) == true)
  }

  /// The finished model as GGUF and back as a folder.
  @Test(arguments: shapes) func itIsTheSameInOtherFormats(shape: Shape) async throws {
    let trained = ["tokenizer.algorithm=bpe", "tokenizer.vocabulary_size=280"]
    let outcome = await apus(run.arguments("run", steps: 3, shape.all + trained))
    #expect(outcome.status == 0, "\(outcome.error)")
    let original = RunFolder(run.path("run")).final
    let (file, again) = (run.path("model.gguf"), run.path("again"))
    for (from, to) in [(original, file), (file, again)] {
      let converted = await apus("convert", from, to)
      #expect(converted.status == 0, "\(converted.error)")
      let isLost = to == file && shape.isWindowed && shape.architecture != "gemma3_text"
      #expect(converted.error.contains("more than 4 tokens differ") == isLost, "\(converted.error)")
    }
    var logits: [[Double]] = []
    for path in [original, file, again] {
      let outcome = await apus(
        "logits", "--model", path, "--ids", "5,9,200,31,7,7,100,255,0,8", "--format", "json")
      #expect(outcome.status == 0, "\(outcome.error)")
      let rows = try JSON.parse(outcome.output)["logits"]?.array ?? []
      logits.append(rows.flatMap { ($0.array ?? []).compactMap(\.double) })
    }
    let scale = logits[0].map(abs).max() ?? 0
    for other in logits.dropFirst() {
      #expect(other.count == 2800 && zip(other, logits[0]).allSatisfy { abs($0 - $1) <= 2e-5 * scale })
    }
  }

  /// Without the window, rows that it reaches past come out otherwise, and no other.
  @Test func theWindowIsInTheModel() async throws {
    let mistral = ["model.architecture=mistral", "model.sliding_window=4", "model.dropout=0"]
    let outcome = await apus(run.arguments("run", steps: 20, mistral))
    #expect(outcome.status == 0, "\(outcome.error)")
    let (trained, wide) = (RunFolder(run.path("run")).final, run.path("wide"))
    try FileManager.default.copyItem(atPath: trained, toPath: wide)
    let config = String(decoding: try FileSystem.readAll("\(wide)/config.json"), as: UTF8.self)
    let changed = config.replacing(#""sliding_window": 4"#, with: #""sliding_window": null"#)
    try #require(changed != config)
    try AtomicFile.write(changed, to: "\(wide)/config.json")
    var logits: [[[Double]]] = []
    for model in [trained, wide] {
      let outcome = await apus("logits", "--model", model, "--ids", "1,2,3,4,5,6,7,8", "--format", "json")
      let rows = try #require(try JSON.parse(outcome.output)["logits"]?.array)
      logits.append(rows.map { ($0.array ?? []).compactMap(\.double) })
    }
    try #require(logits[0].count == 8 && logits[1].count == 8)
    for row in 0..<8 { #expect((logits[0][row] == logits[1][row]) == (row < 4), "row \(row)") }
  }
}

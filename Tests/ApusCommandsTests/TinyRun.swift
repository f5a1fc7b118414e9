// A pretraining run of a fraction of a second, as the commands' tests use it.

import ApusCore
import ApusTraining
import Foundation

/// A folder with a short text and the arguments of a tiny run on it; removed with its last user.
final class TinyRun: Sendable {
  let folder: String
  let text: String

  init() throws {
    folder = try FileSystem.makeTemporaryFolder(prefix: "apus-run")
    text = folder + "/text.txt"
    let words = ["the", "small", "bird", "sees", "a", "red", "house", "and", "sings", "to", "its", "old", "friend"]
    var line = ""
    for index in 0..<900 { line += words[(index * index + index / 7) % words.count] + (index % 9 == 8 ? ".\n" : " ") }
    try AtomicFile.write(line, to: text)
  }

  deinit { try? FileSystem.remove(folder) }

  /// The run folder of a name.
  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// `pretrain` into `name`, with settings that later ones change.
  func arguments(_ name: String, steps: Int = 6, _ settings: [String] = [], _ flags: [String] = []) -> [String] {
    ["pretrain", "--output", path(name)] + flags + assignments(steps, settings).flatMap { ["--set", $0] }
  }

  /// The configuration of such a run.
  func configuration(steps: Int = 6, _ settings: [String] = []) throws(ApusError) -> PretrainConfiguration {
    try PretrainConfiguration(file: nil, assignments: assignments(steps, settings))
  }

  private func assignments(_ steps: Int, _ settings: [String]) -> [String] {
    [
      "data.text=\(text)", "data.documents=text", "tokenizer.algorithm=characters", "model.layers=2", "model.heads=2",
      "model.width=16", "model.context=16", "model.dropout=0.1", "training.batch=4", "training.steps=\(steps)",
      "optimizer.warmup_steps=2", "optimizer.learning_rate=0.01", "evaluation.every=0", "evaluation.tokens=64",
      "evaluation.sample_tokens=0", "checkpoints.every=2", "checkpoints.keep=2",
    ] + settings
  }

  /// What a finished run must have in common with an undisturbed one: weights, moments, and the log without its
  /// timings.
  func result(_ name: String, step: Int) throws -> [[UInt8]] {
    let folder = RunFolder(path(name))
    let files =
      ["\(folder.final)/model.safetensors"]
      + ["model.safetensors", "optimizer.safetensors"].map { "\(folder.checkpoint(step))/\($0)" }
    return try files.map { try FileSystem.readAll($0) } + [logWithoutTimings(folder.log)]
  }

  private func logWithoutTimings(_ path: String) throws -> [UInt8] {
    var lines: [UInt8] = []
    for line in try FileSystem.readAll(path).split(separator: 0x0A) {
      guard case .object(let record) = try JSON.parse(Array(line), file: path) else { continue }
      let kept = record.filter { !StepReport.timingFields.contains($0.0) }
      lines += JSON.object(JSON.Object(kept)).serialized(pretty: false) + [0x0A]
    }
    return lines
  }
}

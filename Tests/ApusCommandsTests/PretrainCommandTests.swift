// `apus pretrain` through the entry that the program uses: its files, and what a second call does.

import ApusCore
import Foundation
import Testing

@testable import ApusCommands

@Suite struct PretrainCommandTests {
  private let folder: URL

  init() throws {
    folder = URL.temporaryDirectory.appending(path: "apus-pretrain-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let line = "One day a small bird found a red ball near the old tree. "
    try String(repeating: line, count: 60).write(
      to: folder.appending(path: "text.txt"), atomically: true, encoding: .utf8)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func pretrain(_ extra: String...) async -> Outcome {
    let settings = [
      "model.layers=1", "model.heads=2", "model.width=16", "model.context=32", "training.steps=6", "training.batch=2",
      "evaluation.every=3", "checkpoints.every=3", "tokenizer.vocabulary_size=280", "data.text=\(path("text.txt"))",
    ]
    let flags = settings.flatMap { ["--set", $0] }
    return await apus(["pretrain", "--output", path("run")] + flags + extra)
  }

  @Test func aRunLeavesEverythingAndSaysWhere() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = await pretrain("--format", "json")
    #expect(outcome.status == 0, "\(outcome.error)")
    let report = try JSON.parse(Array(outcome.output.utf8))
    #expect(report["steps"]?.int == 6 && report["model"]?.string == path("run/final"))
    for file in [
      "configuration.json", "log.jsonl", "loss.svg", "data/tokenizer.json", "final/config.json",
      "final/model.safetensors", "final/tokenizer.json", "checkpoints",
    ] { #expect(FileManager.default.fileExists(atPath: path("run/\(file)")), "\(file)") }
    let log = try String(contentsOfFile: path("run/log.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(log.count == 6)
  }

  @Test func aFinishedRunIsNeitherRepeatedNorLost() async {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(await pretrain().status == 0)
    let again = await pretrain()
    #expect(again.status == 64 && again.error.contains("--resume") && again.error.contains("--overwrite"))
    let resumed = await pretrain("--resume")
    #expect(resumed.status == 0, "\(resumed.error)")
  }
}

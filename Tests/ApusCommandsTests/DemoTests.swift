// The demo from beginning to end, as short as it can be, and what goes wrong on the way.

import ApusCore
import ApusTraining
import Foundation
import Synchronization
import Testing

@testable import ApusCommands

/// A folder for a test, removed with its last user.
private final class Scratch: Sendable {
  let folder: String
  var run: String { folder + "/run" }

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-demo") }
  deinit { try? FileSystem.remove(folder) }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try AtomicFile.write(bytes, to: "\(folder)/\(name)")
    return "\(folder)/\(name)"
  }
}

@Suite(.serialized) struct DemoTests {
  @Test func theWholeStory() async throws {
    let scratch = try Scratch()
    let outcome = await apus("demo", "--seconds", "5", "--output", scratch.run)
    #expect(outcome.status == 0, "\(outcome.error)")
    let headings = outcome.output.split(separator: "\n").filter { $0.first?.isNumber == true }.map { $0.dropFirst(3) }
    #expect(
      headings == [
        "Text", "Tokenizer", "Plan", "Pretraining", "Evaluation", "Stories that nobody wrote", "What was made",
      ])
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count < 110)
    #expect(lines.allSatisfy { $0.count <= 100 || $0.contains("apus ") || $0.contains(scratch.folder) })
    #expect(outcome.output.unicodeScalars.allSatisfy { $0 == "\n" || !$0.properties.isControl })
    #expect(!outcome.error.contains("\u{1B}"))
    let plot = String(decoding: try FileSystem.readAll(RunFolder(scratch.run).plot), as: UTF8.self)
    #expect(plot.contains("floor"))
    try await whatItRecommendsWorks(scratch, outcome.output)
    try await itsModelBeginsTextsAsItLearnt(scratch)
    try await aSecondOneDoesNotDestroyIt(scratch)
  }

  /// The first two of the three commands, as printed but for the program's name.
  private func whatItRecommendsWorks(_ scratch: Scratch, _ output: String) async throws {
    let commands = output.split(separator: "\n").filter { $0.contains("apus generate") || $0.contains("apus inspect") }
    #expect(commands.count == 2)
    for command in commands {
      let text = String(command).replacingOccurrences(of: "''", with: "")
      var words = text.split(separator: " ").map(String.init)
      words.removeFirst(try #require(words.firstIndex { $0.hasSuffix("apus") }) + 1)
      if words.last == "--prompt" { words.append("") }
      let outcome = await apus(words)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.output.count > 40)
    }
  }

  private func itsModelBeginsTextsAsItLearnt(_ scratch: Scratch) async throws {
    let outcome = await apus(
      "generate", "--model", scratch.run, "--prompt", "Once", "--max-tokens", "1", "--format", "json")
    let ids = try #require(try JSON.parse(Array(outcome.output.utf8))["prompt_ids"]?.array?.compactMap(\.int))
    let encoded = await apus("tokenizer", "encode", "--tokenizer", scratch.run + "/final", input: "Once")
    #expect(ids.first == 0 && ids.dropFirst().map(String.init).joined(separator: " ") == encoded.output.trimmed)
  }

  private func aSecondOneDoesNotDestroyIt(_ scratch: Scratch) async throws {
    let model = try FileSystem.readAll("\(scratch.run)/final/model.safetensors")
    let refused = await apus("demo", "--seconds", "2", "--output", scratch.run)
    #expect(refused.status == 64 && refused.output.isEmpty)
    #expect(refused.error.contains("holds a run already") && refused.error.contains("--overwrite"))
    #expect(try FileSystem.readAll("\(scratch.run)/final/model.safetensors") == model)
    try await aFailedOneReplacesNothing(scratch, model)
    let folder = Demo.firstFree(scratch.run)
    #expect(folder.path == scratch.run + "-2")
  }

  private func aFailedOneReplacesNothing(_ scratch: Scratch, _ model: [UInt8]) async throws {
    let arguments = ["demo", "--seconds", "2", "--output", scratch.run, "--overwrite"]
    let failed = await apus(arguments + ["--text", scratch.folder + "/missing.txt"])
    #expect(failed.status == 66)
    for chapter in ["Tokenizer", "Plan"] {
      let console = InterruptingSink.console(at: chapter)
      #expect(await Apus.run(arguments: arguments, console: console) == 130)
    }
    #expect(try FileSystem.readAll("\(scratch.run)/final/model.safetensors") == model)
    #expect(FileSystem.isFile("\(scratch.run)/stories.txt") && !FileSystem.exists(RunFolder(scratch.run).draft))
    #expect(await apus("pretrain", "--resume", "--output", scratch.run).status == 0)
  }

  @Test func aTextOfOnesOwnAndJSON() async throws {
    let scratch = try Scratch()
    let stories = (0..<600).flatMap { Stories(seed: 3).story($0).text + [0x0A] }
    let text = try scratch.file("my book.txt", stories)
    let arguments = ["demo", "--seconds", "2", "--text", text, "--output", scratch.run, "--format", "json"]
    let outcome = await apus(arguments)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.split(separator: "\n").count == 1)
    let json = try #require(try JSON.parse(Array(outcome.output.utf8), file: "output").objectValue)
    #expect(json["run"]?.string == scratch.run && json["floor_bits_per_byte"] == .null)
    let bits = try #require(json["bits_per_byte"]?.double)
    let uniform = try #require(json["baselines_bits_per_byte"]?.objectValue?["uniform"]?.double)
    #expect(bits > 0 && bits < uniform)
    #expect(outcome.error.contains("Text that nobody wrote") && outcome.error.contains("'\(text)'"))
    let again = await apus(arguments + ["--overwrite"])
    #expect(again.status == 0, "\(again.error)")
  }

  @Test func textsThatAreNone() async throws {
    let scratch = try Scratch()
    let empty = try scratch.file("empty.txt", [])
    let binary = try scratch.file("binary", [0x7F, 0x45, 0x4C, 0x46, 0, 0, 0, 1, 2, 0, 0])
    let short = try scratch.file("short.txt", Array("Hello".utf8))
    for (path, status) in [(scratch.folder + "/missing.txt", 66), (empty, 65), (binary, 65), (short, 65)]
      as [(String, Int32)]
    {
      let outcome = await apus("demo", "--seconds", "2", "--text", path, "--output", scratch.run)
      #expect(outcome.status == status, "\(path): \(outcome.error)")
      #expect(outcome.error.contains("error: "))
      #expect(!RunFolder(scratch.run).holdsRun)
    }
  }

  @Test func wrongOptions() async {
    #expect(await apus("demo", "--seconds", "0").status == 64)
    #expect(await apus("demo", "--seconds", "nan").status == 64)
    #expect(await apus("demo", "--overwrite").status == 64)
  }

  @Test func anInterruptSavesAndSaysHowToGoOn() async throws {
    let scratch = try Scratch()
    let error = MemorySink()
    let console = InterruptingSink.console(at: "bits/byte", error: error)
    let status = await Apus.run(arguments: ["demo", "--seconds", "5", "--output", scratch.run], console: console)
    #expect(status == 130)
    #expect(error.text.contains("pretrain --resume --output \(scratch.run)"))
    let resumed = await apus("pretrain", "--resume", "--output", scratch.run)
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect(FileSystem.isFile(RunFolder(scratch.run).final + "/model.safetensors"))
  }

  @Test(arguments: ["Tokenizer", "Plan"]) func anInterruptBeforeTrainingLeavesNoRun(chapter: String) async throws {
    let scratch = try Scratch()
    let error = MemorySink()
    let console = InterruptingSink.console(at: chapter, error: error)
    let status = await Apus.run(arguments: ["demo", "--seconds", "5", "--output", scratch.run], console: console)
    #expect(status == 130 && error.text.contains("interrupted"))
    #expect(!RunFolder(scratch.run).holdsRun && !FileSystem.exists(RunFolder(scratch.run).draft))
  }
}

/// Asks its console to stop as soon as a certain text has been written.
private final class InterruptingSink: ByteSink {
  let console = Mutex<Console?>(nil)
  private let text: [UInt8]

  init(at text: String) { self.text = Array(text.utf8) }

  static func console(at text: String, error: any ByteSink = MemorySink()) -> Console {
    let sink = InterruptingSink(at: text)
    let console = Console(output: sink, error: error, input: MemorySource(""))
    sink.console.withLock { $0 = console }
    return console
  }

  func write(_ bytes: [UInt8]) {
    if Data(bytes).range(of: Data(text)) != nil { console.withLock { $0 }?.interruption.request() }
  }
}

extension JSON {
  fileprivate var objectValue: JSON.Object? { if case .object(let object) = self { object } else { nil } }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

extension Unicode.Scalar.Properties {
  fileprivate var isControl: Bool { generalCategory == .control }
}

// From arguments to exit status, and what every command's help must have.

import ApusCore
import ArgumentParser
import Foundation
import Testing

@testable import ApusCommands

@Suite struct RunTests {
  @Test func noArgumentsShowTheHelp() async {
    let outcome = await apus()
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("USAGE: apus"))
    #expect(outcome.error.isEmpty)
  }

  @Test func versionIsData() async {
    let outcome = await apus("--version")
    #expect(outcome.status == 0)
    #expect(outcome.output == "0.1.0\n")
  }

  @Test(arguments: [["--no-such-option"], ["no-such-command"]])
  func wrongUsageIs64(arguments: [String]) async {
    let outcome = await apus(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.contains("Error: "))
  }

  @Test func helpToAClosedPipeIsNoFailure() async {
    let error = MemorySink()
    let console = Console(
      output: ConsoleTests.FailingSink(failure: .closedByReader), error: error, input: MemorySource(""))
    #expect(await Apus.run(arguments: ["--help"], console: console) == 0)
    #expect(error.text.isEmpty)
  }

  @Test func helpToAFullDiskIs74() async {
    let error = MemorySink()
    let console = Console(
      output: ConsoleTests.FailingSink(failure: .refused("no space left on device")), error: error,
      input: MemorySource(""))
    #expect(await Apus.run(arguments: ["--help"], console: console) == 74)
    #expect(error.text.hasPrefix("error: standard output: cannot write: "))
    #expect(error.text.split(separator: "\n").count == 1)
  }
}

@Suite struct HelpTests {
  /// Every command below the root, with its path.
  static let commands = below(Apus.self, [])

  static func below(
    _ command: any ParsableCommand.Type, _ path: [String]
  ) -> [(path: [String], type: any ParsableCommand.Type)] {
    command.configuration.subcommands.flatMap { child in
      let path = path + [child._commandName]
      return [(path, child)] + below(child, path)
    }
  }

  @Test func everyCommandSaysWhatItDoes() async {
    for (path, type) in Self.commands {
      #expect(!type.configuration.abstract.isEmpty, "\(path) has no abstract")
      #expect(type.configuration.abstract.hasSuffix("."), "the abstract of \(path) is no sentence")
      #expect(!type.configuration.discussion.isEmpty, "\(path) has no discussion")
      let outcome = await apus(path + ["--help"])
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("USAGE: apus \(path.joined(separator: " "))"))
    }
  }

  @Test func everyOptionHasHelp() async throws {
    let outcome = await apus("--experimental-dump-help")
    #expect(outcome.status == 0)
    let dump = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let root = try #require(dump?["command"] as? [String: Any])
    check(root)
  }

  private func check(_ command: [String: Any]) {
    let name = command["commandName"] as? String ?? "?"
    for argument in command["arguments"] as? [[String: Any]] ?? [] {
      let abstract = argument["abstract"] as? String ?? ""
      #expect(!abstract.isEmpty, "\(name): \(argument["valueName"] ?? "?") has no help")
    }
    for child in command["subcommands"] as? [[String: Any]] ?? [] where child["commandName"] as? String != "help" {
      check(child)
    }
  }
}

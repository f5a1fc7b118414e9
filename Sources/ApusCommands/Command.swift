// What a command is: parsed options and one function over a console. It runs synchronously, on a thread of its own
// (never on the cooperative pool), and fails with an ApusError.

import ArgumentParser
import Logging
import ApusCore
import ApusTensor

/// A command of the tool.
///
/// Write `@OptionGroup var common: CommonOptions`, check the options in `validate()`, and work in `run(_:)`. What a
/// program may read goes to `console.output`; all else to `console.note`. Long work looks at
/// `console.interruption.check()` after it called `console.catchInterrupts()`.
protocol Command: ParsableCommand {
  /// The options that every command has.
  var common: CommonOptions { get }

  /// Does the work. Errors end the program with their sentence and exit status.
  func run(_ console: Console) throws
}

/// The options that every command has.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to compute with (default: $APUS_THREADS, or one for each processor). Results are the same for any "
        + "number.",
      valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "What to log to standard error: trace, debug, info, notice, warning or error.", valueName: "level"))
  var logLevel: LogLevel = .notice

  private static let possibleThreads = 1...1024

  func validate() throws {
    if let threads, !Self.possibleThreads.contains(threads) {
      throw ValidationError("--threads is \(threads); give a number from 1 to 1024.")
    }
  }

  /// What the environment asks for; nil where it says nothing.
  static func threads(environment value: String?) throws(ApusError) -> Int? {
    guard let value, !value.isEmpty else { return nil }
    if let threads = Int(value), possibleThreads.contains(threads) { return threads }
    throw ApusError(
      .usage, "APUS_THREADS is '\(value)'", remedy: "set it to a number from 1 to 1024, or leave it unset")
  }

  /// Puts the options into effect; refuses an APUS_ISA that this processor lacks before any work is done.
  func apply(to console: Console) throws {
    console.logLevel = logLevel.level
    if let threads = try threads ?? Self.threads(environment: Platform.environment("APUS_THREADS")) {
      ThreadPool.setSharedThreads(threads)
    }
    let kernels = try Kernels.select()
    console.logger.debug("kernels chosen", metadata: ["isa": "\(kernels.name)"])
  }
}

/// The form in which a command answers.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  /// For people.
  case text
  /// For programs: one JSON value on standard output and nothing else there.
  case json
}

// A console over memory, and the one way in which tests call commands.

import ApusCommands
import ApusCore
import Synchronization

/// What a command left behind.
struct Outcome {
  var status: Int32
  var output: String
  var error: String
}

/// A console whose streams are memory and whose clock is moved by hand.
struct TestConsole {
  let output = MemorySink()
  let error = MemorySink()
  let time = ManualClock()
  let console: Console

  init(input: String = "", isInteractive: Bool = false, width: Int = 80) {
    let terminal = isInteractive ? Terminal(isInteractive: true, width: width, hasColor: false) : .none
    let time = time
    console = Console(
      output: output, error: error, input: MemorySource(input), outputTerminal: terminal, errorTerminal: terminal,
      clock: { time.now })
  }
}

/// A clock for tests.
final class ManualClock: Sendable {
  private let seconds = Mutex(0.0)
  var now: Double { seconds.withLock { $0 } }
  func advance(_ by: Double) { seconds.withLock { $0 += by } }
}

/// Runs the tool on `arguments`.
func apus(_ arguments: String..., input: String = "") async -> Outcome {
  await apus(arguments, input: input)
}

/// Runs the tool on `arguments`.
func apus(_ arguments: [String], input: String = "") async -> Outcome {
  let sinks = (MemorySink(), MemorySink())
  let console = Console(output: sinks.0, error: sinks.1, input: MemorySource(input))
  let status = await Apus.run(arguments: arguments, console: console)
  return Outcome(status: status, output: sinks.0.text, error: sinks.1.text)
}

// From arguments to exit status: parse, run on a thread of its own, turn every failure into one sentence and its
// status.

import ApusCore
import ArgumentParser

extension Apus {
  /// Runs the tool as if started with `arguments` (without the program's name) and returns its exit status.
  ///
  /// The work is synchronous and may take hours, so it has a thread of its own; the cooperative pool only waits.
  /// Cancelling the task has the effect of an interrupt (SIGINT).
  public static func run(arguments: [String], console: Console) async -> Int32 {
    await withTaskCancellationHandler {
      await onOwnThread { execute(arguments, console) }
    } onCancel: {
      console.interruption.request()
    }
  }

  private static func onOwnThread(_ work: @escaping @Sendable () -> Int32) async -> Int32 {
    await withCheckedContinuation { continuation in
      let thread = NativeThread(stackSize: 16 << 20) { continuation.resume(returning: work()) }
      if let thread { thread.detach() } else { continuation.resume(returning: work()) }
    }
  }

  /// Parses and runs; the caller's thread does the work.
  static func execute(_ arguments: [String], _ console: Console) -> Int32 {
    do {
      var command = try parseAsRoot(arguments)
      if let command = command as? any Command {
        try command.common.apply(to: console)
        try command.run(console)
      } else {
        try command.run()  // a group of commands: asks for its help
      }
      try console.output.flush()
      return 0
    } catch {
      return status(of: error, console)
    }
  }

  /// Says what went wrong and gives the exit status. A reader that closed our pipe has had enough: no failure.
  private static func status(of error: any Error, _ console: Console) -> Int32 {
    console.setLiveLine(nil)
    if console.output.isClosedByReader { return 0 }
    if let error = error as? ApusError { return report(error, console) }
    let code = exitCode(for: error)
    let message = fullMessage(for: error, columns: console.outputTerminal.width)
    if code.isSuccess { return deliver(message, console) }
    console.note(message)
    return code == .validationFailure ? ApusError.Kind.usage.rawValue : code.rawValue
  }

  /// What was printed before the failure stays in order; a second failure while printing it changes nothing.
  private static func report(_ error: ApusError, _ console: Console) -> Int32 {
    try? console.output.flush()
    console.note("\(console.errorTerminal.styled("error:", .red)) \(error.description)")
    return error.exitStatus
  }

  /// Help and version, asked for, are data.
  private static func deliver(_ message: String, _ console: Console) -> Int32 {
    do {
      try console.output.line(message)
      try console.output.flush()
      return 0
    } catch {
      return console.output.isClosedByReader ? 0 : report(error, console)
    }
  }
}

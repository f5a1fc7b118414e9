// The world as a command sees it: three streams, the terminal, the clock, the environment, the wish to stop. The
// program gives the real ones, tests give their own.

public import ApusCore
import Logging
import Synchronization

/// The streams and facts that a command works with.
public final class Console: Sendable {
  /// Standard output: data, and nothing else.
  public let output: Output
  /// The terminal behind standard output.
  public let outputTerminal: Terminal
  /// The terminal behind standard error.
  public let errorTerminal: Terminal
  /// Standard input.
  public let input: any ByteSource
  /// The environment's variables.
  public let environment: [String: String]
  /// Monotonic seconds.
  public let clock: @Sendable () -> Double
  /// Raised when the work should end.
  public let interruption = Interruption()

  private let errors: Output
  private let live = Mutex<String?>(nil)
  private let watchesSignals: Bool
  private let level = Mutex(Logger.Level.notice)

  /// A console over any streams; signals are only watched on request of `standard`.
  public init(
    output: any ByteSink, error: any ByteSink, input: any ByteSource, outputTerminal: Terminal = .none,
    errorTerminal: Terminal = .none, environment: [String: String] = [:], watchesSignals: Bool = false,
    clock: @escaping @Sendable () -> Double = Clock.seconds
  ) {
    self.output = Output(output, name: "standard output")
    errors = Output(error, name: "standard error")
    self.input = input
    self.outputTerminal = outputTerminal
    self.errorTerminal = errorTerminal
    self.environment = environment
    self.watchesSignals = watchesSignals
    self.clock = clock
  }

  /// The process's own streams. A closed pipe becomes a failed write instead of a signal.
  public static func standard() -> Console {
    Platform.ignoreClosedPipes()
    let environment = Platform.environment
    return Console(
      output: OpenDescriptor(1), error: OpenDescriptor(2), input: StandardInput(),
      outputTerminal: Terminal(.output, environment: environment),
      errorTerminal: Terminal(.error, environment: environment), environment: environment, watchesSignals: true)
  }

  /// From now on SIGINT and SIGTERM raise `interruption` instead of ending the process; a second one ends it.
  ///
  /// Only for commands that look at `interruption` between their steps.
  public func catchInterrupts() {
    if watchesSignals { interruption.watchSignals() }
  }
}

// MARK: - Standard error

extension Console {
  /// Writes a line to standard error; a live line stays below it. A failure to write there is nobody's news.
  public func note(_ line: String) {
    live.withLock { live in
      let redrawn = live.map { Self.clear + line + "\n" + $0 } ?? line + "\n"
      writeError(redrawn)
    }
  }

  /// Draws the one line that is redrawn in place, or removes it. Only on terminals.
  public func setLiveLine(_ line: String?) {
    guard errorTerminal.isInteractive else { return }
    live.withLock { live in
      if live == nil && line == nil { return }
      writeError(Self.clear + (line ?? ""))
      live = line
    }
  }

  private static let clear = "\r\u{1B}[2K"

  private func writeError(_ text: String) {
    try? errors.write(text)
    try? errors.flush()
  }
}

// MARK: - Log

extension Console {
  /// What is worth logging: messages at this level or above go to standard error.
  var logLevel: Logger.Level {
    get { level.withLock { $0 } }
    set { level.withLock { $0 = newValue } }
  }

  /// A logger that writes lines to standard error.
  var logger: Logger {
    Logger(label: "apus") { _ in ConsoleLogHandler(console: self) }
  }
}

// swift-log over the console: one line a message on standard error, `level: message key=value …`.

import ArgumentParser
import Logging

/// Writes log messages to a console's standard error.
struct ConsoleLogHandler: LogHandler {
  let console: Console
  var metadata: Logger.Metadata = [:]

  var logLevel: Logger.Level {
    get { console.logLevel }
    set { console.logLevel = newValue }
  }

  init(console: Console) {
    self.console = console
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let words = ["\(event.level.rawValue):", "\(event.message)"] + pairs.map { "\($0.key)=\($0.value)" }
    console.note(words.joined(separator: " "))
  }
}

/// A level of the log as an option.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}

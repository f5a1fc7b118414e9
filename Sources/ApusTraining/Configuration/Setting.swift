// One setting of a pretraining run: its dotted key, what it means, how it is read from JSON and written to it, and
// which values are allowed. The table of all settings is the one place that a new one has to be added to.

public import ApusCore

/// A setting that can be named in a configuration file and by `--set`.
public struct Setting: Sendable {
  /// The dotted key, as `optimizer.learning_rate`.
  public let key: String
  /// What it means, for the help.
  public let help: String
  /// Whether it may differ between a run and its resumption, because it changes no bit of the result.
  public let isFree: Bool

  let read: @Sendable (PretrainConfiguration) -> JSON
  /// Says what is expected where the value does not fit.
  let write: @Sendable (JSON, inout PretrainConfiguration) -> Expectation?

  /// What a value must be, as words for an error.
  typealias Expectation = String
}

extension Setting {
  /// The setting's value in a configuration.
  public func value(in configuration: PretrainConfiguration) -> JSON { read(configuration) }

  typealias Path<Value> = WritableKeyPath<PretrainConfiguration, Value> & Sendable

  static func integer(
    _ key: String, _ path: any Path<Int>, _ range: ClosedRange<Int>, free: Bool = false, _ help: String
  ) -> Setting {
    Setting(key: key, help: help, isFree: free) {
      .int(Int64($0[keyPath: path]))
    } write: { value, configuration in
      guard let number = value.int, range.contains(number) else {
        return range.upperBound == .max
          ? "a whole number from \(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func number(_ key: String, _ path: any Path<Double>, _ range: ClosedRange<Double>, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: false) {
      .double($0[keyPath: path])
    } write: { value, configuration in
      guard let number = value.double, range.contains(number) else {
        return "a number from \(range.lowerBound) to \(range.upperBound)"
      }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func flag(_ key: String, _ path: any Path<Bool>, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: false) {
      .bool($0[keyPath: path])
    } write: { value, configuration in
      guard case .bool(let flag) = value else { return "true or false" }
      configuration[keyPath: path] = flag
      return nil
    }
  }

  static func optionalFlag(_ key: String, _ path: any Path<Bool?>, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: false) {
      $0[keyPath: path].map { .bool($0) } ?? .null
    } write: { value, configuration in
      switch value {
      case .bool(let flag): configuration[keyPath: path] = flag
      case .null: configuration[keyPath: path] = nil
      default: return "true, false or null"
      }
      return nil
    }
  }

  static func text(_ key: String, _ path: any Path<String>, free: Bool = false, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: free) {
      .string($0[keyPath: path])
    } write: { value, configuration in
      guard case .string(let text) = value else { return "a string" }
      configuration[keyPath: path] = text
      return nil
    }
  }

  static func optionalText(_ key: String, _ path: any Path<String?>, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: false) {
      $0[keyPath: path].map { .string($0) } ?? .null
    } write: { value, configuration in
      switch value {
      case .string(let text): configuration[keyPath: path] = text
      case .null: configuration[keyPath: path] = nil
      default: return "a string or null"
      }
      return nil
    }
  }

  /// A list of strings; one string stands for a list of one.
  static func texts(_ key: String, _ path: any Path<[String]>, _ help: String) -> Setting {
    Setting(key: key, help: help, isFree: false) {
      .array($0[keyPath: path].map { .string($0) })
    } write: { value, configuration in
      let items: [JSON] = if case .array(let items) = value { items } else { [value] }
      var texts: [String] = []
      for item in items {
        guard case .string(let text) = item else { return "a string or a list of strings" }
        texts.append(text)
      }
      configuration[keyPath: path] = texts
      return nil
    }
  }

  static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: any Path<Value>, _ help: String
  ) -> Setting where Value.RawValue == String {
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    return Setting(key: key, help: "\(help) (\(names))", isFree: false) {
      .string($0[keyPath: path].rawValue)
    } write: { value, configuration in
      guard case .string(let name) = value, let choice = Value(rawValue: name) else { return "one of \(names)" }
      configuration[keyPath: path] = choice
      return nil
    }
  }
}

// From JSON and `--set key=value` to a configuration and back. Files are nested by section ("optimizer": {"beta1": …})
// or use dotted keys; unknown keys are errors that name the nearest known one.

public import ApusCore

extension PretrainConfiguration {
  /// Reads a configuration file and then the assignments `key=value`, which win.
  ///
  /// `preset` names where to start from; an assignment of `preset` wins over the file's.
  public init(file: String?, assignments: [String]) throws(ApusError) {
    let object: JSON =
      if let file {
        try JSON.parse(FileSystem.readAll(file), file: file, duplicateKeys: .error)
      } else { .object([:]) }
    let parsed = try assignments.map { (text: String) throws(ApusError) in try Assignment(text) }
    self.init()
    var fields = try Self.flattened(object, file: file)
    fields += parsed.map { Field(key: $0.key, value: $0.value, file: nil) }
    if let preset = fields.last(where: { $0.key == "preset" }) { self = try Preset.configuration(named: preset) }
    for field in fields where field.key != "preset" { try set(field) }
  }

  /// A value on its way to a setting.
  struct Field {
    var key: String
    var value: JSON
    var file: String?
  }

  /// Puts a value into effect.
  mutating func set(_ field: Field) throws(ApusError) {
    guard let setting = Self.settings.first(where: { $0.key == field.key }) else {
      let known = Self.settings.map(\.key) + ["preset"]
      if let first = known.first(where: { $0.hasPrefix("\(field.key).") }) {
        throw ApusError(
          field.file == nil ? .usage : .badData, "'\(field.key)' is \(field.value.brief), not an object",
          file: field.file, remedy: "give an object of settings, or one setting as '\(first)'")
      }
      throw ApusError(
        field.file == nil ? .usage : .badData, "unknown key '\(field.key)'", file: field.file,
        remedy: "did you mean '\(Spelling.nearest(to: field.key, among: known) ?? "preset")'?")
    }
    if let expectation = setting.write(field.value, &self) {
      throw ApusError(
        field.file == nil ? .usage : .badData, "'\(field.key)' is \(field.value.brief)", file: field.file,
        remedy: "give \(expectation)")
    }
  }

  /// The configuration as nested JSON, every setting included.
  public var json: JSON { nested { _ in true } }

  /// What two runs must agree on to give the same bits.
  var fingerprint: UInt64 { Checksum.of(nested { !$0.isFree }.serialized(pretty: false)) }

  /// The keys that decide the result and differ between two configurations.
  func differences(from other: PretrainConfiguration) -> [String] {
    Self.settings.filter { !$0.isFree && $0.read(self) != $0.read(other) }.map(\.key)
  }

  private func nested(_ isIncluded: (Setting) -> Bool) -> JSON {
    var plain: [(String, JSON)] = []
    var sections: [(name: String, fields: [(String, JSON)])] = []
    for setting in Self.settings where isIncluded(setting) {
      let words = setting.key.split(separator: ".", maxSplits: 1).map(String.init)
      guard let name = words.dropFirst().first else {
        plain.append((setting.key, setting.read(self)))
        continue
      }
      if sections.last?.name != words[0] { sections.append((words[0], [])) }
      sections[sections.count - 1].fields.append((name, setting.read(self)))
    }
    return .object(JSON.Object(plain + sections.map { ($0.name, .object(JSON.Object($0.fields))) }))
  }

  /// `{"a": {"b": 1}, "c.d": 2}` as `a.b` and `c.d`.
  private static func flattened(_ json: JSON, file: String?) throws(ApusError) -> [Field] {
    guard case .object(let root) = json else {
      throw ApusError(
        .badData, "is \(json.brief), not an object", file: file, remedy: "write {\"preset\": \"small-gpt\"}")
    }
    var fields: [Field] = []
    for (key, value) in root {
      if case .object(let section) = value {
        for (inner, value) in section { fields.append(Field(key: "\(key).\(inner)", value: value, file: file)) }
      } else {
        fields.append(Field(key: key, value: value, file: file))
      }
    }
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.key).inserted {
      throw ApusError(.badData, "gives '\(field.key)' twice", file: file, remedy: "remove one of the two")
    }
    return fields
  }
}

/// `key=value` from the command line. The value is JSON, or a string where it is not.
private struct Assignment {
  let key: String
  let value: JSON

  init(_ text: String) throws(ApusError) {
    guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
      throw ApusError(.usage, "'\(text)' is no assignment", remedy: "write key=value, as training.steps=500")
    }
    key = String(text[..<sign])
    let word = String(text[text.index(after: sign)...])
    value = (try? JSON.parse(Array(word.utf8), file: "--set")) ?? .string(word)
  }
}

extension JSON {
  /// The value in a few words, for an error.
  var brief: String {
    let text = String(decoding: serialized(pretty: false), as: UTF8.self)
    return text.count <= 40 ? text : String(text.prefix(40)) + "…"
  }
}

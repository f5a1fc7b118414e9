// Reads a configuration out of a JSON object, key by key, with defaults. Takes whole numbers for floats and floats
// without a fraction for whole numbers, since writers of configurations do both. Every error names file, key, value and
// what is expected; `finish()` reports keys that nobody asked for, which are mostly misspelt ones.

extension JSON {
  /// Reads the keys of one object and remembers which it was asked for.
  public final class Reader {
    /// The object that is read.
    public let object: Object
    /// The file that it comes from, for errors.
    public let file: String?

    private let path: String
    private var asked: [Bool]
    private var known: [String] = []
    private var children: [Reader] = []

    /// Reads `object`, to which the keys in `path`, with dots between, lead in `file`; it is empty for the file's own
    /// object.
    public init(_ object: Object, file: String? = nil, path: String = "") {
      self.object = object
      self.file = file
      self.path = path
      asked = [Bool](repeating: false, count: object.count)
    }

    /// Reads a value that must be an object.
    public convenience init(_ value: JSON, file: String? = nil) throws(ApusError) {
      guard let object = value.object else {
        throw ApusError(.badData, "the file holds \(value.kindName) where an object is expected", file: file)
      }
      self.init(object, file: file)
    }

    /// The keys that lead to `key` in the file.
    public func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// An error about the value of `key`.
    public func error(_ key: String, _ problem: String, remedy: String? = nil) -> ApusError {
      ApusError(.badData, problem, file: file, place: "key `\(place(key))`", remedy: remedy)
    }

    /// Whether `key` is there, even as null.
    public func has(_ key: String) -> Bool { object.index(of: key) != nil }

    /// The value of `key`; nil where it is missing or null.
    public func value(_ key: String) -> JSON? {
      known.append(key)
      guard let index = object.index(of: key) else { return nil }
      asked[index] = true
      return object.values[index].isNull ? nil : object.values[index]
    }

    /// Declares keys that are known but not read.
    public func ignore(_ keys: String...) {
      for key in keys { _ = value(key) }
    }

    /// Throws if the object, or one read from it, has a key that nobody asked for; names the nearest known key.
    public func finish() throws(ApusError) {
      for child in children { try child.finish() }
      guard let index = asked.firstIndex(of: false) else { return }
      let key = object.keys[index]
      let nearest = known.map { ($0, Spelling.edits($0, key)) }.min { $0.1 < $1.1 }
      let hint = nearest.flatMap { $0.1 <= max(2, key.utf8.count / 3) ? "did you mean `\(place($0.0))`?" : nil }
      throw ApusError(
        .badData, "the key `\(place(key))` is unknown", file: file, remedy: hint ?? "remove it")
    }

    private func take<Value>(
      _ key: String, _ wanted: String, _ convert: (JSON) -> Value?
    ) throws(ApusError) -> Value? {
      guard let value = value(key) else { return nil }
      guard let converted = convert(value) else {
        throw error(key, "\(wanted) is expected, not \(Self.shown(value))")
      }
      return converted
    }

    private func required<Value>(_ key: String, _ wanted: String, _ value: Value?) throws(ApusError) -> Value {
      guard let value else { throw error(key, "\(wanted) is expected and the key is missing", remedy: "add it") }
      return value
    }

    private static func shown(_ value: JSON) -> String {
      switch value {
      case .array, .object: value.kindName
      default: String(value.text().prefix(60))
      }
    }
  }
}

// MARK: Values by type

extension JSON.Reader {
  /// The whole number under `key`; nil where it is missing or null.
  public func int(_ key: String) throws(ApusError) -> Int? { try take(key, "a whole number") { $0.int } }
  /// The number under `key`; nil where it is missing or null.
  public func double(_ key: String) throws(ApusError) -> Double? { try take(key, "a number") { $0.double } }
  /// The truth value under `key`; nil where it is missing or null.
  public func bool(_ key: String) throws(ApusError) -> Bool? { try take(key, "true or false") { $0.bool } }
  /// The text under `key`; nil where it is missing or null.
  public func string(_ key: String) throws(ApusError) -> String? { try take(key, "a string") { $0.string } }
  /// The list under `key`; nil where it is missing or null.
  public func array(_ key: String) throws(ApusError) -> [JSON]? { try take(key, "an array") { $0.array } }

  /// A reader of the object under `key`, whose unknown keys this one's `finish()` reports too; nil where it is missing
  /// or null.
  public func object(_ key: String) throws(ApusError) -> JSON.Reader? {
    guard let object = try take(key, "an object", { $0.object }) else { return nil }
    let child = JSON.Reader(object, file: file, path: place(key))
    children.append(child)
    return child
  }

  /// The whole number under `key`, or `default` where it is missing or null.
  public func int(_ key: String, default fallback: Int) throws(ApusError) -> Int { try int(key) ?? fallback }
  /// The number under `key`, or `default` where it is missing or null.
  public func double(_ key: String, default fallback: Double) throws(ApusError) -> Double {
    try double(key) ?? fallback
  }
  /// The truth value under `key`, or `default` where it is missing or null.
  public func bool(_ key: String, default fallback: Bool) throws(ApusError) -> Bool { try bool(key) ?? fallback }
  /// The text under `key`, or `default` where it is missing or null.
  public func string(_ key: String, default fallback: String) throws(ApusError) -> String {
    try string(key) ?? fallback
  }

  /// The whole number under `key`, which must be there.
  public func requiredInt(_ key: String) throws(ApusError) -> Int { try required(key, "a whole number", int(key)) }
  /// The number under `key`, which must be there.
  public func requiredDouble(_ key: String) throws(ApusError) -> Double { try required(key, "a number", double(key)) }
  /// The text under `key`, which must be there.
  public func requiredString(_ key: String) throws(ApusError) -> String { try required(key, "a string", string(key)) }
}

// GGUF's metadata: values by key, in an order that is kept. Accessors say which key is not what it should be, and in
// which file. It knows no architecture.

public import ApusCore

/// Metadata values by key, compared by bytes.
public struct GGUFMetadata: Sendable {
  /// Keys and values, in order.
  public private(set) var entries: [(key: String, value: GGUFValue)] = []
  /// The file they come from, as errors name it.
  public let file: String?

  private var index: [[UInt8]: Int] = [:]

  /// No values yet.
  public init(file: String? = nil) { self.file = file }

  /// The value of a key. A new one goes to the end, nil takes the key away.
  public subscript(key: String) -> GGUFValue? {
    get { index[Array(key.utf8)].map { entries[$0].value } }
    set {
      let place = index[Array(key.utf8)]
      switch (place, newValue) {
      case (let place?, let value?): entries[place].value = value
      case (nil, let value?):
        index[Array(key.utf8)] = entries.count
        entries.append((key, value))
      case (let place?, nil):
        entries.remove(at: place)
        index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { (Array($1.key.utf8), $0) })
      case (nil, nil): break
      }
    }
  }

  /// The whole number of a key, of any width; nil where the key is absent.
  public func int(_ key: String) throws(ApusError) -> Int? { try take(key, "a whole number") { $0.int } }

  /// The number of a key, whole ones too; nil where the key is absent.
  public func double(_ key: String) throws(ApusError) -> Double? { try take(key, "a number") { $0.double } }

  /// The truth value of a key; nil where the key is absent.
  public func bool(_ key: String) throws(ApusError) -> Bool? { try take(key, "true or false") { $0.bool } }

  /// The text of a key; nil where the key is absent.
  public func string(_ key: String) throws(ApusError) -> String? {
    try take(key, "a text of valid UTF-8") { $0.string }
  }

  /// The strings of a key, not copied yet; nil where the key is absent.
  public func strings(_ key: String) throws(ApusError) -> GGUFArray? {
    try take(key, "a list of strings") { value in value.array.flatMap { $0.type == .string ? $0 : nil } }
  }

  /// The whole numbers of a key; nil where the key is absent.
  public func ints(_ key: String) throws(ApusError) -> [Int]? {
    try take(key, "a list of whole numbers") { $0.array?.ints }
  }

  /// The numbers of a key; nil where the key is absent.
  public func doubles(_ key: String) throws(ApusError) -> [Double]? {
    try take(key, "a list of numbers") { $0.array?.doubles }
  }

  /// The numbers of a key in single precision; nil where the key is absent.
  public func floats(_ key: String) throws(ApusError) -> [Float]? {
    try take(key, "a list of numbers") { $0.array?.floats }
  }

  /// The truth values of a key; nil where the key is absent.
  public func bools(_ key: String) throws(ApusError) -> [Bool]? {
    try take(key, "a list of truth values") { $0.array?.bools }
  }

  /// What an accessor gave, or an error where it gave nothing: `required(key, int(key))`.
  public func required<Value>(_ key: String, _ value: Value?) throws(ApusError) -> Value {
    guard let value else { throw error(key, "the key is missing") }
    return value
  }

  /// An error about a key.
  public func error(_ key: String, _ problem: String) -> ApusError {
    ApusError(
      .badData, problem, file: file, place: "metadata `\(key.prefix(200))`", remedy: "fetch or convert the file again")
  }

  private func take<Value>(
    _ key: String, _ kind: String, _ read: (GGUFValue) -> Value?
  ) throws(ApusError) -> Value? {
    guard let value = self[key] else { return nil }
    guard let result = read(value) else { throw error(key, "the value is \(value.kindName) where \(kind) is expected") }
    return result
  }
}

extension GGUFValue {
  /// Type and, where it is short, value, as an error shows them.
  var kindName: String {
    switch self {
    case .string: "a string"
    case .array(let array): "a list of \(array.count) \(array.type)"
    case .bool(let value): "\(value)"
    case .uint64(let value): "uint64 \(value)"
    default: int.map { "\(type) \($0)" } ?? double.map { "\(type) \($0)" } ?? "\(type)"
    }
  }
}

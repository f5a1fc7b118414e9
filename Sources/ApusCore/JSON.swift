// A JSON value, its parser's front door and its writer's. Reads what RFC 8259 allows and nothing else: numbers without
// a fraction or exponent stay integers where 64 bits hold them, and the last of equal keys wins, as in Hugging Face's
// readers.

/// A JSON value.
public enum JSON: Sendable, Equatable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number that was written without fraction and exponent and that 64 bits hold.
  case int(Int64)
  /// Any other number, rounded correctly.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Keys with values, in their order.
  case object(Object)

  /// What to do with a key that an object has already.
  public enum DuplicateKeys: Sendable {
    /// The last value wins, at the first one's place.
    case lastWins
    /// The file is bad.
    case error
  }

  /// Parses a JSON text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, without a byte order mark.
  ///   - file: the file's name, for errors.
  ///   - duplicateKeys: what a key that comes twice in an object means.
  /// - Throws: `.badData` with line and column.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, file: String? = nil, duplicateKeys: DuplicateKeys = .lastWins
  ) throws(ApusError) -> JSON {
    var parser = JSONParser(bytes, file: file, duplicateKeys: duplicateKeys)
    return try parser.document()
  }

  /// Parses a JSON text.
  public static func parse(
    _ bytes: [UInt8], file: String? = nil, duplicateKeys: DuplicateKeys = .lastWins
  ) throws(ApusError) -> JSON {
    try bytes.withUnsafeBytesTyped { bytes throws(ApusError) in
      try parse(bytes, file: file, duplicateKeys: duplicateKeys)
    }
  }

  /// Parses a JSON text.
  public static func parse(_ text: String, file: String? = nil) throws(ApusError) -> JSON {
    try parse(Array(text.utf8), file: file)
  }

  /// Parses the file at `path`.
  public static func read(_ path: String) throws(ApusError) -> JSON {
    let file = try MappedFile(path)
    return try file.withBytes { bytes throws(ApusError) in try parse(bytes, file: path) }
  }
}

// MARK: Taking values out

extension JSON {
  /// The value under `key`, if this is an object that has it.
  public subscript(key: String) -> JSON? { object?[key] }

  /// The value, if this is `true` or `false`.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The value, if this is a whole number that `Int` holds, however it was written.
  public var int: Int? {
    switch self {
    case .int(let value): Int(exactly: value)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value, if this is a number.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The value, if this is a text.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The value, if this is a list.
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

  /// The value, if this is an object.
  public var object: Object? { if case .object(let value) = self { value } else { nil } }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// What this is, in the words of an error.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .int: "a whole number"
    case .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// Equal in every byte: texts that only look alike differ, unlike with Swift's `String`.
  public static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.double(let left), .double(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}

// MARK: Writing values in Swift

// Not by `nil`: an optional JSON would then have two meanings of it.
extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .int(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A list.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object with the keys in the order written.
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Object(elements)) }

  /// A whole number.
  public init(_ value: Int) { self = .int(Int64(value)) }
  /// A number.
  public init(_ value: Double) { self = .double(value) }
  /// A number, written with as few digits as distinguish it among single-precision numbers.
  public init(_ value: Float) { self = .double(Double(value.description) ?? Double(value)) }
  /// A truth value.
  public init(_ value: Bool) { self = .bool(value) }
  /// A text.
  public init(_ value: String) { self = .string(value) }
  /// A list of whole numbers.
  public init(_ values: some Sequence<Int>) { self = .array(values.map { JSON($0) }) }
  /// A list of texts.
  public init(_ values: some Sequence<String>) { self = .array(values.map { JSON($0) }) }
}

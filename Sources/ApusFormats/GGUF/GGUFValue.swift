// The values of GGUF's metadata: thirteen types, the numbers of which are the format's. Text is bytes here; whoever
// needs valid UTF-8 asks for it.

/// The type of a metadata value, with the format's number.
public enum GGUFType: UInt32, Sendable, CaseIterable {
  /// Unsigned, 8 bits.
  case uint8 = 0
  /// Signed, 8 bits.
  case int8 = 1
  /// Unsigned, 16 bits.
  case uint16 = 2
  /// Signed, 16 bits.
  case int16 = 3
  /// Unsigned, 32 bits.
  case uint32 = 4
  /// Signed, 32 bits.
  case int32 = 5
  /// IEEE single precision.
  case float32 = 6
  /// One byte, 0 or 1.
  case bool = 7
  /// Bytes, UTF-8 by intention.
  case string = 8
  /// Values of one type.
  case array = 9
  /// Unsigned, 64 bits.
  case uint64 = 10
  /// Signed, 64 bits.
  case int64 = 11
  /// IEEE double precision.
  case float64 = 12

  /// Bytes of one value; nil where that differs from value to value.
  public var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// A metadata value.
public enum GGUFValue: Sendable {
  /// Unsigned, 8 bits.
  case uint8(UInt8)
  /// Signed, 8 bits.
  case int8(Int8)
  /// Unsigned, 16 bits.
  case uint16(UInt16)
  /// Signed, 16 bits.
  case int16(Int16)
  /// Unsigned, 32 bits.
  case uint32(UInt32)
  /// Signed, 32 bits.
  case int32(Int32)
  /// IEEE single precision.
  case float32(Float)
  /// True or false.
  case bool(Bool)
  /// Bytes, UTF-8 by intention.
  case string([UInt8])
  /// Values of one type.
  case array(GGUFArray)
  /// Unsigned, 64 bits.
  case uint64(UInt64)
  /// Signed, 64 bits.
  case int64(Int64)
  /// IEEE double precision.
  case float64(Double)

  /// A string value.
  public static func text(_ text: String) -> GGUFValue { .string(Array(text.utf8)) }

  /// The type.
  public var type: GGUFType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .uint32: .uint32
    case .int32: .int32
    case .float32: .float32
    case .bool: .bool
    case .string: .string
    case .array: .array
    case .uint64: .uint64
    case .int64: .int64
    case .float64: .float64
    }
  }

  /// The whole number, of any width; nil where this is none or does not fit.
  public var int: Int? {
    switch self {
    case .uint8(let value): Int(value)
    case .int8(let value): Int(value)
    case .uint16(let value): Int(value)
    case .int16(let value): Int(value)
    case .uint32(let value): Int(value)
    case .int32(let value): Int(value)
    case .int64(let value): Int(exactly: value)
    case .uint64(let value): Int(exactly: value)
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// The number; whole ones too, as long as they fit in 64 bits with a sign.
  public var double: Double? {
    switch self {
    case .float32(let value): Double(value)
    case .float64(let value): value
    default: int.map { Double($0) }
    }
  }

  /// The truth value.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The text; nil where this is none or not valid UTF-8.
  public var string: String? {
    if case .string(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }

  /// The array.
  public var array: GGUFArray? {
    if case .array(let value) = self { value } else { nil }
  }
}

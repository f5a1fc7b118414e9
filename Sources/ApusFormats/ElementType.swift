// The types of numbers that tensor files name, with their names in safetensors. Which of them the package computes with
// is the models' affair; here every one that the format knows can be listed, measured and copied.

/// How the elements of a stored tensor are written.
public enum ElementType: String, Sendable, CaseIterable, Codable {
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// 4-bit floating point, two to a byte.
  case float4 = "F4"
  /// 6-bit floating point, 2 exponent bits.
  case float6E2M3 = "F6_E2M3"
  /// 6-bit floating point, 3 exponent bits.
  case float6E3M2 = "F6_E3M2"
  /// Unsigned, 8 bits.
  case uint8 = "U8"
  /// Signed, 8 bits.
  case int8 = "I8"
  /// 8-bit floating point, 5 exponent bits.
  case float8E5M2 = "F8_E5M2"
  /// 8-bit floating point, 4 exponent bits, no infinities.
  case float8E4M3 = "F8_E4M3"
  /// 8-bit floating point, 5 exponent bits, no infinities, one zero.
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
  /// 8-bit floating point, 4 exponent bits, no infinities, one zero.
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  /// A power of two in 8 bits, the scale of microscaling blocks.
  case float8E8M0 = "F8_E8M0"
  /// Signed, 16 bits.
  case int16 = "I16"
  /// Unsigned, 16 bits.
  case uint16 = "U16"
  /// IEEE half precision.
  case float16 = "F16"
  /// The upper half of a single-precision number.
  case bfloat16 = "BF16"
  /// Signed, 32 bits.
  case int32 = "I32"
  /// Unsigned, 32 bits.
  case uint32 = "U32"
  /// IEEE single precision.
  case float32 = "F32"
  /// IEEE double precision.
  case float64 = "F64"
  /// Signed, 64 bits.
  case int64 = "I64"
  /// Unsigned, 64 bits.
  case uint64 = "U64"
  /// Two single-precision numbers.
  case complex64 = "C64"

  /// Bits of one element.
  public var bits: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E5M2FNUZ, .float8E4M3FNUZ, .float8E8M0: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .float64, .int64, .uint64, .complex64: 64
    }
  }

  /// Bytes of a tensor of this type and shape; nil where a dimension is negative, the count overflows or ends inside a
  /// byte.
  public func byteCount(shape: [Int]) -> Int? {
    var count = 1
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    let (total, overflow) = count.multipliedReportingOverflow(by: bits)
    return overflow || total % 8 != 0 ? nil : total / 8
  }
}

/// What a tensor in a file is called and how it is written.
public struct TensorDescription: Sendable, Equatable {
  /// Its name, compared by bytes.
  public var name: String
  /// How its elements are written.
  public var type: ElementType
  /// Its dimensions, outermost first; none for a single number.
  public var shape: [Int]

  /// Describes a tensor.
  public init(name: String, type: ElementType, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  /// Equal in every byte of the name.
  public static func == (left: Self, right: Self) -> Bool {
    left.name.utf8.elementsEqual(right.name.utf8) && left.type == right.type && left.shape == right.shape
  }
}

/// A tensor in a file: its description and where its bytes are.
public struct TensorEntry: Sendable, Equatable {
  /// Name, type and shape.
  public var description: TensorDescription
  /// Its bytes, counted from the file's begin.
  public var byteRange: Range<Int>

  /// Its name.
  public var name: String { description.name }
  /// How its elements are written.
  public var type: ElementType { description.type }
  /// Its dimensions.
  public var shape: [Int] { description.shape }
  /// How many elements it has.
  public var count: Int { byteRange.count * 8 / type.bits }

  init(_ description: TensorDescription, byteRange: Range<Int>) {
    self.description = description
    self.byteRange = byteRange
  }
}

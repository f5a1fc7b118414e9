// How many bytes elements take, and the numbers that ggml gives their types. Sizes are checked here for both formats;
// every block type can be measured, also those that nobody computes with.

extension ElementType {
  /// How many neighbours are written together: 1 for plain numbers, more where one does not fill a whole byte.
  public var blockLength: Int { layout.length }

  /// Bytes of one block.
  public var bytesPerBlock: Int { layout.bytes }

  /// Whether rows are cut into blocks that share a scale: ggml's quantised types.
  public var isBlockType: Bool { blockLength >= 32 }

  /// Bytes of a tensor of this type and shape; nil where a dimension is negative, the size overflows, or a row or the
  /// whole ends inside a block.
  public func byteCount(shape: [Int]) -> Int? {
    var count = 1
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    let run = isBlockType ? shape.last ?? 1 : count
    guard run % blockLength == 0 else { return nil }
    let (total, overflow) = (count / blockLength).multipliedReportingOverflow(by: bytesPerBlock)
    return overflow ? nil : total
  }

  private var layout: (length: Int, bytes: Int) {
    switch self {
    case .float4: (2, 1)
    case .float6E2M3, .float6E3M2: (4, 3)
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E5M2FNUZ, .float8E4M3FNUZ, .float8E8M0: (1, 1)
    case .int16, .uint16, .float16, .bfloat16: (1, 2)
    case .int32, .uint32, .float32: (1, 4)
    case .float64, .int64, .uint64, .complex64: (1, 8)
    case .q4v0, .iq4NL: (32, 18)
    case .q4v1: (32, 20)
    case .q5v0: (32, 22)
    case .q5v1: (32, 24)
    case .q8v0: (32, 34)
    case .q8v1: (32, 36)
    case .q2K: (256, 84)
    case .q3K, .iq3S: (256, 110)
    case .q4K: (256, 144)
    case .q5K: (256, 176)
    case .q6K: (256, 210)
    case .q8K: (256, 292)
    case .iq1S: (256, 50)
    case .iq1M: (256, 56)
    case .iq2XXS, .tq2v0: (256, 66)
    case .iq2XS: (256, 74)
    case .iq2S: (256, 82)
    case .iq3XXS: (256, 98)
    case .iq4XS: (256, 136)
    case .tq1v0: (256, 54)
    case .mxfp4: (32, 17)
    case .nvfp4: (64, 36)
    case .q1v0: (128, 18)
    case .q2v0: (64, 18)
    }
  }
}

// MARK: - ggml

extension ElementType {
  /// The type that ggml gives this number; nil where it gives none, or does no more.
  public init?(ggmlCode: UInt32) {
    guard let type = Self.byCode[ggmlCode] else { return nil }
    self = type
  }

  /// The number by which GGUF names this type; nil where it cannot.
  public var ggmlCode: UInt32? { Self.codes[self] }

  private static let byCode: [UInt32: ElementType] = [
    0: .float32, 1: .float16, 2: .q4v0, 3: .q4v1, 6: .q5v0, 7: .q5v1, 8: .q8v0, 9: .q8v1, 10: .q2K, 11: .q3K, 12: .q4K,
    13: .q5K, 14: .q6K, 15: .q8K, 16: .iq2XXS, 17: .iq2XS, 18: .iq3XXS, 19: .iq1S, 20: .iq4NL, 21: .iq3S, 22: .iq2S,
    23: .iq4XS, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64, 29: .iq1M, 30: .bfloat16, 34: .tq1v0,
    35: .tq2v0, 39: .mxfp4, 40: .nvfp4, 41: .q1v0, 42: .q2v0,
  ]
  /// Types that ggml once had; files with them are too old for every reader of today.
  static let removedCodes: Set<UInt32> = [4, 5, 31, 32, 33, 36, 37, 38]

  private static let codes = Dictionary(uniqueKeysWithValues: byCode.map { ($1, $0) })
}

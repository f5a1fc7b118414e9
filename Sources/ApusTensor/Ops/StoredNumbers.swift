// How files store real numbers, and the way to float32 and back. ggml's blocks are among them: a run of neighbours in a
// row that share a scale. It knows no file format; the raw value is the name that safetensors and ggml use.

import CApusKernels

/// How a file stores real numbers, little-endian.
public enum StoredNumbers: String, Sendable, CaseIterable {
  /// IEEE single precision.
  case float32 = "F32"
  /// IEEE half precision.
  case float16 = "F16"
  /// The upper half of float32.
  case bfloat16 = "BF16"
  /// IEEE double precision.
  case float64 = "F64"
  /// 8-bit floating point, 4 exponent bits, no infinities.
  case float8E4M3 = "F8_E4M3"
  /// 8-bit floating point, 5 exponent bits.
  case float8E5M2 = "F8_E5M2"
  /// Signed, 8 bits.
  case int8 = "I8"
  /// Signed, 16 bits.
  case int16 = "I16"
  /// Signed, 32 bits.
  case int32 = "I32"
  /// Signed, 64 bits.
  case int64 = "I64"
  /// 32 of 4 bits with a scale.
  case q4v0 = "Q4_0"
  /// 32 of 4 bits with a scale and a minimum.
  case q4v1 = "Q4_1"
  /// 32 of 5 bits with a scale.
  case q5v0 = "Q5_0"
  /// 32 of 5 bits with a scale and a minimum.
  case q5v1 = "Q5_1"
  /// 32 of 8 bits with a scale.
  case q8v0 = "Q8_0"
  /// 256 of 2 bits, 4-bit scales and minima of 16.
  case q2K = "Q2_K"
  /// 256 of 3 bits, 6-bit scales of 16.
  case q3K = "Q3_K"
  /// 256 of 4 bits, 6-bit scales and minima of 32.
  case q4K = "Q4_K"
  /// 256 of 5 bits, 6-bit scales and minima of 32.
  case q5K = "Q5_K"
  /// 256 of 6 bits, 8-bit scales of 16.
  case q6K = "Q6_K"
  /// 32 of 4 bits on a scale that is not linear.
  case iq4NL = "IQ4_NL"

  /// How many numbers share a block: a row's numbers are read from a multiple of it on.
  public var blockLength: Int { layout.length }

  /// Bytes of one block.
  public var bytesPerBlock: Int { layout.bytes }

  /// Bytes of `count` numbers, a multiple of the block's.
  public func bytes(_ count: Int) -> Int { count / blockLength * bytesPerBlock }

  /// Whether a number takes fewer bits than float32.
  public var isCompact: Bool { bytesPerBlock < 4 * blockLength }

  /// Whether these are whole numbers, which nobody stores weights as.
  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// Whether `Kernels.bytes` can write them.
  public var canBeWritten: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .q8v0, .q4v0, .q4v1, .q5v0, .q5v1: true
    default: false
    }
  }

  private var layout: (length: Int, bytes: Int) {
    switch self {
    case .float8E4M3, .float8E5M2, .int8: (1, 1)
    case .float16, .bfloat16, .int16: (1, 2)
    case .float32, .int32: (1, 4)
    case .float64, .int64: (1, 8)
    case .q4v0, .iq4NL: (32, 18)
    case .q4v1: (32, 20)
    case .q5v0: (32, 22)
    case .q5v1: (32, 24)
    case .q8v0: (32, 34)
    case .q2K: (256, 84)
    case .q3K: (256, 110)
    case .q4K: (256, 144)
    case .q5K: (256, 176)
    case .q6K: (256, 210)
    }
  }

  fileprivate var kernel: apus_numbers {
    switch self {
    case .float32: APUS_F32
    case .float16: APUS_F16
    case .bfloat16: APUS_BF16
    case .float64: APUS_F64
    case .float8E4M3: APUS_F8_E4M3
    case .float8E5M2: APUS_F8_E5M2
    case .int8: APUS_I8
    case .int16: APUS_I16
    case .int32: APUS_I32
    case .int64: APUS_I64
    case .q4v0: APUS_Q4_0
    case .q4v1: APUS_Q4_1
    case .q5v0: APUS_Q5_0
    case .q5v1: APUS_Q5_1
    case .q8v0: APUS_Q8_0
    case .q2K: APUS_Q2_K
    case .q3K: APUS_Q3_K
    case .q4K: APUS_Q4_K
    case .q5K: APUS_Q5_K
    case .q6K: APUS_Q6_K
    case .iq4NL: APUS_IQ4_NL
    }
  }
}

extension Kernels {
  /// The numbers in `bytes`, which may have any alignment; what does not fill a block at the end is left out.
  public func floats(_ numbers: StoredNumbers, in bytes: UnsafeRawBufferPointer) -> [Float] {
    let count = bytes.count / numbers.bytesPerBlock * numbers.blockLength
    return [Float](unsafeUninitializedCapacity: count) { result, initialized in
      if let source = bytes.baseAddress, let target = result.baseAddress {
        unpack(numbers, source, count: count, to: target)
      }
      initialized = count
    }
  }

  /// Writes `count` numbers of whole blocks that begin at `source`, at any alignment, as float32: the same bits with
  /// every instruction set, those of gguf-py.
  func unpack(
    _ numbers: StoredNumbers, _ source: UnsafeRawPointer, count: Int, to target: UnsafeMutablePointer<Float>
  ) {
    table.pointee.dequantize(numbers.kernel, source, target, count)
  }

  /// The bytes of `values`, rounded as gguf-py does; what does not fill a block at the end is left out. Nil where the
  /// type cannot be written.
  public func bytes(_ values: UnsafeBufferPointer<Float>, as numbers: StoredNumbers) -> [UInt8]? {
    guard numbers.canBeWritten else { return nil }
    let (count, size) = (values.count / numbers.blockLength * numbers.blockLength, numbers.bytes(values.count))
    return [UInt8](unsafeUninitializedCapacity: size) { result, initialized in
      if let source = values.baseAddress, let target = result.baseAddress {
        _ = table.pointee.quantize(numbers.kernel, source, target, count)
      }
      initialized = size
    }
  }
}

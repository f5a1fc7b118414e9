// The types of numbers that tensor files name, safetensors and GGUF alike. Which of them the package computes with is
// the kernels' affair; here every one that a format knows can be listed, measured and copied.

/// How the elements of a stored tensor are written; the raw value is the name in safetensors and in ggml.
///
/// Block types, which GGUF alone has, write a block of neighbours of a row together.
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
  /// 32 of 8 bits with a scale and their sum: activations only.
  case q8v1 = "Q8_1"
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
  /// 256 of 8 bits: activations only.
  case q8K = "Q8_K"
  /// 256 of 1.56 bits from a codebook.
  case iq1S = "IQ1_S"
  /// 256 of 1.75 bits from a codebook.
  case iq1M = "IQ1_M"
  /// 256 of 2.06 bits from a codebook.
  case iq2XXS = "IQ2_XXS"
  /// 256 of 2.31 bits from a codebook.
  case iq2XS = "IQ2_XS"
  /// 256 of 2.56 bits from a codebook.
  case iq2S = "IQ2_S"
  /// 256 of 3.06 bits from a codebook.
  case iq3XXS = "IQ3_XXS"
  /// 256 of 3.44 bits from a codebook.
  case iq3S = "IQ3_S"
  /// 32 of 4 bits on a scale that is not linear.
  case iq4NL = "IQ4_NL"
  /// 256 of 4 bits on a scale that is not linear, 6-bit scales of 32.
  case iq4XS = "IQ4_XS"
  /// 256 ternary, five to a byte.
  case tq1v0 = "TQ1_0"
  /// 256 ternary, four to a byte.
  case tq2v0 = "TQ2_0"
  /// 32 of 4-bit floating point with a power of two.
  case mxfp4 = "MXFP4"
  /// 64 of 4-bit floating point with 8-bit scales of 16.
  case nvfp4 = "NVFP4"
  /// 128 of 1 bit with a scale.
  case q1v0 = "Q1_0"
  /// 64 of 2 bits with a scale.
  case q2v0 = "Q2_0"
}

// The few functions of the C library's mathematics that the package needs, as static members of the number types, so
// that no room imports Foundation for a logarithm: that library would take 7 MB of every process and time at its start.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Double {
  /// eˣ.
  package static func exp(_ value: Double) -> Double { libcExp(value) }
  /// The natural logarithm.
  package static func log(_ value: Double) -> Double { libcLog(value) }
  /// The logarithm to base 2.
  package static func log2(_ value: Double) -> Double { libcLog2(value) }
  /// The logarithm to base 10.
  package static func log10(_ value: Double) -> Double { libcLog10(value) }
  /// `base` to the power of `exponent`.
  package static func pow(_ base: Double, _ exponent: Double) -> Double { libcPow(base, exponent) }
  /// The cosine of an angle in radians.
  package static func cos(_ angle: Double) -> Double { libcCos(angle) }
  /// The sine of an angle in radians.
  package static func sin(_ angle: Double) -> Double { libcSin(angle) }
  /// The tangent of an angle in radians.
  package static func tan(_ angle: Double) -> Double { libcTan(angle) }
  /// The complementary error function, 2/√π ∫ e^−t² dt from `value` to infinity.
  package static func erfc(_ value: Double) -> Double { libcErfc(value) }
}

extension Float {
  /// eˣ, rounded as single precision has it.
  package static func exp(_ value: Float) -> Float { libcExpf(value) }
}

// Inside the extensions the members hide the C functions.
private func libcExp(_ value: Double) -> Double { exp(value) }
private func libcExpf(_ value: Float) -> Float { expf(value) }
private func libcLog(_ value: Double) -> Double { log(value) }
private func libcLog2(_ value: Double) -> Double { log2(value) }
private func libcLog10(_ value: Double) -> Double { log10(value) }
private func libcPow(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
private func libcCos(_ angle: Double) -> Double { cos(angle) }
private func libcSin(_ angle: Double) -> Double { sin(angle) }
private func libcTan(_ angle: Double) -> Double { tan(angle) }
private func libcErfc(_ value: Double) -> Double { erfc(value) }

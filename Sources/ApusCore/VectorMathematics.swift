// e^x and ln x on four doubles at once, in plain arithmetic that compiles to vector instructions on every machine:
// the C library has them for one number a call only. No fused multiply-add, which the baseline of x86-64 lacks and a
// compiler would replace by calls; so the same bits everywhere.
//
// Both are argument reduction and a polynomial (Chebyshev nodes, of error below 2e-17 before rounding); within two
// units in the last place of the C library, which the tests check.

extension SIMD4<Double> {
  /// e to the power of each element; elements beyond ±708, where the result nears the ends of the range, count as ±708.
  ///
  /// x = k ln 2 + r with |r| ≤ ½ ln 2; e^x = 2^k e^r. NaN gives an arbitrary number.
  @inlinable @inline(__always)
  package static func exp(_ power: Self) -> Self {
    var x = power.replacing(with: 708, where: power .> 708)
    x = x.replacing(with: -708, where: x .< -708)
    // Adding 1.5 · 2^52 rounds to a whole number and leaves it in the lowest bits.
    let shifted = x * 1.4426950408889634 + 0x1.8p52
    let k = shifted - 0x1.8p52
    let r = (x - k * 0x1.62e42fep-1) - k * 1.8206359985041462e-09
    let r2 = r * r
    let r4 = r2 * r2
    let low = (0.5000000000000001 + r * 0.16666666666666669) + r2 * (0.04166666666662413 + r * 0.008333333333330062)
    let middle =
      (0.0013888888917213717 + r * 0.00019841269863053618) + r2 * (2.4801521295954376e-05 + r * 2.7557268459997064e-06)
    let high = 2.7620088445409746e-07 + r * 2.510038549551032e-08
    let mantissa = 1 + (r + r2 * (low + r4 * (middle + r4 * high)))
    let exponent = unsafeBitCast(shifted, to: SIMD4<UInt64>.self) &<< 52
    return unsafeBitCast(unsafeBitCast(mantissa, to: SIMD4<UInt64>.self) &+ exponent, to: Self.self)
  }

  /// The natural logarithm of each element, which must be positive, finite and normal.
  ///
  /// x = 2^k m with √½ ≤ m < √2; ln m = 2 artanh s with s = (m − 1)/(m + 1).
  @inlinable @inline(__always)
  package static func log(_ value: Self) -> Self {
    let bits = unsafeBitCast(value, to: SIMD4<UInt64>.self)
    let biased = (bits &+ (0x3FF0_0000_0000_0000 - 0x3FE6_A09E_667F_3BCD)) &>> 52
    let k = unsafeBitCast(biased | 0x4330_0000_0000_0000, to: Self.self) - (0x1p52 + 1023)
    let m = unsafeBitCast(bits &- (biased &<< 52) &+ (1023 &<< 52), to: Self.self)
    let f = m - 1
    let s = f / (m + 1)
    let z = s * s
    let z2 = z * z
    let low = (0.666666666666667 + z * 0.39999999999899444) + z2 * (0.2857142862600327 + z * 0.22222211130259878)
    let high = (0.18182889455674947 + z * 0.15331710618210773) + z2 * 0.14616585424888623
    let series = s * z * (low + z2 * z2 * high)
    return k * 0x1.62e42fep-1 + ((s + s) + (series + k * 1.8206359985041462e-09))
  }
}

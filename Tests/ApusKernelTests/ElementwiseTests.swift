// Sums, scalings, AdamW and conversions, at lengths around the width of a vector.

import CApusKernels
import Foundation
import Testing

@Suite("Elementwise")
struct ElementwiseTests {
  static let lengths = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100, 259]

  @Test("Add, scale and multiply-add", arguments: instructionSets)
  func sums(isa: String) throws {
    let k = try kernels(isa)
    for n in Self.lengths {
      var numbers = TestNumbers(seed: UInt64(n))
      let (a, b) = (numbers.floats(n + 1), numbers.floats(n + 1))
      var y = [Float](repeating: 5, count: n + 1)
      k.add(a, b, &y, n)
      #expect(sameBits(y, zip(a, b).prefix(n).map { $0 + $1 } + [5]))
      k.scale(a, 0.3, &y, n)
      #expect(sameBits(y, a.prefix(n).map { 0.3 * $0 } + [5]))
      y = b
      k.multiply_add(a, 0.3, &y, n)
      #expect(largestError(y, zip(a, b).prefix(n).map { Float(0.3) * $0 + $1 } + [b[n]]) < 1e-7)
    }
  }

  @Test("Sum of squares in double", arguments: instructionSets)
  func squares(isa: String) throws {
    let k = try kernels(isa)
    for n in Self.lengths {
      var numbers = TestNumbers(seed: UInt64(n))
      let x = numbers.floats(n, in: -1e3...1e3)
      let exact = x.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(k.sum_of_squares(x, n) - exact) <= 1e-14 * exact)
    }
  }

  @Test("AdamW follows its definition in double over several steps", arguments: instructionSets)
  func adamw(isa: String) throws {
    let k = try kernels(isa)
    let (lr, beta1, beta2, epsilon, decay, scale) = (0.01, 0.9, 0.99, 1e-8, 0.1, 0.5)
    for n in Self.lengths {
      var numbers = TestNumbers(seed: UInt64(n))
      var p = numbers.floats(n)
      var (m, v) = ([Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
      var (exactP, exactM, exactV) = (p.map(Double.init), m.map(Double.init), v.map(Double.init))
      for step in 1...5 {
        let g = numbers.floats(n)
        let (bias1, bias2) = (1 - pow(beta1, Double(step)), 1 - pow(beta2, Double(step)))
        k.adamw(
          &p, g, &m, &v, n, Float(scale), Float(lr), Float(beta1), Float(beta2), Float(epsilon), Float(decay),
          Float(bias1), Float(bias2))
        for i in 0..<n {
          let d = scale * Double(g[i])
          exactM[i] = beta1 * exactM[i] + (1 - beta1) * d
          exactV[i] = beta2 * exactV[i] + (1 - beta2) * d * d
          exactP[i] -= lr * decay * exactP[i]
          exactP[i] -= lr / bias1 * exactM[i] / (exactV[i].squareRoot() / bias2.squareRoot() + epsilon)
        }
      }
      #expect(largestError(p, exactP.map { Float($0) }) < 1e-6)
      #expect(largestError(m, exactM.map { Float($0) }) < 1e-6)
      #expect(largestError(v, exactV.map { Float($0) }) < 1e-6)
    }
  }

  @Test("All 65,536 half-precision values widen alike", arguments: instructionSets)
  func widening(isa: String) throws {
    let k = try kernels(isa)
    let all = (0...UInt16.max).map { $0 }
    var y = [Float](repeating: 0, count: all.count)
    k.bfloat16_to_float(all, &y, all.count)
    #expect(zip(all, y).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
    k.float16_to_float(all, &y, all.count)
    var plain = y
    try scalarKernels().float16_to_float(all, &plain, all.count)
    #expect(sameBits(y, plain))
    // By definition: (-1)^s 2^(e - 25) (1024 + f), without the 1024 where e is 0.
    for (bits, value) in zip(all, y) where bits >> 10 & 31 != 31 {
      let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023))
      let magnitude = (exponent == 0 ? fraction : 1024 + fraction) * pow(2, Double(max(exponent, 1) - 25))
      #expect(Double(value.magnitude) == magnitude && (value.sign == .minus) == (bits >> 15 == 1))
    }
    #expect(y[0x7c00] == .infinity && y[0xfc00] == -.infinity && y[0x7e01].isNaN && y[0x7c01].isNaN)
  }

  @Test("Narrowing rounds to nearest even, keeps NaN and infinity", arguments: instructionSets)
  func narrowing(isa: String) throws {
    let k = try kernels(isa)
    var x: [Float] = [.infinity, -.infinity, .nan, 0, -0.0, 65504, 65519.99, 65520, -65520, 1e30, 3.4e38]
    x += [1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1.002p-8, 1 + 0x1p-11, 1 + 0x3p-11]
    x += [0x1p-24, 0x1p-25, 0x1.002p-25, 0x3p-25, 0x1p-14]
    x += [0x1.ffcp-15, 0x1.ffep-15, 0x1.fffp-15, Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0xffff_ffff)]
    var numbers = TestNumbers(seed: 6)
    x += (0..<20_001).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &numbers)) }
    x += numbers.floats(5_000, in: -2...2)
    var (narrow, plain) = ([UInt16](repeating: 0, count: x.count), [UInt16](repeating: 0, count: x.count))
    let scalar = try scalarKernels()

    k.float_to_bfloat16(x, &narrow, x.count)
    scalar.float_to_bfloat16(x, &plain, x.count)
    #expect(narrow == plain)
    for (value, bits) in zip(x, narrow) {
      let back = Float(bitPattern: UInt32(bits) << 16)
      #expect(value.isNaN ? back.isNaN : isNearest(back, to: value, lastPlaces: 16))
    }

    k.float_to_float16(x, &narrow, x.count)
    scalar.float_to_float16(x, &plain, x.count)
    #expect(narrow == plain)
    for (value, bits) in zip(x, narrow) {
      #if arch(arm64)
        #expect(value.isNaN || bits == Float16(value).bitPattern)
      #else
        #expect(value.isNaN ? bits & 0x7c00 == 0x7c00 && bits & 1023 != 0 : isNearestHalf(bits, to: value))
      #endif
    }
  }

  /// Whether `rounded`, whose lowest `lastPlaces` bits are zero, is the nearest such value, the even one of two.
  private func isNearest(_ rounded: Float, to value: Float, lastPlaces: UInt32) -> Bool {
    let (r, v) = (UInt64(rounded.magnitude.bitPattern), UInt64(value.magnitude.bitPattern))
    let unit: UInt64 = 1 << lastPlaces
    let distance = r > v ? r - v : v - r
    let even = (r >> lastPlaces) & 1 == 0
    return rounded.sign == value.sign && (distance < unit / 2 || (distance == unit / 2 && even))
  }

  /// Whether no neighbouring half is nearer to `value`, and none as near is even instead.
  private func isNearestHalf(_ bits: UInt16, to value: Float) -> Bool {
    func magnitude(_ half: UInt16) -> Double {
      let (exponent, fraction) = (Int(half >> 10 & 31), Double(half & 1023))
      return (exponent == 0 ? fraction : 1024 + fraction) * pow(2, Double(max(exponent, 1) - 25))
    }
    let (half, wanted) = (bits & 0x7fff, Double(value.magnitude))
    guard half <= 0x7c00, (bits >> 15 == 1) == (value.sign == .minus) else { return false }
    let distance = abs(min(magnitude(half), 65536) - min(wanted, 65536))
    for neighbour in [half == 0 ? nil : half - 1, half == 0x7c00 ? nil : half + 1].compactMap({ $0 }) {
      let other = abs(magnitude(neighbour) - min(wanted, 65536))
      if other < distance || (other == distance && half & 1 == 1) { return false }
    }
    return true
  }
}

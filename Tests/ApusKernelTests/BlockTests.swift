// The numbers of files: every instruction set gives the bits of the plain loops, which give those of the definition;
// what is written comes back within half a step.

import CApusKernels
import Foundation
import Testing

/// A type of stored numbers.
struct StoredType: Sendable, CustomTestStringConvertible {
  let code: apus_numbers
  let testDescription: String
  /// Numbers and bytes of a block.
  let length, size: Int

  init(_ code: apus_numbers, _ name: String, _ length: Int, _ size: Int) {
    self.code = code
    testDescription = name
    self.length = length
    self.size = size
  }

  static let all = [
    StoredType(APUS_F32, "F32", 1, 4), .init(APUS_F16, "F16", 1, 2), .init(APUS_BF16, "BF16", 1, 2),
    .init(APUS_F64, "F64", 1, 8), .init(APUS_I8, "I8", 1, 1), .init(APUS_I16, "I16", 1, 2),
    .init(APUS_I32, "I32", 1, 4), .init(APUS_I64, "I64", 1, 8), .init(APUS_F8_E4M3, "F8_E4M3", 1, 1),
    .init(APUS_F8_E5M2, "F8_E5M2", 1, 1), .init(APUS_Q4_0, "Q4_0", 32, 18), .init(APUS_Q4_1, "Q4_1", 32, 20),
    .init(APUS_Q5_0, "Q5_0", 32, 22), .init(APUS_Q5_1, "Q5_1", 32, 24), .init(APUS_Q8_0, "Q8_0", 32, 34),
    .init(APUS_Q2_K, "Q2_K", 256, 84), .init(APUS_Q3_K, "Q3_K", 256, 110), .init(APUS_Q4_K, "Q4_K", 256, 144),
    .init(APUS_Q5_K, "Q5_K", 256, 176), .init(APUS_Q6_K, "Q6_K", 256, 210), .init(APUS_IQ4_NL, "IQ4_NL", 32, 18),
  ]
}

@Suite("Stored numbers")
struct BlockTests {
  @Test("Every instruction set gives the plain version's bits, at any alignment", arguments: StoredType.all)
  func alike(type: StoredType) throws {
    var numbers = TestNumbers(seed: UInt64(type.code.rawValue))
    let scalar = try scalarKernels()
    // Any bytes are numbers: among them are subnormal, infinite and invalid scales.
    for blocks in [1, 2, 3, 17, 259] {
      let bytes = (0..<blocks * type.size + 3).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      let count = blocks * type.length
      for offset in 0..<3 {
        let plain = unpack(scalar, type, bytes, offset, count)
        for isa in vectorInstructionSets {
          let fast = unpack(try kernels(isa), type, bytes, offset, count)
          let alike = zip(plain, fast).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
          #expect(alike, "\(isa), \(blocks) blocks")
          // Nothing is written beyond.
          #expect(fast.last == 7 && plain.last == 7)
        }
      }
    }
  }

  private func unpack(_ k: apus_kernels, _ type: StoredType, _ bytes: [UInt8], _ offset: Int, _ count: Int) -> [Float] {
    var y = [Float](repeating: 7, count: count + 1)
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      k.dequantize(type.code, base + offset, &y, count)
    }
    return y
  }

  @Test("Plain numbers by definition")
  func plainNumbers() throws {
    let k = try scalarKernels()
    var y: [Float] = [0, 0, 0]
    k.dequantize(APUS_F64, [0.1, -2.5e300, 0x1p-1070], &y, 3)
    #expect(y == [0.1, -.infinity, 0])
    k.dequantize(APUS_I64, [Int64.min, 7, 16_777_217], &y, 3)
    #expect(y == [-0x1p63, 7, 16_777_216])
    k.dequantize(APUS_I16, [Int16.min, -1, .max], &y, 3)
    #expect(y == [-32768, -1, 32767])
    k.dequantize(APUS_I8, [Int8.min, -1, .max], &y, 3)
    #expect(y == [-128, -1, 127])

    let codes = (0...UInt8.max).map { $0 }
    var floats = [Float](repeating: 0, count: 256)
    k.dequantize(APUS_F8_E4M3, codes, &floats, 256)
    for (code, value) in zip(codes, floats) {
      let (exponent, fraction) = (Int(code >> 3 & 15), Double(code & 7))
      let magnitude = (exponent == 0 ? fraction : 8 + fraction) * pow(2, Double(max(exponent, 1) - 10))
      #expect(code & 0x7F == 0x7F ? value.isNaN : Double(value.magnitude) == magnitude)
      #expect((value.sign == .minus) == (code >> 7 == 1))
    }
    k.dequantize(APUS_F8_E5M2, codes, &floats, 256)
    for (code, value) in zip(codes, floats) where code & 0x7F < 0x7C {
      let (exponent, fraction) = (Int(code >> 2 & 31), Double(code & 3))
      let magnitude = (exponent == 0 ? fraction : 4 + fraction) * pow(2, Double(max(exponent, 1) - 17))
      #expect(Double(value.magnitude) == magnitude && (value.sign == .minus) == (code >> 7 == 1))
    }
    #expect(floats[0x7C] == .infinity && floats[0xFC] == -.infinity && floats[0x7D].isNaN)
  }

  // Numbers up to 3: half a step, or a whole one where the extreme number's sign is another; and the scale's own
  // rounding.
  @Test(
    "What is written comes back within its step",
    arguments: [
      ("F32", 0), ("F16", 0x1p-10), ("BF16", 0x1p-7), ("Q8_0", 0.0134), ("Q4_0", 0.376), ("Q4_1", 0.205),
      ("Q5_0", 0.189), ("Q5_1", 0.101),
    ])
  func roundTrip(name: String, step: Float) throws {
    let k = try scalarKernels()
    let type = try #require(StoredType.all.first { $0.testDescription == name })
    var numbers = TestNumbers(seed: 9)
    let x = numbers.floats(640, in: -3...3)
    var (bytes, y) = ([UInt8](repeating: 0, count: 640 / type.length * type.size), [Float](repeating: 0, count: 640))
    #expect(k.quantize(type.code, x, &bytes, 640))
    k.dequantize(type.code, bytes, &y, 640)
    let worst = zip(x, y).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= step && worst >= step / 3)
  }

  @Test("Only simple types are written, and no number traps")
  func writing() throws {
    let k = try scalarKernels()
    var bytes = [UInt8](repeating: 0, count: 2048)
    var wild = [Float](repeating: .nan, count: 256)
    let odd: [Float] = [.infinity, -.infinity, 3e38, -3e38, 0x1p-149, 0, -0.0]
    wild.replaceSubrange(..<odd.count, with: odd)
    for type in StoredType.all {
      let simple: Set = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
      #expect(k.quantize(type.code, wild, &bytes, 256) == simple.contains(type.testDescription))
    }
    #expect(k.quantize(APUS_Q8_0, [Float](repeating: 0, count: 32), &bytes, 32))
    #expect(bytes.prefix(34).allSatisfy { $0 == 0 })
  }
}

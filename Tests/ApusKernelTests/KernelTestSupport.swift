// What the kernel tests share: the tables that this processor has, seeded numbers, and comparisons.

import CApusKernels
import Testing

/// The names of all instruction sets whose kernels run here, the scalar one first.
let instructionSets: [String] = (0...3).compactMap { index in
  apus_kernels_for(apus_isa(rawValue: index)).map { String(cString: $0.pointee.name) }
}

/// The vector instruction sets that run here.
let vectorInstructionSets = Array(instructionSets.dropFirst())

/// The kernels of an instruction set, by name.
func kernels(_ name: String) throws -> apus_kernels {
  try #require(apus_kernels_named(name)).pointee
}

/// The plain loops that all others are compared with.
func scalarKernels() throws -> apus_kernels { try kernels("scalar") }

/// A small generator of test data (SplitMix64).
struct TestNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` values, uniform in `range`.
  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// Whether two arrays hold the same bits.
func sameBits(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
}

/// The largest |a - b| / (1 + |b|); NaN against a number counts as infinite.
func largestError(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(a.count == b.count ? 0 : .infinity) { worst, pair in
    let (x, y) = (Double(pair.0), Double(pair.1))
    if x == y || (x.isNaN && y.isNaN) { return worst }
    let error = abs(x - y) / (1 + abs(y))
    return error.isNaN ? .infinity : max(worst, error)
  }
}

/// Floats at a fixed address, for calls that take pointers into the middle.
final class FloatBuffer {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(_ values: [Float]) {
    count = values.count
    pointer = .allocate(capacity: max(count, 1))
    pointer.initialize(from: values, count: count)
  }

  deinit { pointer.deallocate() }

  /// A copy of the values as they are now.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

// exp, tanh, erf and the logistic function against the C library in double, over floats of all sizes and signs.

import CApusKernels
import Foundation
import Testing

@Suite("Functions")
struct FunctionTests {
  /// A kernel, its reference, and the largest error stated in vector/functions_inline.h (scalar: by its formulas).
  struct Function: Sendable, CustomStringConvertible {
    let description: String
    let kernel: @Sendable (apus_kernels) -> Kernel
    let reference: @Sendable (Double) -> Double
    let limit: Double
    /// Whether a result that is no normal number may be 0 instead.
    var flushes = false
    typealias Kernel = @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  }

  static let functions = [
    Function(description: "exp", kernel: { $0.exp }, reference: { Foundation.exp($0) }, limit: 1.0),
    Function(description: "tanh", kernel: { $0.tanh }, reference: { Foundation.tanh($0) }, limit: 2.5),
    Function(description: "erf", kernel: { $0.erf }, reference: { Foundation.erf($0) }, limit: 1.2),
    Function(
      description: "sigmoid", kernel: { $0.sigmoid }, reference: { 1 / (1 + Foundation.exp(-$0)) }, limit: 2.4,
      flushes: true),
  ]

  /// The distance of `value` from `exact` in units of the last place of a float there.
  static func ulps(_ value: Float, from exact: Double) -> Double {
    if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
    let rounded = Float(exact)
    if rounded.isInfinite || value.isInfinite { return rounded == value ? 0 : .infinity }
    return abs(Double(value) - exact) / Double(Float(exact.magnitude).ulp)
  }

  @Test("Errors stay below those stated", arguments: instructionSets, functions)
  func errors(isa: String, function: Function) throws {
    let apply = function.kernel(try kernels(isa))
    let stride: UInt32 = 4999
    var inputs: [Float] = [
      .infinity, -.infinity, .nan, 0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    inputs += [88.72283, 88.72284, -87.33655, -103.97208, -103.97209, 0.92, -0.92, 4, 9.02, 10]
    var pattern: UInt32 = 0
    while true {
      inputs.append(Float(bitPattern: pattern))
      let (next, overflow) = pattern.addingReportingOverflow(stride)
      if overflow { break }
      pattern = next
    }
    var outputs = [Float](repeating: 0, count: inputs.count)
    apply(inputs, &outputs, inputs.count)
    var worst = 0.0
    var at: Float = 0
    for (x, y) in zip(inputs, outputs) {
      let exact = function.reference(Double(x))
      if function.flushes, y == 0, exact.magnitude < Double(Float.leastNormalMagnitude) { continue }
      let error = Self.ulps(y, from: exact)
      if error > worst { (worst, at) = (error, x) }
    }
    print("\(isa) \(function): \(inputs.count) values, largest error \(worst) ulp at \(at)")
    #expect(worst <= function.limit, "\(isa) \(function) at \(at)")
  }

  @Test("Signs of zero survive in odd functions", arguments: instructionSets)
  func signedZero(isa: String) throws {
    let k = try kernels(isa)
    var y: [Float] = [1]
    for function in [k.tanh, k.erf] {
      function([-0.0], &y, 1)
      #expect(y[0].bitPattern == Float(-0.0).bitPattern)
    }
  }

  @Test("A value does not depend on its place or its neighbours", arguments: instructionSets, functions)
  func places(isa: String, function: Function) throws {
    let apply = function.kernel(try kernels(isa))
    var numbers = TestNumbers(seed: 1)
    let x = numbers.floats(67, in: -6...6)
    var whole = [Float](repeating: 0, count: 67)
    apply(x, &whole, 67)
    for begin in 0..<67 {
      var part = Array(x[begin...])
      part.withUnsafeMutableBufferPointer { p in
        if let base = p.baseAddress { apply(base, base, p.count) }  // in place
      }
      #expect(sameBits(part, Array(whole[begin...])))
    }
  }
}

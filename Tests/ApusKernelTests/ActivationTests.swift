// Activations and their gradients against formulas in double, and against finite differences of those.

import CApusKernels
import Foundation
import Testing

let activations = [
  APUS_ACTIVATION_NONE, APUS_ACTIVATION_RELU, APUS_ACTIVATION_GELU_ERF, APUS_ACTIVATION_GELU_TANH, APUS_ACTIVATION_SILU,
]

/// The activation by its definition.
func activationInDouble(_ f: apus_activation, _ x: Double) -> Double {
  switch f {
  case APUS_ACTIVATION_RELU: max(x, 0)
  case APUS_ACTIVATION_GELU_ERF: x * 0.5 * erfc(-x / 2.0.squareRoot())
  case APUS_ACTIVATION_GELU_TANH: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  case APUS_ACTIVATION_SILU: x / (1 + exp(-x))
  default: x
  }
}

/// Its derivative by central differences.
func slopeInDouble(_ f: apus_activation, _ x: Double) -> Double {
  let h = 1e-5
  return (activationInDouble(f, x + h) - activationInDouble(f, x - h)) / (2 * h)
}

@Suite("Activations")
struct ActivationTests {
  static func inputs() -> [Float] {
    var numbers = TestNumbers(seed: 3)
    let far: [Float] = [0.5, -80, 80, -1e4, 1e4, 3e30, -3e30]
    return numbers.floats(259, in: -12...12) + numbers.floats(64, in: -0.01...0.01) + far
  }

  @Test("Values and slopes", arguments: instructionSets, activations.map(\.rawValue))
  func values(isa: String, raw: UInt32) throws {
    let (k, f) = (try kernels(isa), apus_activation(rawValue: raw))
    let x = Self.inputs()
    var y = [Float](repeating: 0, count: x.count)
    k.activation(f, x, &y, x.count)
    #expect(largestError(y, x.map { Float(activationInDouble(f, Double($0))) }) < 1e-6)

    var numbers = TestNumbers(seed: 4)
    let (dy, old) = (numbers.floats(x.count), numbers.floats(x.count))
    for accumulate in [false, true] {
      var dx = old
      k.activation_backward(f, x, dy, &dx, accumulate, x.count)
      for i in x.indices where abs(x[i]) < 20 {
        let wanted = Double(dy[i]) * slopeInDouble(f, Double(x[i])) + (accumulate ? Double(old[i]) : 0)
        #expect(abs(Double(dx[i]) - wanted) < 2e-6, "\(isa) \(f) at \(x[i])")
      }
      #expect(!dx.contains { !$0.isFinite })
    }
  }

  @Test("Gated units over rows with strides", arguments: instructionSets, activations.map(\.rawValue))
  func gated(isa: String, raw: UInt32) throws {
    let (k, f) = (try kernels(isa), apus_activation(rawValue: raw))
    let (rows, columns, inRow, outRow) = (3, 37, 80, 41)
    var numbers = TestNumbers(seed: 5)
    let x = numbers.floats(rows * inRow, in: -4...4)  // gate, then up at column 40
    let dy = numbers.floats(rows * outRow)
    var y = [Float](repeating: 9, count: rows * outRow)
    var dx = [Float](repeating: 9, count: rows * inRow)
    x.withUnsafeBufferPointer { x in
      dx.withUnsafeMutableBufferPointer { dx in
        guard let x = x.baseAddress, let dx = dx.baseAddress else { return }
        k.gated(f, x, x + 40, inRow, &y, outRow, rows, columns)
        k.gated_backward(f, x, x + 40, inRow, dy, outRow, dx, dx + 40, rows, columns)
      }
    }
    for row in 0..<rows {
      for j in 0..<outRow {
        guard j < columns else {
          #expect(y[row * outRow + j] == 9)
          continue
        }
        let (gate, up) = (Double(x[row * inRow + j]), Double(x[row * inRow + 40 + j]))
        let d = Double(dy[row * outRow + j])
        #expect(abs(Double(y[row * outRow + j]) - activationInDouble(f, gate) * up) < 5e-6)
        #expect(abs(Double(dx[row * inRow + j]) - d * up * slopeInDouble(f, gate)) < 5e-6)
        #expect(abs(Double(dx[row * inRow + 40 + j]) - d * activationInDouble(f, gate)) < 5e-6)
      }
      #expect(dx[row * inRow + 38] == 9 && dx[row * inRow + 78] == 9)
    }
  }
}

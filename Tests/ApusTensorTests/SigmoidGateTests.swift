// The sigmoid gate against its formula in double precision, and its derivatives against differences of that.

import ApusCore
import Foundation
import Testing

@testable import ApusTensor

@Suite struct SigmoidGateTests {
  private static let rows = 300
  private static let width = 37

  private func values(_ count: Int, _ factor: Double) -> [Float] {
    (0..<count).map { Float(factor * sin(Double($0 * $0 % 7919))) }
  }

  private func table(_ name: String, _ columns: Int, _ factor: Double) -> Parameter {
    let tensor = Tensor(rows: Self.rows, columns: columns, values: values(Self.rows * columns, factor))
    return Parameter(name: name, value: tensor, decays: true)
  }

  @Test(arguments: Kernels.available.map(\.name), [false, true])
  func gateAndGradientsFollowTheFormulas(kernels: String, hasResidual: Bool) throws {
    let workspace = try ExpertModel.workspace(Kernels.named(kernels), threads: 3)
    let (x, logit, residual) = (table("x", Self.width, 2), table("g", 1, 6), table("r", Self.width, 1))
    let dy = values(Self.rows * Self.width, 3).reversed().map { $0 }
    let batch = PackedBatch(sequence: (0..<Self.rows).map { Int32($0) })
    var outputs: [[Float]] = []
    for recording in [false, true] {
      workspace.begin(batch, recording: recording)
      let variables = [residual, x, logit].map { workspace.embedding(EmbeddingTables(tokens: $0)) }
      let y = workspace.sigmoidGated(variables[1], by: variables[2], residual: hasResidual ? variables[0] : nil)
      outputs.append(y.value.values)
      guard recording else { continue }
      workspace.tape.gradient(of: y).0.withMutableValues { for index in $0.indices { $0[index] = dy[index] } }
      workspace.tape.backward(in: workspace)
    }
    #expect(outputs[0] == outputs[1], "the tape changes nothing")
    let (xs, logits, residuals) = (x.value.values, logit.value.values, residual.value.values)
    let (dx, dLogit, dResidual) = (x.gradient.values, logit.gradient.values, residual.gradient.values)
    for row in 0..<Self.rows {
      let sigmoid = 1 / (1 + exp(-Double(logits[row])))
      var slope = 0.0
      for index in row * Self.width..<(row + 1) * Self.width {
        let expected = sigmoid * Double(xs[index]) + (hasResidual ? Double(residuals[index]) : 0)
        #expect(abs(Double(outputs[0][index]) - expected) < 1e-6)
        #expect(abs(Double(dx[index]) - sigmoid * Double(dy[index])) < 1e-6)
        #expect(dResidual[index] == (hasResidual ? dy[index] : 0))
        slope += Double(dy[index]) * Double(xs[index]) * sigmoid * (1 - sigmoid)
      }
      #expect(abs(Double(dLogit[row]) - slope) < 1e-5)
    }
  }
}

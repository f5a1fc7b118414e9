// AdamW and the gradient norm against the formulas in double precision.

import ApusCore
import Foundation
import Testing

@testable import ApusTensor

@Suite struct OptimizerTests {
  private func parameter(_ count: Int, decays: Bool) -> Parameter {
    let values = (0..<count).map { Float(sin(Double($0))) }
    return Parameter(name: "p", value: Tensor(rows: 1, columns: count, values: values), decays: decays)
  }

  private func setGradient(_ parameter: Parameter, _ gradient: [Float]) {
    parameter.gradient.withMutableValues { for index in $0.indices { $0[index] = gradient[index] } }
  }

  @Test(arguments: [true, false])
  func adamWFollowsTheFormulas(decays: Bool) throws {
    let parameter = parameter(50_001, decays: decays)
    let workspace = Workspace(pool: ThreadPool(threads: 2), kernels: try Kernels.select())
    let state = AdamWState([parameter])
    var expected = parameter.value.values.map(Double.init)
    var (mean, square) = ([Double](repeating: 0, count: expected.count), [Double](repeating: 0, count: expected.count))
    for step in 1...3 {
      let gradient = expected.indices.map { Float(cos(Double($0 + 7 * step))) }
      setGradient(parameter, gradient)
      state.update(
        AdamWStep(
          step: step, learningRate: 0.01, gradientScale: 0.5, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1),
        in: workspace)
      parameter.zeroGradient()
      for index in expected.indices {
        let g = 0.5 * Double(gradient[index])
        if decays { expected[index] *= 1 - 0.01 * 0.1 }
        mean[index] = 0.9 * mean[index] + 0.1 * g
        square[index] = 0.95 * square[index] + 0.05 * g * g
        let root = (square[index] / (1 - pow(0.95, Double(step)))).squareRoot()
        expected[index] -= 0.01 * mean[index] / (1 - pow(0.9, Double(step))) / (root + 1e-8)
      }
    }
    let error = zip(parameter.value.values, expected).map { abs(Double($0) - $1) }.max() ?? 1
    #expect(error < 2e-6)
  }

  @Test func normIsThatOfAllGradientsAndOfNoThreads() throws {
    let norms = try [1, 2, 3].map { threads in
      let parameters = [parameter(40_000, decays: true), parameter(17, decays: false), parameter(3, decays: false)]
      setGradient(parameters[0], parameters[0].value.values)
      setGradient(parameters[1], parameters[1].value.values)
      let workspace = Workspace(pool: ThreadPool(threads: threads), kernels: try Kernels.select())
      return AdamWState(parameters).gradientNorm(in: workspace)
    }
    let squares = (0..<40_000).reduce(0.0) { $0 + pow(Double(Float(sin(Double($1)))), 2) }
    let small = (0..<17).reduce(0.0) { $0 + pow(Double(Float(sin(Double($1)))), 2) }
    #expect(abs(norms[0] - (squares + small).squareRoot()) < 1e-9 * norms[0])
    #expect(norms[0] == norms[1] && norms[0] == norms[2])
  }

  @Test func normOfBrokenGradientsIsNotFinite() throws {
    let parameter = parameter(100, decays: true)
    setGradient(parameter, (0..<100).map { $0 == 63 ? .nan : 1 })
    let workspace = Workspace(pool: ThreadPool(threads: 1), kernels: try Kernels.select())
    #expect(!AdamWState([parameter]).gradientNorm(in: workspace).isFinite)
  }
}

// The body against its slow twin in double precision: losses, and gradients by finite differences of the twin.

import ApusModels
import ApusTensor
import Foundation
import Testing

@Suite struct GradientTests {
  @Test(arguments: TinyModels.specifications + TinyModels.encoders + [TinyModels.stretching])
  func lossAgreesWithTheTwin(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let batch = TinyModels.batch(lengths: [5, 1, 90, 17], for: specification)
    let workspace = try TinyModels.workspace()
    let expected = ReferenceDecoder(model).loss(batch)
    let trained = try model.trainingLoss(batch, in: workspace, scale: 1)
    #expect(abs(trained - expected) < 1e-5 * expected)
    let evaluated = try model.evaluationLoss(batch, in: workspace)
    #expect(abs(evaluated.reduce(0) { $0 + Double($1) } - expected) < 1e-5 * expected)
    #expect(evaluated.enumerated().allSatisfy { $1 == 0 || batch.targets[$0] >= 0 })
  }

  @Test(arguments: TinyModels.specifications + TinyModels.encoders + [TinyModels.stretching])
  func gradientsAgreeWithFiniteDifferences(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let batch = TinyModels.batch(lengths: [3, 26], for: specification)
    let scale = 1 / Double(batch.validTargets)
    _ = try model.trainingLoss(batch, in: try TinyModels.workspace(), scale: Float(scale))
    var generator = Random(state: 11)
    for parameter in model.parameters {
      var twin = ReferenceDecoder(model)
      let gradient = parameter.gradient.values.map(Double.init)
      let size = gradient.map(abs).max() ?? 0
      // Along a few axes ...
      for _ in 0..<4 {
        let index = Int.random(in: 0..<gradient.count, using: &generator)
        let numeric = twin.derivative(batch, parameter.name) { $0 == index ? 1 : 0 } * scale
        #expect(abs(gradient[index] - numeric) < 2e-5 * (size + 1e-2), "\(parameter.name)[\(index)]")
      }
      // ... and along one random direction through all.
      let direction = gradient.map { _ in Double.random(in: -1...1, using: &generator) }
      let numeric = twin.derivative(batch, parameter.name) { direction[$0] } * scale
      let analytic = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(analytic - numeric) < 2e-5 * (size + 1e-2) * Double(gradient.count).squareRoot(), "\(parameter.name)")
    }
  }

  // Dropout is a fixed function of seed and step, so the loss has a derivative that differences can see.
  @Test(arguments: TinyModels.specifications + TinyModels.encoders)
  func gradientsWithDropoutAgreeWithDifferences(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let batch = TinyModels.batch(lengths: [9, 6], for: specification)
    let workspace = try TinyModels.workspace()
    let dropout = DropoutSettings(rate: 0.2, seed: 5, step: 3)
    let scale = 1 / Float(batch.validTargets)
    let plain = try model.trainingLoss(batch, in: workspace, scale: scale)
    model.zeroGradients()
    let dropped = try model.trainingLoss(batch, in: workspace, scale: scale, dropout: dropout)
    #expect(abs(dropped - plain) > 1e-3)
    let gradients = model.parameters.map { $0.gradient.copied() }
    for (parameter, gradient) in zip(model.parameters, gradients) {
      // Along the gradient itself the loss changes by its squared length.
      let values = gradient.values
      let squared = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      guard squared > 1e-8 else { continue }
      let step = Float(2e-3 / squared.squareRoot())
      func loss(_ factor: Float) throws -> Double {
        let saved = parameter.value.values
        parameter.value.withMutableValues { for index in $0.indices { $0[index] += factor * values[index] } }
        defer { parameter.value.withMutableValues { for index in $0.indices { $0[index] = saved[index] } } }
        return try model.trainingLoss(batch, in: workspace, scale: scale, dropout: dropout)
      }
      let numeric = (try loss(step) - loss(-step)) / (2 * Double(step)) * Double(scale)
      #expect(abs(numeric - squared) < 2e-2 * squared + 1e-4 * squared.squareRoot(), "\(parameter.name)")
    }
  }
}

extension ReferenceDecoder {
  /// The derivative of the loss along a direction in one parameter, by central differences of fourth order.
  mutating func derivative(_ batch: PackedBatch, _ name: String, _ direction: (Int) -> Double) -> Double {
    let saved = values[name] ?? []
    let step = 1e-3
    defer { values[name] = saved }
    func loss(_ factor: Double) -> Double {
      var moved = self
      moved.values[name] = saved.indices.map { saved[$0] + factor * step * direction($0) }
      return moved.loss(batch)
    }
    return (8 * (loss(1) - loss(-1)) - (loss(2) - loss(-2))) / (12 * step)
  }
}

// The gradient of a step in micro-batches, each with its share of the step: what it must be with experts, whose
// load-balancing loss belongs to each micro-batch by itself.

import ApusModels
import ApusTensor
import Foundation
import Testing

@Suite struct MicroBatchTests {
  private static func specification(balancing: Double) -> Specification {
    var specification = Specification.llama(
      vocabulary: 29, context: 32, width: 16, layers: 2, heads: 2, feedForwardWidth: 12)
    specification.architecture = "mixtral"
    var experts = Specification.Experts(count: 4, perToken: 2, normalisesWeights: true, width: 12)
    experts.balancing = balancing
    specification.experts = experts
    return specification
  }

  // Of unequal sizes, so that a share is no half.
  private static let parts = [[9, 4], [20], [3, 1, 11]].enumerated().map {
    TinyModels.batch(lengths: $1, vocabulary: 29, seed: UInt64($0))
  }

  /// The batch that holds all rows of some.
  private func joined(_ parts: [PackedBatch]) -> PackedBatch {
    var sequences: [[Int32]] = []
    var targets: [[Int32]] = []
    for part in parts {
      for segment in part.segments {
        sequences.append(Array(part.tokens[segment.start..<segment.start + segment.count]))
        targets.append(Array(part.targets[segment.start..<segment.start + segment.count]))
      }
    }
    return PackedBatch(sequences: sequences, targets: targets)
  }

  /// Adds the gradients of a step in micro-batches as the trainer does; returns the loss that they descend: the mean
  /// over the step's targets, and the mean load balance, weighted by tokens.
  @discardableResult
  private func step(_ model: Model, _ parts: [PackedBatch], _ workspace: Workspace) throws -> Double {
    let tokens = parts.reduce(0) { $0 + $1.tokens.count }
    let scale = 1 / Double(parts.reduce(0) { $0 + $1.validTargets })
    let balancing = model.specification.experts?.balancing ?? 0
    var objective = 0.0
    for part in parts {
      let share = Double(part.tokens.count) / Double(tokens)
      objective +=
        scale * (try model.trainingLoss(part, in: workspace, scale: Float(scale), share: Float(share)))
      objective += share * balancing * workspace.loadBalancingLoss()
    }
    return objective
  }

  private func gradients(_ model: Model) -> [[Float]] { model.parameters.map(\.gradient.values) }

  /// The largest difference, as a part of the largest value.
  private func difference(_ a: [[Float]], _ b: [[Float]]) -> Float {
    zip(a, b).reduce(0) { worst, pair in
      let size = pair.1.map(abs).max() ?? 0
      return zip(pair.0, pair.1).reduce(worst) { max($0, abs($1.0 - $1.1) / max(size, 1e-4)) }
    }
  }

  @Test func withoutBalancingTheyAddUpToTheWholeToTheBit() throws {
    let model = try TinyModels.model(Self.specification(balancing: 0))
    let workspace = try TinyModels.workspace()
    try step(model, [joined(Self.parts)], workspace)
    let whole = gradients(model)
    model.zeroGradients()
    try step(model, Self.parts, workspace)
    #expect((gradients(model) == whole) == true)
  }

  /// Micro-batches of the same rows are balanced as the whole is.
  @Test func equalMicroBatchesAddUpToTheWhole() throws {
    let model = try TinyModels.model(Self.specification(balancing: 0.7))
    let workspace = try TinyModels.workspace()
    let parts = [PackedBatch](repeating: Self.parts[0], count: 3)
    let whole = try step(model, [joined(parts)], workspace)
    let expected = gradients(model)
    model.zeroGradients()
    #expect(abs(try step(model, parts, workspace) - whole) < 1e-5 * whole)
    #expect(difference(gradients(model), expected) < 1e-5)
  }

  /// Along its own gradient each parameter must change the objective by the square of the gradient's length.
  @Test(arguments: [3, 1]) func gradientsAreThoseOfTheObjective(count: Int) throws {
    let parts = Array(Self.parts[..<count])
    let model = try TinyModels.model(Self.specification(balancing: 0.7))
    let workspace = try TinyModels.workspace()
    try step(model, parts, workspace)
    let gradients = gradients(model)
    var checked = 0
    for (parameter, gradient) in zip(model.parameters, gradients) {
      let squared = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
      guard squared > 1e-8 else { continue }
      let size = Float(2e-3 / squared.squareRoot())
      func objective(_ factor: Float) throws -> Double {
        let saved = parameter.value.values
        parameter.value.withMutableValues { for index in $0.indices { $0[index] += factor * gradient[index] } }
        defer { parameter.value.withMutableValues { for index in $0.indices { $0[index] = saved[index] } } }
        return try step(model, parts, workspace)
      }
      let numeric = (try objective(size) - objective(-size)) / (2 * Double(size))
      #expect(abs(numeric - squared) < 1e-2 * squared + 1e-4 * squared.squareRoot(), "\(parameter.name)")
      checked += 1
    }
    #expect(checked > model.parameters.count / 2)
  }

  /// The balancing is another one within micro-batches than over the whole, as documented: it must show.
  @Test func balancingIsEachMicroBatchsOwn() throws {
    let model = try TinyModels.model(Self.specification(balancing: 0.7))
    let workspace = try TinyModels.workspace()
    try step(model, [joined(Self.parts)], workspace)
    let whole = gradients(model)
    model.zeroGradients()
    try step(model, Self.parts, workspace)
    let found = difference(gradients(model), whole)
    #expect(found > 1e-4 && found < 1, "\(found)")
  }
}

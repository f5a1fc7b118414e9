// The estimates of memory: no more than what is really taken, and not much less; and what is refused for them.

import ApusCore
import ApusTensor
import Testing

@testable import ApusModels

@Suite struct MemoryTests {
  // Wide enough that what is not estimated (scratch, rounding) is small.
  static let specifications: [Specification] = [
    .gpt2(vocabulary: 300, context: 64, width: 64, layers: 3, heads: 4),
    .llama(vocabulary: 300, context: 64, width: 64, layers: 3, heads: 4, keyValueHeads: 2, feedForwardWidth: 160),
  ]

  @Test(arguments: specifications) func trainingIsEstimatedFromBelow(_ specification: Specification) throws {
    let model = try Model(specification: specification, seed: 1)
    let workspace = try TinyModels.workspace(threads: 1)
    let rows = [[Int32]](repeating: [Int32](repeating: 1, count: 64), count: 16)
    for _ in 0..<3 {
      _ = try model.trainingLoss(PackedBatch(sequences: rows, targets: rows), in: workspace, scale: 1)
    }
    let use = MemoryUse.training(tokens: 16 * 64, stepTokens: 0)
    let estimate = specification.bytes(for: use) - 16 * Double(specification.parameterCount)
    let taken = Double(4 * workspace.ownedFloats)
    print("training \(specification.architecture): \(estimate) bytes estimated, \(taken) taken")
    #expect(estimate <= taken && taken <= 3 * estimate)
  }

  @Test(arguments: specifications) func inferenceIsEstimatedFromBelow(_ specification: Specification) throws {
    let model = try Model(specification: specification, seed: 1)
    let workspace = try TinyModels.workspace(threads: 1)
    let cache = model.makeCache()
    cache.reserve(64)
    let sequence = PackedBatch(sequence: [Int32](repeating: 1, count: 64))
    for _ in 0..<3 {
      cache.truncate(to: 0)
      _ = try model.logits(try model.hidden(sequence, caches: [cache], in: workspace), in: workspace)
    }
    let activations = specification.bytes(for: .inference(tokens: 64, logits: 64, cached: 0))
    let taken = Double(4 * workspace.ownedFloats)
    #expect(activations <= taken && taken <= 4 * activations, "\(activations) bytes estimated, \(taken) taken")
    #expect(specification.bytes(for: .inference(tokens: 0, logits: 0, cached: 64)) == Double(cache.bytes))
  }

  @Test func whatExceedsTheMachineIsRefusedWithTheRemedy() throws {
    let specification = Self.specifications[0]
    let many = Platform.machineMemory / 1000
    for use in [
      MemoryUse.training(tokens: many, stepTokens: many), .inference(tokens: many, logits: 1, cached: 0),
      .inference(tokens: 1, logits: 1, cached: many),
    ] {
      let error = #expect(throws: ApusError.self) { try specification.requireMemory(for: use, remedy: "ask for less") }
      #expect(error?.kind == .usage && error?.remedy == "ask for less")
      #expect(error?.problem.contains("\(many) tokens") == true && error?.problem.contains("GiB") == true)
    }
    try specification.requireMemory(for: .training(tokens: 1024, stepTokens: 4096), remedy: "")
  }
}

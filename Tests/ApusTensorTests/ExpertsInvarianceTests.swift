// The same input gives the same bits: whatever the threads, the rest of the batch, the micro-batches; and a steady step
// owns no more memory, wherever the tokens go.

import ApusCore
import ApusTestSupport
import Testing

@testable import ApusTensor

@Suite struct ExpertsInvarianceTests {
  // Large enough that regions are split over the threads.
  private static let shapes = [
    ReferenceExperts.Shape(tokens: 70, width: 72, inner: 65, experts: 8, ranks: 3, normalises: false),
    ReferenceExperts.Shape(tokens: 130, width: 48, inner: 33, experts: 6, ranks: 2, avoided: 5),
  ]

  @Test(arguments: shapes, Kernels.available.map(\.name))
  func threadsChangeNothing(shape: ReferenceExperts.Shape, kernels: String) throws {
    let results = try [1, 2, 5].map { threads in
      let model = ExpertModel(ReferenceExperts(shape, seed: 2))
      let workspace = try ExpertModel.workspace(Kernels.named(kernels), threads: threads)
      let trained = try model.train(balancing: 0.1, in: workspace)
      return (trained, model.gradients)
    }
    for result in results.dropFirst() { #expect(result.0 == results[0].0 && result.1 == results[0].1) }
  }

  @Test(arguments: shapes, Kernels.available.map(\.name))
  func theRestOfTheBatchChangesNothing(shape: ReferenceExperts.Shape, kernels: String) throws {
    let model = ExpertModel(ReferenceExperts(shape, seed: 2))
    let workspace = try ExpertModel.workspace(Kernels.named(kernels))
    let whole = try model.output(in: workspace)
    for size in [1, 17] {
      var parts: [Float] = []
      for first in stride(from: 0, to: shape.tokens, by: size) {
        parts += try model.output(first..<min(first + size, shape.tokens), in: workspace)
      }
      #expect(parts == whole, "\(size) tokens at a time")
    }
  }

  @Test(arguments: shapes, Kernels.available.map(\.name))
  func microBatchesGiveTheWholeGradient(shape: ReferenceExperts.Shape, kernels: String) throws {
    let model = ExpertModel(ReferenceExperts(shape, seed: 2))
    let workspace = try ExpertModel.workspace(Kernels.named(kernels))
    try model.train(in: workspace)
    let whole = model.gradients
    for cuts in [[0, 1, 40, shape.tokens], Array(0...shape.tokens)] {
      model.zeroGradients()
      for (first, end) in zip(cuts, cuts.dropFirst()) { try model.train(first..<end, in: workspace) }
      #expect(model.gradients == whole)
    }
  }

  @Test func packedWeightsChangeNothing() throws {
    let model = ExpertModel(ReferenceExperts(Self.shapes[0], seed: 2))
    let workspace = try ExpertModel.workspace()
    let expected = try model.output(in: workspace)
    for (name, parameter) in model.parameters where name != "x" { parameter.pack(in: workspace) }
    #expect(try model.output(in: workspace) == expected)
  }

  @Test func steadyStepsOwnNoMoreMemory() throws {
    let model = ExpertModel(ReferenceExperts(Self.shapes[0], seed: 2))
    let workspace = try ExpertModel.workspace()
    var owned: [Int] = []
    for step in 0..<6 {
      // Other tokens at each step, so that the experts get other numbers of them.
      try model.train(step..<step + 60, balancing: 0.1, in: workspace)
      owned.append(workspace.ownedFloats)
    }
    #expect(Set(owned[2...]).count == 1)
  }
}

/// Counted where Scripts/check-allocations runs it.
@Suite struct ExpertsAllocationTests {
  @Test(.enabled(if: AllocationCounter.isThere, "run by Scripts/check-allocations"))
  func aSteadyStepMakesNothingLarge() throws {
    let counter = try #require(AllocationCounter())
    let workspace = try ExpertModel.workspace()
    let tokens = Parameter(name: "x", value: Tensor(rows: 256, columns: 64), decays: true)
    tokens.value.withMutableValues { for index in $0.indices { $0[index] = Float(index * index % 7919) / 7919 - 0.5 } }
    func weights(_ count: Int, _ rows: Int, _ columns: Int) -> [Parameter] {
      (0..<count).map { Parameter(name: "w\($0)", value: tokens.value.copied().reshaped(rows, columns), decays: true) }
    }
    let (router, gateUp, down) = (weights(1, 8, 64)[0], weights(8, 128, 64), weights(8, 64, 64))
    let routing = ExpertRouting(expertsPerToken: 2, normalisesWeights: true)
    let batches = (0..<12).map { first in PackedBatch(sequence: (0..<128).map { Int32(first * 10 + $0) }) }
    var steps: [AllocationCounter.Counts] = []
    steps.reserveCapacity(batches.count)
    for batch in batches {
      steps.append(
        counter.counts {
          workspace.begin(batch, recording: true, loadBalancing: 0.1)
          let x = workspace.embedding(EmbeddingTables(tokens: tokens))
          let y = workspace.experts(
            x, router: router, gateUp: gateUp, down: down, function: .silu, routing: routing, residual: x)
          workspace.tape.gradient(of: y).0.fill(1)
          workspace.tape.backward(in: workspace)
        })
    }
    print("training step, experts:", steps.map { "\($0.all)/\($0.large)" })
    #expect(steps[6...].allSatisfy { $0.large == 0 })
  }
}

extension Tensor {
  /// The first values as a tensor of another shape.
  fileprivate func reshaped(_ rows: Int, _ columns: Int) -> Tensor {
    Tensor(rows: rows, columns: columns, values: Array(values[..<(rows * columns)]))
  }
}

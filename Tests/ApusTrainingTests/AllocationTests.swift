// A steady training step asks the allocator for next to nothing: no values, and hardly an object.

import ApusCore
import ApusTestSupport
import Testing

@testable import ApusTraining

@Suite struct TrainingAllocationTests {
  /// Calls in a step; one is the name of the file that tells the process's memory.
  private static let mostPerStep = 4

  @Test(
    .enabled(if: AllocationCounter.isThere, "run by Scripts/check-allocations"),
    arguments: ["gpt2", "llama"], [0.0, 0.1])
  func aSteadyStepMakesNothingLarge(architecture: String, dropout: Double) throws {
    let counter = try #require(AllocationCounter())
    var tiny = TinyTraining()
    tiny.configuration.model.architecture = architecture
    tiny.configuration.model.dropout = dropout
    tiny.configuration.model.width = 64
    tiny.configuration.model.context = 64
    tiny.configuration.training.batch = 8
    tiny.configuration.training.microBatch = 4
    let trainer = try tiny.trainer()
    for _ in 0..<10 { _ = try trainer.next() }
    var steps: [AllocationCounter.Counts] = []
    steps.reserveCapacity(8)
    for _ in 0..<8 { steps.append(try counter.counts { _ = try trainer.next() }) }
    print("training step, \(architecture), dropout \(dropout):", steps.map { "\($0.all)/\($0.large)" })
    #expect(steps.allSatisfy { $0.large == 0 })
    #expect(steps.allSatisfy { $0.all <= Self.mostPerStep })
  }
}

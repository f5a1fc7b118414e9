// A steady decoding step asks the allocator for bookkeeping at most: no values, however long the text.

import ApusCore
import ApusModels
import ApusTestSupport
import Testing

@testable import ApusGeneration

@Suite struct GenerationAllocationTests {
  /// Small objects in a step; long texts make more, as their attention is shared between threads.
  private static let mostPerStep = 16

  @Test(
    .enabled(if: AllocationCounter.isThere, "run by Scripts/check-allocations"),
    arguments: TransformerTests.specifications)
  func aSteadyTokenMakesNothingLarge(specification: Specification) throws {
    let counter = try #require(AllocationCounter())
    let model = try TransformerTests.transformer(specification)
    let sequence = try model.sequence(cached: true, capacity: 500)
    var logits = [Float](repeating: 0, count: model.vocabularySize)
    let prompt: [Int32] = [1, 2, 3]
    func step() throws {
      try sequence.append(prompt[1..<2])
      try sequence.logits(into: &logits)
    }
    for _ in 0..<20 { try step() }
    let early = try counter.counts { for _ in 0..<50 { try step() } }
    for _ in 0..<300 { try step() }
    let late = try counter.counts { for _ in 0..<50 { try step() } }
    print("50 tokens, \(specification.architecture): \(early.all) early, \(late.all) late")
    #expect(early.large == 0 && late.large == 0)
    #expect(early.all <= 50 * Self.mostPerStep && late.all <= 50 * Self.mostPerStep)
  }
}

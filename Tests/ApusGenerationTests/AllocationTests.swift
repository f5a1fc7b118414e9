// A steady decoding step asks the allocator for nothing, however long the text.

import ApusCore
import ApusModels
import ApusTestSupport
import Testing

@testable import ApusGeneration

@Suite struct GenerationAllocationTests {
  /// Calls in 50 steps; other threads of the test's process may make some.
  private static let most = 10

  static let specifications: [Specification] = {
    var normed = TransformerTests.specifications[1]
    normed.attention.queryKeyNorm = .eachHead
    return TransformerTests.specifications + [normed]
  }()

  @Test(
    .enabled(if: AllocationCounter.isThere, "run by Scripts/check-allocations"),
    arguments: specifications)
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
    #expect(early.all <= Self.most && late.all <= Self.most)
  }
}

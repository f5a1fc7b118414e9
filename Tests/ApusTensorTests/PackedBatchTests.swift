// What a batch refuses: ids and positions that the model does not have, segments that do not cover the rows.

import ApusCore
import Testing

@testable import ApusTensor

@Suite struct PackedBatchTests {
  private func problem(_ batch: PackedBatch) -> String? {
    do {
      try batch.validate(vocabulary: 10, context: 8)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func goodBatchesPass() {
    #expect(problem(PackedBatch(sequences: [[1, 2, 3], [9]], targets: [[2, 3, -1], [-100]])) == nil)
    #expect(problem(PackedBatch(sequence: [1, 2], position: 6)) == nil)
  }

  @Test func badIdsAreNamed() throws {
    #expect(try #require(problem(PackedBatch(sequence: [1, 10]))).contains("token id 10"))
    #expect(try #require(problem(PackedBatch(sequence: [-1]))).contains("token id -1"))
    #expect(try #require(problem(PackedBatch(sequences: [[1]], targets: [[10]]))).contains("target id 10"))
    #expect(problem(PackedBatch(sequences: [[1, 2]], targets: [[1]])) != nil)
  }

  @Test func sequencesBeyondTheContextAreRefused() throws {
    #expect(try #require(problem(PackedBatch(sequence: [1, 2], position: 7))).contains("context of 8"))
  }

  @Test func segmentsMustCoverTheRows() {
    #expect(problem(PackedBatch(tokens: [1, 2, 3], segments: [Segment(start: 0, count: 2)])) != nil)
    #expect(problem(PackedBatch(tokens: [1, 2], segments: [Segment(start: 1, count: 1)])) != nil)
    #expect(
      problem(PackedBatch(tokens: [1], segments: [Segment(start: 0, count: 0), Segment(start: 0, count: 1)])) != nil)
  }

  @Test func validTargetsAreCounted() {
    #expect(PackedBatch(sequences: [[1, 2, 3]], targets: [[2, -1, -100]]).validTargets == 1)
  }
}

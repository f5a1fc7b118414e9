import ApusTensor
import Testing

@testable import ApusTraining

/// A corpus of documents with the given lengths; tokens count up from 1, documents end with 0 where there is such a
/// token.
func countingCorpus(_ lengths: [Int], endOfText: Bool) -> TokenCorpus {
  var tokens: [Int32] = []
  var ends: [Int] = []
  var next: Int32 = 1
  for length in lengths {
    for _ in 0..<length {
      tokens.append(next)
      next += 1
    }
    if endOfText { tokens.append(0) }
    ends.append(tokens.count)
  }
  return TokenCorpus(
    tokens, documentEnds: ends, identity: CorpusIdentity(vocabularySize: Int(next), endOfText: endOfText ? 0 : nil))
}

@Suite struct BatcherTests {
  private func batch(_ batcher: inout PackedBatcher, _ positions: Range<Int>) throws -> StepBatch {
    var batch = StepBatch()
    try batcher.fill(&batch, positions: positions)
    return batch
  }

  @Test(arguments: [true, false], [true, false])
  func everyTokenIsPredictedOncePerEpoch(endOfText: Bool, cuts: Bool) throws {
    let corpus = countingCorpus([3, 17, 1, 8, 40, 2, 9], endOfText: endOfText)
    var options = BatcherOptions(context: 10, seed: 7)
    options.cutsDocuments = cuts
    var batcher = try PackedBatcher(CorpusStream(corpus), options)
    for epoch in 0..<3 {
      let all = try batch(&batcher, epoch * batcher.rowCount..<(epoch + 1) * batcher.rowCount)
      var seen = [Int](repeating: 0, count: 81)
      for target in all.targets where target >= 0 { seen[Int(target)] += 1 }
      // Without end of text, the first token of a document follows nothing and is not predicted.
      let firsts: Set<Int> = endOfText ? [] : [1, 4, 21, 22, 30, 70, 72]
      for token in 1...80 { #expect(seen[token] == (firsts.contains(token) ? 0 : 1), "token \(token)") }
      #expect(seen[0] == (endOfText ? 7 : 0))
    }
  }

  @Test func documentsBeginWithTheTokenGiven() throws {
    let corpus = countingCorpus([3, 17, 1], endOfText: true)
    for (beginning, inputs) in [(nil, [0, 1, 2, 3, 0, 4]), (50, [50, 1, 2, 3, 50, 4])] as [(Int32?, [Int32])] {
      let stream = CorpusStream(corpus, beginning: beginning)
      for cut in 1...6 {
        var batch = StepBatch()
        try batch.append(0..<cut, of: stream)
        if cut < 6 { try batch.append(cut..<6, of: stream) }
        #expect(batch.tokens == inputs, "cut at \(cut)")
        #expect(batch.targets == [1, 2, 3, 0, 4, 5])
      }
    }
  }

  @Test(arguments: [true, false])
  func segmentsNeverCrossDocuments(endOfText: Bool) throws {
    let lengths = [3, 17, 1, 8, 40, 2, 9]
    let corpus = countingCorpus(lengths, endOfText: endOfText)
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 10, seed: 7))
    let all = try batch(&batcher, 0..<batcher.rowCount)
    var document = [Int32: Int]()
    var next: Int32 = 1
    for (index, length) in lengths.enumerated() {
      for _ in 0..<length {
        document[next] = index
        next += 1
      }
    }
    for segment in all.segments {
      let rows = segment.start..<segment.start + segment.count
      let inputs = Set(all.tokens[rows].compactMap { document[$0] })
      let targets = Set(all.targets[rows].compactMap { document[$0] })
      #expect(inputs.union(targets).count <= 1)
      #expect(segment.position == 0)
      // End of text stands at the beginning of a piece only.
      #expect(!all.tokens[rows].dropFirst().contains(0))
    }
    #expect(all.segments.map(\.count).reduce(0, +) == all.tokens.count)
  }

  @Test func targetsFollowInputs() throws {
    let corpus = countingCorpus([5, 4], endOfText: true)
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 100, seed: 1))
    let all = try batch(&batcher, 0..<1)
    #expect(all.tokens == [0, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9])
    #expect(all.targets == [1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 0])
    #expect(all.segments == [Segment(start: 0, count: 6), Segment(start: 6, count: 5)])
    #expect(all.validTargets == 11)
  }

  @Test func withoutEndOfTextTheLastTokenHasNoAnswer() throws {
    let corpus = countingCorpus([3, 2], endOfText: false)
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 100, seed: 1))
    let all = try batch(&batcher, 0..<1)
    #expect(all.targets == [2, 3, -1, 5, -1])
    #expect(all.validTargets == 3)
    var crossing = try PackedBatcher(
      CorpusStream(corpus, crossesDocuments: true), BatcherOptions(context: 100, seed: 1))
    let one = try batch(&crossing, 0..<1)
    #expect(one.targets == [2, 3, 4, 5, -1])
    #expect(one.segments == [Segment(start: 0, count: 5)])
  }

  @Test func wholeDocumentsStayWhole() throws {
    let corpus = countingCorpus([3, 3, 3, 3, 25, 2], endOfText: true)
    var options = BatcherOptions(context: 10, seed: 3)
    options.cutsDocuments = false
    let batcher = try PackedBatcher(CorpusStream(corpus), options)
    var copy = batcher
    let rows = (0..<batcher.rowCount).map { copy.row(at: $0) }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(rows == [0..<8, 8..<16, 16..<26, 26..<36, 36..<45])
  }

  @Test func epochsDifferAndSeedsDiffer() throws {
    let corpus = countingCorpus([500], endOfText: true)
    var one = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 5, seed: 1))
    var two = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 5, seed: 2))
    let first = (0..<one.rowCount).map { one.row(at: $0).lowerBound }
    #expect(first != first.sorted())
    #expect(first != (0..<one.rowCount).map { one.row(at: one.rowCount + $0).lowerBound })
    #expect(first != (0..<two.rowCount).map { two.row(at: $0).lowerBound })
    #expect(first == (0..<one.rowCount).map { one.row(at: $0).lowerBound })
  }

  @Test func cropsStayInsideAndReachBothEnds() throws {
    let corpus = countingCorpus([40], endOfText: false)
    var options = BatcherOptions(context: 8, seed: 5)
    options.order = .crops
    var batcher = try PackedBatcher(CorpusStream(corpus), options)
    let starts = Set((0..<2000).map { batcher.row(at: $0).lowerBound })
    #expect(starts == Set(0..<32))
  }

  @Test func microBatchesAreTheStepCutByRows() throws {
    let corpus = countingCorpus([7, 30, 11, 60, 4], endOfText: true)
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 9, seed: 11))
    let step = try batch(&batcher, 2..<9)
    for size in 1...7 {
      var tokens: [Int32] = []
      var valid = 0
      for start in stride(from: 0, to: step.rowCount, by: size) {
        var part = PackedBatch(tokens: [], segments: [])
        step.copy(rows: start..<min(start + size, step.rowCount), to: &part)
        #expect(part.firstToken == tokens.count)
        #expect(part.segments.first?.start == 0)
        #expect(part.segments.map(\.count).reduce(0, +) == part.tokens.count)
        tokens += part.tokens
        valid += part.validTargets
      }
      #expect(tokens == step.tokens)
      #expect(valid == step.validTargets)
    }
  }

  @Test func tooLittleTextIsAnError() {
    let corpus = countingCorpus([1], endOfText: false)
    #expect(throws: (any Error).self) {
      try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 8, seed: 1))
    }
  }

  @Test(arguments: [1, 3, 10])
  func windowsScoreEveryTokenOnce(stride: Int) {
    let corpus = countingCorpus([3, 25, 1, 10, 31], endOfText: true)
    let stream = CorpusStream(corpus)
    var next = 0
    for window in EvaluationWindows(stream, context: 10, stride: stride) {
      #expect(window.scoredFrom == next)
      #expect(window.range.count <= 10 && window.range.lowerBound <= window.scoredFrom)
      next = window.range.upperBound
    }
    #expect(next == corpus.count)
  }
}

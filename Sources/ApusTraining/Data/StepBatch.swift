// The tokens of one optimiser step, row after row, each row a run of segments. It is cut into micro-batches without
// changing a bit of the result: the count of valid targets belongs to the whole step, and every token knows its place
// in it.

import ApusCore
public import ApusTensor

/// All rows of one step.
public struct StepBatch: Sendable {
  /// Input tokens of all rows.
  public private(set) var tokens: [Int32] = []
  /// What is to be predicted at each input; −1: nothing.
  public private(set) var targets: [Int32] = []
  /// Pieces of documents; `start` counts from the step's first token.
  public private(set) var segments: [Segment] = []
  /// Targets that count.
  public private(set) var validTargets = 0

  /// Per row, the end of its tokens and of its segments.
  private var rowEnds: [(tokens: Int, segments: Int)] = []
  private var inputScratch: [Int32] = []
  private var targetScratch: [Int32] = []

  /// Nothing yet.
  public init() {}

  /// How many rows there are.
  public var rowCount: Int { rowEnds.count }

  /// Empties it and keeps its memory.
  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
    segments.removeAll(keepingCapacity: true)
    rowEnds.removeAll(keepingCapacity: true)
    validTargets = 0
  }

  /// Appends a row: `range` of a stream, cut where documents begin.
  mutating func append(_ range: Range<Int>, of stream: CorpusStream) throws(ApusError) {
    try appendTokens(range, of: stream)
    var start = range.lowerBound
    let base = tokens.count - range.count - range.lowerBound
    while start < range.upperBound {
      let end = stream.nextBoundary(after: start, limit: range.upperBound)
      segments.append(Segment(start: base + start, count: end - start, position: 0))
      start = end
    }
    rowEnds.append((tokens.count, segments.count))
  }

  /// Appends a row of masked sequences: `range` of a stream's tokens, cut where documents begin, each piece between the
  /// tokens that frame sequences. The token that ends a document gives way to that which ends a sequence.
  mutating func append(
    _ range: Range<Int>, of stream: CorpusStream, _ masking: Masking, row: Int
  ) throws(ApusError) {
    let vocabulary = masking.vocabulary
    let rowStart = tokens.count
    var start = range.lowerBound
    while start < range.upperBound {
      let end = stream.nextBoundary(after: start, limit: range.upperBound)
      let first = tokens.count
      tokens.append(vocabulary.first)
      tokens.append(contentsOf: repeatElement(vocabulary.last, count: end - start + 1))
      try stream.corpus.copy(start..<end, to: &tokens, at: first + 1)
      if tokens[tokens.count - 2] == stream.corpus.identity.endOfText {
        tokens.removeLast()
        tokens[tokens.count - 1] = vocabulary.last
      }
      segments.append(Segment(start: first, count: tokens.count - first, position: 0))
      targets.append(contentsOf: repeatElement(-1, count: tokens.count - first))
      validTargets += masking.apply(
        to: first..<tokens.count, of: &tokens, targets: &targets, row: row, start: rowStart)
      start = end
    }
    rowEnds.append((tokens.count, segments.count))
  }

  private mutating func appendTokens(_ range: Range<Int>, of stream: CorpusStream) throws(ApusError) {
    let missing = range.count + 1 - inputScratch.count
    if missing > 0 {
      inputScratch.append(contentsOf: repeatElement(0, count: missing))
      targetScratch.append(contentsOf: repeatElement(0, count: missing))
    }
    try stream.copy(range, inputs: &inputScratch, targets: &targetScratch, at: 0)
    tokens.append(contentsOf: inputScratch[..<range.count])
    targets.append(contentsOf: targetScratch[..<range.count])
    for index in 0..<range.count where targetScratch[index] >= 0 { validTargets += 1 }
  }

  /// Makes the targets before `first` of the last row count for nothing: they were scored in an earlier window.
  mutating func ignoreTargets(ofLastRowBefore first: Int) {
    let start = rowEnds.count < 2 ? 0 : rowEnds[rowEnds.count - 2].tokens
    for index in start..<min(start + first, targets.count) where targets[index] >= 0 {
      targets[index] = -1
      validTargets -= 1
    }
  }

  /// Writes the rows of `range` as one micro-batch.
  public func copy(rows range: Range<Int>, to batch: inout PackedBatch) {
    let first = range.lowerBound == 0 ? (tokens: 0, segments: 0) : rowEnds[range.lowerBound - 1]
    let last = range.upperBound == 0 ? first : rowEnds[range.upperBound - 1]
    batch.tokens.removeAll(keepingCapacity: true)
    batch.targets.removeAll(keepingCapacity: true)
    batch.segments.removeAll(keepingCapacity: true)
    batch.tokens.append(contentsOf: tokens[first.tokens..<last.tokens])
    batch.targets.append(contentsOf: targets[first.tokens..<last.tokens])
    for segment in segments[first.segments..<last.segments] {
      batch.segments.append(
        Segment(start: segment.start - first.tokens, count: segment.count, position: segment.position))
    }
    batch.firstToken = first.tokens
  }
}

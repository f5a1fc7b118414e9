// Which windows of a text a model sees. Sliding ones score every token exactly once, and with as much context as the
// stride leaves it: documents that fit the context are one window; longer ones are walked through by overlapping
// windows of which only the new tokens count. Chunks are llama.cpp's way. It knows no model.

/// A run of inputs and the first of them that counts.
struct EvaluationWindow: Equatable {
  var range: Range<Int>
  var scoredFrom: Int

  var scored: Int { range.upperBound - scoredFrom }
}

/// The sliding windows of a stream, in order.
struct EvaluationWindows: Sequence, IteratorProtocol {
  private let stream: CorpusStream
  private let context: Int
  private let stride: Int
  private var done = 0
  private var documentStart = 0
  private var documentEnd = 0

  /// Windows of at most `context` inputs that advance by `stride` (1 to `context`) within a document.
  init(_ stream: CorpusStream, context: Int, stride: Int) {
    self.stream = stream
    self.context = context
    self.stride = Swift.max(1, Swift.min(stride, context))
  }

  mutating func next() -> EvaluationWindow? {
    guard done < stream.count else { return nil }
    if done == documentEnd {
      documentStart = done
      documentEnd = stream.nextBoundary(after: done, limit: stream.count)
    }
    let step = done == documentStart ? context : stride
    let end = Swift.min(done + step, documentEnd)
    defer { done = end }
    return EvaluationWindow(range: Swift.max(documentStart, end - context)..<end, scoredFrom: done)
  }
}

/// The windows of llama.cpp's perplexity tool, over a stream whose documents are chunks of `context` tokens: each is
/// read from nothing, the first half predicts in vain, and the last token predicts nothing.
struct ChunkWindows: Sequence, IteratorProtocol {
  private let context: Int
  private var starts: Range<Int>

  /// The windows of the first `count` whole chunks; 0: of all.
  init(_ stream: CorpusStream, context: Int, count: Int) {
    self.context = context
    let whole = (stream.count + (stream.beginning == nil ? 0 : 1)) / context
    starts = 0..<(count > 0 ? Swift.min(count, whole) : whole)
  }

  mutating func next() -> EvaluationWindow? {
    guard let index = starts.popFirst() else { return nil }
    let start = index * context
    return EvaluationWindow(range: start..<start + context - 1, scoredFrom: start + context / 2)
  }
}

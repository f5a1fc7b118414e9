// How a row of tokens becomes a row of questions and answers. Where documents end with an end-of-text token, that same
// token also begins the next document: input i is token i − 1 (end of text before the first), target i is token i. So
// every token of the corpus, the first of a document included, is predicted exactly once, and a model can be asked for
// a text from nothing. Without such a token, input i is token i, and a document's last token has no answer (target −1).
//
// In both cases a document begins at input i exactly where one ended at token i.

import ApusCore

/// The inputs and targets of a corpus, by index.
public struct CorpusStream: Sendable {
  /// The tokens behind it.
  public let corpus: TokenCorpus
  /// Whether attention and prediction cross from one document to the next.
  public let crossesDocuments: Bool
  /// What the first token of a document is predicted from; nil: from nothing, it is not predicted.
  let beginning: Int32?

  /// How many inputs there are: as many as tokens.
  public var count: Int { corpus.count }

  /// The stream of a corpus; documents begin with `beginning`, by default the token that ends them.
  public init(_ corpus: TokenCorpus, crossesDocuments: Bool = false, beginning: Int32? = nil) {
    self.corpus = corpus
    self.beginning = beginning ?? corpus.identity.endOfText
    self.crossesDocuments = crossesDocuments
  }

  /// The end of the last document that ends within `range` beyond its first index; nil where none does.
  func lastBoundary(in range: ClosedRange<Int>) -> Int? {
    let next = corpus.document(endingAtOrAfter: range.upperBound + 1)
    guard next > 0 else { return nil }
    let end = corpus.end(ofDocument: next - 1)
    return end > range.lowerBound ? end : nil
  }

  /// The start of the document after `index`, or `limit` where that comes first.
  func nextBoundary(after index: Int, limit: Int) -> Int {
    guard !crossesDocuments else { return limit }
    let document = corpus.document(endingAtOrAfter: index + 1)
    return document < corpus.documentCount ? min(limit, corpus.end(ofDocument: document)) : limit
  }

  /// Writes inputs and targets of `range` from `offset` on. Both arrays must reach to `offset + range.count`, and
  /// `inputs` one further: its last place is scratch.
  func copy(_ range: Range<Int>, inputs: inout [Int32], targets: inout [Int32], at offset: Int) throws(ApusError) {
    guard let beginning else {
      return try copyWithoutEnd(range, inputs: &inputs, targets: &targets, at: offset)
    }
    try corpus.copy(range, to: &targets, at: offset)
    if range.lowerBound == 0 {
      inputs[offset] = beginning
    } else {
      try corpus.copy(range.lowerBound - 1..<range.lowerBound, to: &inputs, at: offset)
    }
    for index in 0..<range.count - 1 { inputs[offset + index + 1] = targets[offset + index] }
    if beginning != corpus.identity.endOfText && !crossesDocuments {
      begin(range, inputs: &inputs, with: beginning, at: offset)
    }
  }

  /// Puts the token before every document that begins within `range`.
  private func begin(_ range: Range<Int>, inputs: inout [Int32], with beginning: Int32, at offset: Int) {
    var place = range.lowerBound
    if place > 0, lastBoundary(in: place - 1...place) == place { inputs[offset] = beginning }
    while case let next = nextBoundary(after: place, limit: range.upperBound), next < range.upperBound {
      inputs[offset + next - range.lowerBound] = beginning
      place = next
    }
  }

  private func copyWithoutEnd(
    _ range: Range<Int>, inputs: inout [Int32], targets: inout [Int32], at offset: Int
  ) throws(ApusError) {
    let readable = min(range.upperBound + 1, count)
    try corpus.copy(range.lowerBound..<readable, to: &inputs, at: offset)
    for index in 0..<range.count { targets[offset + index] = inputs[offset + index + 1] }
    if readable == range.upperBound { targets[offset + range.count - 1] = -1 }
    var boundary = nextBoundary(after: range.lowerBound, limit: range.upperBound + 1)
    while boundary <= range.upperBound {
      if !crossesDocuments { targets[offset + boundary - 1 - range.lowerBound] = -1 }
      boundary = nextBoundary(after: boundary, limit: range.upperBound + 1)
    }
  }
}

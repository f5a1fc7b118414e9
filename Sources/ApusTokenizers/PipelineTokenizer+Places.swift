// Encoding with the place of each token: the way of `encode`, with the origin of every byte kept at hand. Slower, and
// therefore a way of its own; the tests hold the two against each other.

public import ApusCore

extension PipelineTokenizer {
  /// The ids of `text` with the place of each in it.
  /// - Throws: what encoding throws.
  public func locate(_ text: [UInt8], special: SpecialTokenPolicy) throws(ApusError) -> LocatedTokens {
    var ids: [Int32] = []
    try encode(text.span, special: special, into: &ids)
    var work = scratch.take()
    var run = LocatedRun(tokenizer: self, special: special)
    run.locate(text, &work)
    scratch.giveBack(work)
    if source.trimsPlaces { run.tokens.trimSpaces(text) }
    return run.tokens
  }
}

/// The way of one text through the parts of a tokenizer.
private struct LocatedRun {
  let tokenizer: PipelineTokenizer
  let special: SpecialTokenPolicy
  var tokens = LocatedTokens()

  mutating func locate(_ text: [UInt8], _ work: inout EncodingScratch) {
    forEachSegment(of: text, tokenizer.plainFinder, { $0 }) { run, segment in
      var part = AlignedText(Array(text[segment]), at: segment.lowerBound)
      if run.tokenizer.normalizer.isIdentity {
        return run.append(part, isStart: segment.lowerBound == 0, &work)
      }
      run.tokenizer.normalizer.apply(to: &part)
      run.forEachSegment(of: part.bytes, run.tokenizer.normalizedFinder, part.origin) { run, inner in
        run.append(part[inner], isStart: segment.lowerBound == 0 && inner.lowerBound == 0, &work)
      }
    }
  }

  /// Cuts out added tokens; calls `body` with what lies between.
  private mutating func forEachSegment(
    of text: [UInt8], _ finder: AddedTokenFinder, _ origin: (Range<Int>) -> Range<Int>,
    _ body: (inout LocatedRun, Range<Int>) -> Void
  ) {
    var place = 0
    while place < text.count {
      let match = text.withUnsafeBufferPointer { text in
        finder.firstMatch(in: text, from: place) { $0.isAlwaysFound || special.isFound($0.id) }
      }
      let end = match?.place.lowerBound ?? text.count
      if place < end { body(&self, place..<end) }
      guard let match else { return }
      tokens.ids.append(match.id)
      tokens.bytes.append(origin(match.place))
      place = match.place.upperBound
    }
  }

  private mutating func append(_ text: AlignedText, isStart: Bool, _ work: inout EncodingScratch) {
    let model = tokenizer.model
    tokenizer.splitter.forEachPiece(of: text, isStart: isStart) { piece in
      let (ids, places) = piece.bytes.withUnsafeBufferPointer { work.locate($0, model) }
      tokens.ids += ids
      tokens.bytes += places.map { piece.origin(of: Int($0.lowerBound)..<Int($0.upperBound)) }
    }
  }
}

extension LocatedTokens {
  /// Takes spaces off both ends of each place.
  fileprivate mutating func trimSpaces(_ text: [UInt8]) {
    for index in bytes.indices {
      var (start, end) = (bytes[index].lowerBound, bytes[index].upperBound)
      while start < end, text[start] == 0x20 { start += 1 }
      while start < end, text[end - 1] == 0x20 { end -= 1 }
      bytes[index] = start..<end
    }
  }
}

extension ComponentSource {
  /// Whether the post-processor leaves the spaces of tokens out of their places.
  fileprivate var trimsPlaces: Bool { Self.trims(postProcessor) }

  private static func trims(_ processor: JSON) -> Bool {
    if let parts = processor["processors"]?.array { return parts.contains(where: trims) }
    guard let type = processor["type"]?.string, ["ByteLevel", "RobertaProcessing"].contains(type) else { return false }
    return processor["trim_offsets"]?.bool ?? true
  }
}

// The same cuts as in Splitter.swift, for texts that know where their bytes come from.

extension Splitter {
  /// Calls `body` with each piece, in order.
  func forEachPiece(of text: AlignedText, isStart: Bool, _ body: (AlignedText) -> Void) {
    forEachPiece(of: text, stage: 0, isStart: isStart, body)
  }

  private func forEachPiece(of text: AlignedText, stage: Int, isStart: Bool, _ body: (AlignedText) -> Void) {
    guard !text.bytes.isEmpty else { return }
    guard stage < steps.count else { return body(text) }
    var text = text
    var cut: Step? = steps[stage]
    switch steps[stage] {
    case .pattern, .cut, .scripts, .fixedLength: break
    case .metaspace(let metaspace):
      metaspace.apply(to: &text, isStart: isStart)
      cut = metaspace.splits ? .cut(Cut(matcher: .literal(metaspace.replacement), behavior: .mergedWithNext)) : nil
    case .spaceBefore:
      if text.bytes[0] != 0x20 { Normalizer.Step.prepend([0x20]).apply(to: &text) }
      cut = nil
    case .byteLevel:
      Normalizer.Step.byteLevel.apply(to: &text)
      cut = nil
    }
    guard let cut else { return forEachPiece(of: text, stage: stage + 1, isStart: isStart, body) }
    for piece in Splitter(steps: [cut]).ranges(in: text.bytes, isStart: isStart) {
      forEachPiece(of: text[piece], stage: stage + 1, isStart: isStart && piece.lowerBound == 0, body)
    }
  }

  /// Where the pieces are, of a splitter that changes no byte.
  private func ranges(in text: [UInt8], isStart: Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    text.withUnsafeBufferPointer { text in
      forEachPiece(in: text, range: text.indices, isStart: isStart) { piece in
        guard let start = text.baseAddress, let place = piece.baseAddress else { return }
        ranges.append(place - start..<place - start + piece.count)
      }
    }
    return ranges
  }
}

extension Metaspace {
  /// Replaces the spaces, and puts one before a text that needs it.
  fileprivate func apply(to text: inout AlignedText, isStart: Bool) {
    text.rewrite { source, output in
      let begins = source[0] == 0x20 || source.starts(with: replacement)
      if !begins && (prepending == .always || (prepending == .first && isStart)) {
        output.write(replacement, for: 0..<0)
      }
      for place in source.indices {
        if source[place] == 0x20 {
          output.write(replacement, for: place..<place + 1)
        } else {
          output.copy(source, place..<place + 1)
        }
      }
    }
  }
}

// The splitting patterns that are known, each with the regular expressions by which files name it. A pattern written by hand
// runs at memory speed where a regular-expression engine takes most of the time of encoding, and cannot overflow a stack.

/// How text is cut into pieces before the model sees it; merges never cross the border between two pieces.
public enum SplitPattern: String, Sendable, CaseIterable {
  /// GPT-2, GPT-3 (r50k, p50k).
  case gpt2
  /// GPT-3.5, GPT-4, Llama 3: numbers in threes.
  case cl100k
  /// Qwen 2: as cl100k, digit by digit.
  case qwen2
  /// Each digit by itself, other text left whole.
  case digits
  /// Runs without white space; the white space itself is dropped.
  case words
  /// Each character by itself; each byte where the text is not valid UTF-8.
  case characters

  /// The piece at or after `start`; empty at the end of the text.
  @inline(__always) func piece(in text: TextCursor, from start: Int) -> Range<Int> {
    switch self {
    case .gpt2: return start..<GPT2Pattern.pieceEnd(in: text, from: start)
    case .cl100k: return start..<CL100KPattern.pieceEnd(in: text, from: start, digits: 3)
    case .qwen2: return start..<CL100KPattern.pieceEnd(in: text, from: start, digits: 1)
    case .digits:
      let (kind, length) = text.scalar(at: start)
      return start..<(kind.isAny(of: .number) ? start + length : text.run(without: .number, from: start))
    case .words:
      let word = text.run(of: .space, from: start)
      return word..<text.run(without: .space, from: word)
    case .characters: return start..<start + text.scalar(at: start).length
    }
  }

  /// The regular expression that `tokenizer.json` files give for this pattern.
  var regularExpression: String? {
    let casedContractions = "'s|'t|'re|'ve|'m|'ll|'d"
    let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    switch self {
    case .gpt2: return casedContractions + #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .cl100k: return "(?i:\(casedContractions))" + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + rest
    case .qwen2: return "(?i:\(casedContractions))" + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + rest
    case .characters: return #"[\s\S]"#
    case .digits, .words: return nil
    }
  }

  /// The pattern of a regular expression, or nil where it is not one of those known.
  static func named(byRegularExpression expression: String) -> SplitPattern? {
    allCases.first { $0.regularExpression.map { Array($0.utf8) } == Array(expression.utf8) }
  }
}

/// Patterns applied one after another: each cuts the pieces that the one before left.
public struct Splitter: Sendable, Equatable {
  /// The patterns in order; with none the text is one piece.
  public var patterns: [SplitPattern]

  /// Makes a splitter; with no pattern the text is one piece.
  public init(_ patterns: [SplitPattern]) { self.patterns = patterns }

  /// Calls `body` with each piece that starts in `range`, in order. Marked hot loop: `text` must outlive the call.
  /// The text after the range is looked at (a pattern may depend on what follows), so that a long text may be worked on by
  /// parts that end at a ``safeCut(in:after:)``.
  @inline(__always)
  func forEachPiece(
    in text: UnsafeBufferPointer<UInt8>, range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard let pattern = patterns.first else {
      return body(UnsafeBufferPointer(rebasing: text[range]))
    }
    _ = TextCursor.with(text) { cursor in
      var place = range.lowerBound
      while place < range.upperBound {
        let piece = pattern.piece(in: cursor, from: place)
        place = piece.upperBound
        if piece.isEmpty { continue }
        let bytes = UnsafeBufferPointer(rebasing: text[piece])
        if patterns.count == 1 { body(bytes) } else { forEachPart(of: bytes, stage: 1, body) }
      }
    }
  }

  private func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, stage: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard stage < patterns.count else { return body(text) }
    _ = TextCursor.with(text) { cursor in
      var place = 0
      while place < text.count {
        let piece = patterns[stage].piece(in: cursor, from: place)
        place = piece.upperBound
        if !piece.isEmpty { forEachPart(of: UnsafeBufferPointer(rebasing: text[piece]), stage: stage + 1, body) }
      }
    }
  }

  /// A place at or after `place` where every pattern has a border between pieces whatever stands around it: between a line
  /// feed and an ASCII letter. The end of the text where there is none.
  static func safeCut(in text: UnsafeBufferPointer<UInt8>, after place: Int) -> Int {
    var place = max(place, 1)
    while place < text.count {
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[place] | 0x20)
      if isLetter && text[place - 1] == 0x0A { return place }
      place += 1
    }
    return text.count
  }
}

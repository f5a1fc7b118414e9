// How text is cut into pieces before the model sees it: the pre-tokenisers of the `tokenizers` library, as a list of
// steps, each of which works on the pieces that the one before left. Merges never cross the border between two pieces.

/// Steps applied one after another; with none the text is one piece.
public struct Splitter: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    /// Cuts by a pattern written by hand; leaves the bytes where they are.
    case pattern(SplitPattern)
    indirect case cut(Cut)
    indirect case metaspace(Metaspace)
    /// Puts a space before a piece that does not begin with one.
    case spaceBefore
    /// Spells bytes in their stand-in characters.
    case byteLevel
    case scripts
    /// Pieces of so many characters.
    case fixedLength(Int)

    /// Whether it only cuts, and changes no byte.
    var onlyCuts: Bool {
      switch self {
      case .pattern, .cut, .scripts, .fixedLength: true
      case .metaspace, .spaceBefore, .byteLevel: false
      }
    }
  }

  var steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  /// Makes a splitter of patterns; with none the text is one piece.
  public init(_ patterns: [SplitPattern]) { steps = patterns.map(Step.pattern) }

  /// Calls `body` with each piece that starts in `range`, in order. Marked hot loop: `text` must outlive the call.
  /// With patterns the text after the range is looked at (a pattern may depend on what follows), so that a long text
  /// may be worked on by parts between ``SafeCuts``.
  @inline(__always)
  func forEachPiece(
    in text: UnsafeBufferPointer<UInt8>, range: Range<Int>, isStart: Bool = true,
    _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard case .pattern(let pattern)? = steps.first else {
      return forEachPart(of: UnsafeBufferPointer(rebasing: text[range]), stage: 0, isStart: isStart, body)
    }
    _ = TextCursor.with(text) { cursor in
      var place = range.lowerBound
      while place < range.upperBound {
        let piece = pattern.piece(in: cursor, from: place)
        place = piece.upperBound
        // Where white space is dropped, a word may begin behind the range.
        guard !piece.isEmpty, piece.lowerBound < range.upperBound else { continue }
        let bytes = UnsafeBufferPointer(rebasing: text[piece])
        if steps.count == 1 {
          body(bytes)
        } else {
          forEachPart(of: bytes, stage: 1, isStart: isStart && piece.lowerBound == 0, body)
        }
      }
    }
  }

  private func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, stage: Int, isStart: Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard !text.isEmpty else { return }
    guard stage < steps.count else { return body(text) }
    func cut(_ piece: Range<Int>) {
      forEachPart(
        of: UnsafeBufferPointer(rebasing: text[piece]), stage: stage + 1, isStart: isStart && piece.lowerBound == 0,
        body)
    }
    switch steps[stage] {
    case .pattern(let pattern):
      _ = TextCursor.with(text) { cursor in
        var place = 0
        while place < text.count {
          let piece = pattern.piece(in: cursor, from: place)
          place = piece.upperBound
          if !piece.isEmpty { cut(piece) }
        }
      }
    case .cut(let kind): kind.forEachPiece(in: text, cut)
    case .scripts: ScriptCut.forEachPiece(in: text, cut)
    case .fixedLength(let length): Self.forEachPiece(of: length, in: text, cut)
    case .metaspace(let metaspace):
      metaspace.forEachPiece(in: text, isStart: isStart) { piece, isStart in
        forEachPart(of: piece, stage: stage + 1, isStart: isStart, body)
      }
    case .spaceBefore:
      if text[0] == 0x20 { return forEachPart(of: text, stage: stage + 1, isStart: isStart, body) }
      ([0x20] + Array(text)).withUnsafeBufferPointer { forEachPart(of: $0, stage: stage + 1, isStart: isStart, body) }
    case .byteLevel:
      ByteAlphabet.utf8Spelling(of: text).withUnsafeBufferPointer {
        forEachPart(of: $0, stage: stage + 1, isStart: isStart, body)
      }
    }
  }

  private static func forEachPiece(
    of length: Int, in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    guard let base = text.baseAddress else { return }
    var (start, place, count) = (0, 0, 0)
    while place < text.count {
      place += UTF8Coding.scalar(base, place, text.count).length
      count += 1
      if count == length || place == text.count {
        body(start..<place)
        (start, count) = (place, 0)
      }
    }
  }
}

/// Spaces as a visible character that belongs to the word behind it (Kudo and Richardson 2018).
struct Metaspace: Sendable, Equatable {
  enum Prepending: String, Sendable {
    case always, first, never
  }

  /// The character that stands for a space.
  var replacement: [UInt8] = Array("▁".utf8)
  /// Whether one is put before a piece that does not begin with one: always, only at the start of the whole text, or
  /// never.
  var prepending = Prepending.always
  /// Whether the text is cut before each of them.
  var splits = true

  func forEachPiece(
    in text: UnsafeBufferPointer<UInt8>, isStart: Bool, _ body: (UnsafeBufferPointer<UInt8>, _ isStart: Bool) -> Void
  ) {
    var replaced: [UInt8] = []
    replaced.reserveCapacity(text.count + 16)
    let begins = text[0] == 0x20 || text.starts(with: replacement)
    if !begins && (prepending == .always || (prepending == .first && isStart)) { replaced += replacement }
    for byte in text { if byte == 0x20 { replaced += replacement } else { replaced.append(byte) } }
    replaced.withUnsafeBufferPointer { replaced in
      guard splits else { return body(replaced, isStart) }
      Cut(matcher: .literal(replacement), behavior: .mergedWithNext).forEachPiece(in: replaced) { piece in
        body(UnsafeBufferPointer(rebasing: replaced[piece]), isStart && piece.lowerBound == 0)
      }
    }
  }
}

/// Cuts where the script changes. Spaces belong to what stands before them; the Japanese syllabaries count as Han.
enum ScriptCut {
  private static func number(_ name: String) -> UInt8 { UInt8(Scripts.names.firstIndex(of: name) ?? 0) }
  private static let any = UInt8.max
  private static let common = number("Common")
  private static let inherited = number("Inherited")
  private static let han = number("Han")
  private static let syllabaries = [number("Hiragana"), number("Katakana")]

  private static func script(_ scalar: UInt32) -> UInt8 {
    if scalar == 0x30FC { return han }
    if scalar == 0x20 { return any }
    let script = Scripts.shared.script(of: scalar)
    return syllabaries.contains(script) ? han : script
  }

  static func forEachPiece(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = text.baseAddress else { return }
    var place = 0
    // As in the library, spaces before all else belong to nothing.
    var start: Int?
    var last: UInt8?
    while place < text.count {
      let (value, length) = UTF8Coding.scalar(base, place, text.count)
      let script = script(value)
      if script != any && script != last {
        if let start { body(start..<place) }
        start = place
        last = script
      }
      place += length
    }
    if let start { body(start..<place) }
  }
}

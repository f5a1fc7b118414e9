// Where a long text may be cut so that its parts, split one after another, give the pieces of the whole: between two
// characters that no piece of the pattern holds both of, whatever stands round them, and behind which none looks back.
// So texts in every script are counted on all threads, with lines or without. It knows no model.

/// The rule for the places where a splitter's texts may be cut.
struct SafeCuts: Sendable {
  /// Whether a letter is never in one piece with a digit, nor with what follows it and is neither letter nor mark, but
  /// for the apostrophe of a contraction. White space alone parts the pieces of other patterns.
  private let separatesKinds: Bool

  init(_ splitter: Splitter) {
    switch splitter.steps.first {
    case .pattern(.gpt2), .pattern(.cl100k), .pattern(.qwen2), .pattern(.o200k), .pattern(.tekken):
      separatesKinds = true
    default: separatesKinds = false
    }
  }

  /// The first such place at or after `place`; the end of the text where there is none.
  func next(in text: UnsafeBufferPointer<UInt8>, from place: Int) -> Int {
    let cut = TextCursor.with(text) { cursor in
      var place = max(place, 1)
      // Only the beginning of a character is a place; a byte that continues none is a character of its own.
      while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
      while place < text.count {
        if isBorder(in: cursor, place) { return place }
        place += cursor.scalar(at: place).length
      }
      return text.count
    }
    return cut ?? text.count
  }

  /// Whether no piece holds both the character before `place` and the one at it. The patterns keep white space behind
  /// other characters out of their pieces, save for line breaks, and a line feed out of what follows, save for the
  /// slashes in `[\r\n/]*`.
  private func isBorder(in text: TextCursor, _ place: Int) -> Bool {
    let (kind, _) = text.scalar(at: place)
    let before = UTF8Coding.scalar(text.base, before: place).value
    if text.base[place] == UInt8(ascii: " ") { return !text.classes.isSpace(before) }
    if before == 0x0A { return !kind.isAny(of: .space) && text.base[place] != UInt8(ascii: "/") }
    guard separatesKinds else { return false }
    if text.classes.isAny(before, of: .number) { return kind.isAny(of: .letter) }
    let isInside = kind.isAny(of: [.letter, .mark, .space]) || text.base[place] == UInt8(ascii: "'")
    return text.classes.isAny(before, of: .letter) && !isInside
  }
}

// The splitting pattern of cl100k and its relatives by hand (tiktoken; Llama 3 has the same, Qwen 2 takes one digit a
//   time): (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//   ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+

enum CL100KPattern {
  /// The end of the piece that starts at `start` (below the end of the text); a number has at most `digits` digits.
  @inline(__always) static func pieceEnd(in text: TextCursor, from start: Int, digits: Int) -> Int {
    if text.base[start] == UInt8(ascii: "'"), let end = contraction(in: text, from: start) { return end }
    let (kind, length) = text.scalar(at: start)
    if kind.isAny(of: .letter) { return text.run(of: .letter, from: start + length) }
    if kind.isAny(of: .number) { return numberEnd(in: text, from: start + length, more: digits - 1) }
    let (next, nextLength) = text.scalar(at: start + length)
    if next.isAny(of: .letter) && !text.isLineBreak(at: start) {
      return text.run(of: .letter, from: start + length + nextLength)
    }
    guard kind.isAny(of: .space) else { return otherEnd(in: text, from: start + length) }
    let isBeforeOther = nextLength > 0 && !next.isAny(of: [.space, .number])
    if text.base[start] == UInt8(ascii: " ") && isBeforeOther { return otherEnd(in: text, from: start + 1) }
    return spaceEnd(in: text, from: start)
  }

  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; case folding makes U+017F an s.
  static func contraction(in text: TextCursor, from start: Int) -> Int? {
    let first = text.byte(at: start + 1)
    let second = text.byte(at: start + 2)
    if first == 0xC5 && second == 0xBF { return start + 3 }
    switch (first | 0x20, second | 0x20) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _):
      return start + 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")): return start + 3
    case (UInt8(ascii: "l"), UInt8(ascii: "l")): return start + 3
    default: return nil
    }
  }

  /// The end of at most `more` further digits.
  static func numberEnd(in text: TextCursor, from place: Int, more: Int) -> Int {
    var place = place
    var more = more
    while more > 0 {
      let (kind, length) = text.scalar(at: place)
      guard kind.isAny(of: .number) else { break }
      place += length
      more -= 1
    }
    return place
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`
  static func spaceEnd(in text: TextCursor, from start: Int) -> Int {
    var place = start
    var afterLineBreak = start
    while place < text.end {
      let (kind, length) = text.scalar(at: place)
      guard kind.isAny(of: .space) else { break }
      place += length
      if text.isLineBreak(at: place - length) { afterLineBreak = place }
    }
    return afterLineBreak > start ? afterLineBreak : text.whiteSpace(from: start)
  }

  /// `[^\s\p{L}\p{N}]*[\r\n]*`
  private static func otherEnd(in text: TextCursor, from place: Int) -> Int {
    text.runOfLineBreaks(from: text.run(without: [.letter, .number, .space], from: place))
  }
}

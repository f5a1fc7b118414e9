// The splitting pattern of o200k and its relatives by hand (tiktoken; Llama 4 has the same, Mistral's tekken no
// contractions and one digit a time). With U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L = [\p{Ll}\p{Lm}\p{Lo}\p{M}], C =
//   (?i:'s|'t|'re|'ve|'m|'ll|'d): [^\r\n\p{L}\p{N}]?U*L+C?|[^\r\n\p{L}\p{N}]?U+L*C?|\p{N}{1,3}|
//   ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+

enum O200KPattern {
  private static let upper: ScalarClass = [.upper, .caseless, .mark]
  private static let lower: ScalarClass = [.lower, .caseless, .mark]

  /// The end of the piece that starts at `start` (below the end of the text).
  @inline(__always)
  static func pieceEnd(in text: TextCursor, from start: Int, digits: Int, hasContractions: Bool) -> Int {
    let (kind, length) = text.scalar(at: start)
    if let end = wordEnd(in: text, from: start, kind, length) {
      guard hasContractions, text.byte(at: end) == UInt8(ascii: "'") else { return end }
      return CL100KPattern.contraction(in: text, from: end) ?? end
    }
    if kind.isAny(of: .number) { return CL100KPattern.numberEnd(in: text, from: start + length, more: digits - 1) }
    guard kind.isAny(of: .space) else { return otherEnd(in: text, from: start + length) }
    let (next, nextLength) = text.scalar(at: start + 1)
    let isBeforeOther = nextLength > 0 && !next.isAny(of: [.space, .number, .letter])
    if text.base[start] == UInt8(ascii: " ") && isBeforeOther { return otherEnd(in: text, from: start + 1) }
    return CL100KPattern.spaceEnd(in: text, from: start)
  }

  /// The end of a word, with the one character of another kind that it may begin with.
  @inline(__always)
  private static func wordEnd(in text: TextCursor, from start: Int, _ kind: ScalarClass, _ length: Int) -> Int? {
    let isInside = kind.isAny(of: [.letter, .mark])
    let mayPrecede = !kind.isAny(of: [.letter, .number]) && !text.isLineBreak(at: start)
    if mayPrecede, let end = lowerEnd(in: text, from: start + length) { return end }
    if isInside, let end = lowerEnd(in: text, from: start) { return end }
    if mayPrecede, let end = upperEnd(in: text, from: start + length) { return end }
    return isInside ? upperEnd(in: text, from: start) : nil
  }

  /// `U*L+`: where no lower case follows the longest `U*`, the last character that may be either counts as it.
  @inline(__always) private static func lowerEnd(in text: TextCursor, from start: Int) -> Int? {
    var place = start
    var lastEither: Int?
    while true {
      let (kind, length) = text.scalar(at: place)
      if kind.isAny(of: .lower) { return text.run(of: lower, from: place) }
      guard kind.isAny(of: upper) else { return lastEither }
      place += length
      if !kind.isAny(of: .upper) { lastEither = place }
    }
  }

  /// `U+L*` where `U*L+` does not match.
  private static func upperEnd(in text: TextCursor, from start: Int) -> Int? {
    let end = text.run(of: upper, from: start)
    return end > start ? end : nil
  }

  /// `[^\s\p{L}\p{N}]*[\r\n/]*`
  private static func otherEnd(in text: TextCursor, from place: Int) -> Int {
    var place = text.run(without: [.letter, .number, .space], from: place)
    while text.isLineBreak(at: place) || text.byte(at: place) == UInt8(ascii: "/") { place += 1 }
    return place
  }
}

// The splitting pattern of GPT-2 by hand (Radford et al. 2019, encoder.py):
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// A piece depends on nothing before it, so text may be cut at any boundary between pieces.

enum GPT2Pattern {
  /// The end of the piece that starts at `start` (below the end of the text).
  @inline(__always) static func pieceEnd(in text: TextCursor, from start: Int) -> Int {
    let first = text.base[start]
    if first == UInt8(ascii: "'"), let end = contraction(in: text, from: start) { return end }
    let body = first == UInt8(ascii: " ") ? start + 1 : start
    let (kind, length) = text.scalar(at: body)
    if length == 0 || kind.isAny(of: .space) { return text.whiteSpace(from: start) }
    if kind.isAny(of: .letter) { return text.run(of: .letter, from: body + length) }
    if kind.isAny(of: .number) { return text.run(of: .number, from: body + length) }
    return text.run(without: [.letter, .number, .space], from: body + length)
  }

  private static func contraction(in text: TextCursor, from start: Int) -> Int? {
    switch (text.byte(at: start + 1), text.byte(at: start + 2)) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _): start + 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")): start + 3
    case (UInt8(ascii: "l"), UInt8(ascii: "l")): start + 3
    default: nil
    }
  }
}

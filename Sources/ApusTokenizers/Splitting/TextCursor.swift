// Reads text scalar by scalar for the splitting patterns. A marked hot loop: it works on a raw pointer, and every
// access stays below `end`. A byte that is not part of valid UTF-8 counts as a scalar of no class, as punctuation
// would.

/// Bytes in which patterns look for the end of a piece.
struct TextCursor {
  let base: UnsafePointer<UInt8>
  let end: Int
  let classes = ScalarClasses.shared

  /// Calls `body` with a cursor over `text`; the cursor must not leave it.
  static func with<Result>(_ text: UnsafeBufferPointer<UInt8>, _ body: (TextCursor) -> Result) -> Result? {
    text.baseAddress.map { body(TextCursor(base: $0, end: text.count)) }
  }

  /// The byte at `place`, or 0 at the end.
  @inline(__always) func byte(at place: Int) -> UInt8 { place < end ? base[place] : 0 }

  /// The class and the length in bytes of the scalar at `place`; the length is 0 at the end.
  @inline(__always) func scalar(at place: Int) -> (kind: ScalarClass, length: Int) {
    guard place < end else { return ([], 0) }
    let byte = base[place]
    return byte < 0x80 ? (classes[ascii: byte], 1) : wideScalar(at: place)
  }

  /// The end of the run of scalars from `place` whose class shares a bit with `kinds`.
  @inline(__always) func run(of kinds: ScalarClass, from place: Int) -> Int {
    var place = place
    while place < end {
      let (kind, length) = scalar(at: place)
      guard kind.isAny(of: kinds) else { break }
      place += length
    }
    return place
  }

  /// The end of the run of scalars from `place` whose class shares no bit with `kinds`.
  @inline(__always) func run(without kinds: ScalarClass, from place: Int) -> Int {
    var place = place
    while place < end {
      let (kind, length) = scalar(at: place)
      if kind.isAny(of: kinds) { break }
      place += length
    }
    return place
  }

  /// The end of the run of carriage returns and line feeds from `place`.
  @inline(__always) func runOfLineBreaks(from place: Int) -> Int {
    var place = place
    while place < end, isLineBreak(at: place) { place += 1 }
    return place
  }

  /// Whether a carriage return or line feed stands at `place`.
  @inline(__always) func isLineBreak(at place: Int) -> Bool { byte(at: place) == 0x0A || byte(at: place) == 0x0D }

  /// `\s+(?!\S)|\s+`: white space up to the last one before other text, which belongs to what follows.
  func whiteSpace(from start: Int) -> Int {
    var place = start
    var last = start
    while place < end {
      let (kind, length) = scalar(at: place)
      guard kind.isAny(of: .space) else { break }
      last = place
      place += length
    }
    return place == end || last == start ? place : last
  }

  /// The end of the run of word characters, or else of others that are not white space, from `place`.
  func rustWordEnd(from start: Int) -> Int {
    var place = start
    var isWord: Bool?
    while place < end {
      let (value, length) = UTF8Coding.scalar(base, place, end)
      if classes.isSpace(value) { break }
      let belongs = ScalarSet.rustWord.contains(value)
      if let isWord, isWord != belongs { break }
      isWord = belongs
      place += length
    }
    return place
  }

  private func wideScalar(at place: Int) -> (kind: ScalarClass, length: Int) {
    let (value, length) = UTF8Coding.wideScalar(base, place, end)
    return (value < UTF8Coding.invalid ? classes[value] : [], length)
  }
}

// How sentencepiece changes a text before it cuts it (normalizer.cc): its map, spaces made one, a space put before the
// text, and spaces as `▁`. Bytes that are not valid UTF-8 stay as they are, where sentencepiece writes U+FFFD. It knows
// no vocabulary.

/// The normaliser of a sentencepiece model.
struct SentencePieceNormalizer: Sendable {
  var map: PrecompiledMap?
  /// Whether a space is put before the text.
  var addsPrefix = true
  /// Whether it is put behind the text instead.
  var isSuffix = false
  /// Whether spaces at both ends go, and several become one.
  var removesExtraSpaces = true
  /// Whether spaces become `▁`.
  var escapesSpaces = true
  /// Pieces that are left as they are.
  var userDefined = ByteTrie()

  private static let mark = Array("▁".utf8)

  func apply(to text: inout AlignedText) {
    text.rewrite { source, output in
      source.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        var place = 0
        while removesExtraSpaces, place < bytes.count {
          let (length, replacement) = prefix(bytes, base, place)
          guard replacement.map({ $0.elementsEqual([0x20]) }) ?? (length == 1 && bytes[place] == 0x20) else { break }
          place += length
        }
        guard place < bytes.count else { return }
        if addsPrefix && !isSuffix { output.write(space, for: place..<place) }
        var wasSpace = removesExtraSpaces
        while place < bytes.count {
          let (length, replacement) = prefix(bytes, base, place)
          let range = place..<place + length
          wasSpace =
            write(replacement ?? source[range], for: range, wasSpace, source, to: &output) && removesExtraSpaces
          place += length
        }
        if removesExtraSpaces { output.dropLast(while: space) }
        if addsPrefix && isSuffix { output.write(space, for: place..<place) }
      }
    }
  }

  private var space: [UInt8] { escapesSpaces ? Self.mark : [0x20] }

  /// How much of the text is changed next, and to what; nil where it stays.
  private func prefix(
    _ bytes: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>, _ place: Int
  ) -> (length: Int, replacement: ArraySlice<UInt8>?) {
    if !userDefined.isEmpty, let match = userDefined.longestMatch(in: bytes, at: place) { return (match.length, nil) }
    if let map, let match = map.longestMatch(in: bytes, at: place, end: bytes.count) {
      return (match.length, map.text(match.text))
    }
    return (UTF8Coding.scalar(base, place, bytes.count).length, nil)
  }

  /// Writes a part; whether it ends in a space, or is nothing behind one.
  private func write(
    _ part: ArraySlice<UInt8>, for range: Range<Int>, _ wasSpace: Bool, _ source: [UInt8],
    to output: inout AlignedText.Rewriter
  ) -> Bool {
    let kept = wasSpace ? part.drop { $0 == 0x20 } : part
    guard let last = kept.last else { return wasSpace }
    if kept.contains(0x20) {
      for byte in kept { output.write(byte == 0x20 ? space : [byte], for: range) }
    } else {
      output.write(Array(kept), for: range)
    }
    return last == 0x20
  }
}

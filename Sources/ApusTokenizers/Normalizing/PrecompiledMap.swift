// The normalisation map of sentencepiece: a double-array trie (Darts) from byte strings to offsets in a blob of texts
// that end in NUL. It is read where it lies; every access is checked, so that a damaged map cannot lead out of it.

import ApusCore

/// A map from texts to texts, of which the longest match at each place is applied.
struct PrecompiledMap: Sendable, Equatable {
  private let units: [UInt32]
  private let texts: [UInt8]
  /// As the file has it.
  let blob: [UInt8]

  /// - Throws: `badData` for a blob that is too short for what it says.
  init(_ blob: [UInt8]) throws(ApusError) {
    self.blob = blob
    guard blob.count >= 4 else {
      units = []
      texts = []
      guard blob.isEmpty else { throw ApusError(.badData, "the normalisation map has \(blob.count) bytes") }
      return
    }
    let size = Int(Self.word(blob, 0))
    guard size % 4 == 0, size <= blob.count - 4 else {
      throw ApusError(.badData, "the normalisation map says that its trie has \(size) bytes, of \(blob.count) in all")
    }
    units = (0..<size / 4).map { Self.word(blob, 4 + 4 * $0) }
    texts = Array(blob[(4 + size)...])
  }

  var isEmpty: Bool { units.isEmpty }

  private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
    UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
      | UInt32(bytes[place + 3]) << 24
  }

  /// The longest text of the map that `bytes` has at `place`, and what it becomes.
  func longestMatch(in bytes: UnsafeBufferPointer<UInt8>, at place: Int, end: Int) -> (length: Int, text: Range<Int>)? {
    var best: (length: Int, text: Range<Int>)?
    walk(bytes, place, end) { length, text in
      best = (length, text)
      return true
    }
    return best
  }

  /// The shortest one.
  private func shortestMatch(in bytes: UnsafeBufferPointer<UInt8>, _ place: Range<Int>) -> Range<Int>? {
    var found: Range<Int>?
    walk(bytes, place.lowerBound, place.upperBound) { _, text in
      found = text
      return false
    }
    return found
  }

  /// Follows the trie; `body` is given each match and says whether to go on.
  private func walk(
    _ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ end: Int, _ body: (_ length: Int, _ text: Range<Int>) -> Bool
  ) {
    guard !units.isEmpty else { return }
    var node = Int(Self.offset(units[0]))
    for index in place..<end {
      node ^= Int(bytes[index])
      guard node < units.count, bytes[index] != 0, units[node] & (1 << 31 | 0xFF) == UInt32(bytes[index]) else {
        return
      }
      let unit = units[node]
      node ^= Int(Self.offset(unit))
      guard node < units.count else { return }
      if unit >> 8 & 1 == 1 {
        let start = Int(units[node] & 0x7FFF_FFFF)
        guard start <= texts.count else { return }
        guard body(index + 1 - place, start..<(texts[start...].firstIndex(of: 0) ?? texts.count)) else { return }
      }
    }
  }

  private static func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & (1 << 9)) >> 6) }

  /// The bytes of a match.
  func text(_ range: Range<Int>) -> ArraySlice<UInt8> { texts[range] }

  /// As the `tokenizers` library applies it: the shortest entry that begins a character with its marks stands for all
  /// of it, where these are short; otherwise scalar by scalar.
  func apply(to text: inout AlignedText) {
    text.rewrite { source, output in
      source.withUnsafeBufferPointer { bytes in
        GraphemeClusters.forEach(in: bytes) { cluster in
          if cluster.count < 6, let match = shortestMatch(in: bytes, cluster) {
            return output.write(Array(texts[match]), for: cluster)
          }
          var place = cluster.lowerBound
          while place < cluster.upperBound, let base = bytes.baseAddress {
            let end = place + UTF8Coding.scalar(base, place, cluster.upperBound).length
            if let match = shortestMatch(in: bytes, place..<end) {
              output.write(Array(texts[match]), for: place..<end)
            } else {
              output.copy(source, place..<end)
            }
            place = end
          }
        }
      }
    }
  }
}

/// Characters as people see them (Unicode annex 29), of the standard library.
enum GraphemeClusters {
  /// Calls `body` with the place of each; bytes that are not valid UTF-8 are each one by themselves.
  static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = bytes.baseAddress else { return }
    var place = 0
    while place < bytes.count {
      var end = place
      while end < bytes.count {
        let (value, length) = UTF8Coding.scalar(base, end, bytes.count)
        if value >= UTF8Coding.invalid { break }
        end += length
      }
      for character in String(decoding: UnsafeBufferPointer(rebasing: bytes[place..<end]), as: UTF8.self) {
        let length = character.utf8.count
        body(place..<place + length)
        place += length
      }
      if end < bytes.count {
        body(end..<end + 1)
        place = end + 1
      }
    }
  }
}

// Where tokens stand in the text that they came from. The text may have been rewritten on the way; places are those of
// the original, in whole characters, as the `tokenizers` library has them: a token that is half a character has the
// place of the whole one. It knows no model.

/// Ids with the places of their tokens.
public struct LocatedTokens: Sendable, Equatable {
  /// The ids.
  public internal(set) var ids: [Int32] = []
  /// For each id the bytes of the text that it stands for: whole characters; empty for what stands for none of it.
  public internal(set) var bytes: [Range<Int>] = []

  /// No tokens.
  public init() {}

  /// Makes one of ids and as many places.
  init(ids: [Int32], bytes: [Range<Int>]) {
    self.ids = ids
    self.bytes = bytes
  }

  /// The same places in characters, which are Unicode scalars; a byte that is part of no valid one counts as one.
  /// - Parameter text: the text that was encoded.
  public func characters(in text: [UInt8]) -> [Range<Int>] {
    var characters = [Int32](repeating: 0, count: text.count + 1)
    var count: Int32 = 0
    UTF8Coding.forEachScalar(text) { _, place in
      for byte in place { characters[byte] = count }
      count += 1
    }
    characters[text.count] = count
    func character(_ place: Int) -> Int { Int(characters[max(0, min(place, text.count))]) }
    return bytes.map { character($0.lowerBound)..<character($0.upperBound) }
  }
}

/// The places of a word's tokens in it, kept only where somebody asks.
struct TokenPlaces: Sendable {
  private(set) var ranges: [Range<Int32>] = []
  let isKept: Bool

  init(isKept: Bool = false) { self.isKept = isKept }

  @inline(__always) mutating func append(_ start: Int, _ end: Int) {
    if isKept { ranges.append(Int32(start)..<Int32(end)) }
  }

  /// The last token takes what follows it too.
  mutating func extendLast(to end: Int) {
    guard isKept, let last = ranges.popLast() else { return }
    ranges.append(last.lowerBound..<Int32(end))
  }

  mutating func removeAll() { ranges.removeAll(keepingCapacity: true) }
}

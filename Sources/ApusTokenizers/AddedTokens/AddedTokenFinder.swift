// Finds added tokens in a text: the longest of those that start at the leftmost place, as in the `tokenizers` library,
// with the white space round it that the token takes, and only as a word by itself where it wants so. It knows no
// model.

/// Added tokens, found by their texts.
struct AddedTokenFinder: Sendable {
  private var trie = ByteTrie()
  private var isFirstByte = [Bool](repeating: false, count: 256)
  private var tokens: [AddedToken] = []

  /// One place of a token.
  struct Match: Equatable {
    var place: Range<Int>
    var id: Int32
  }

  /// - Parameter spelling: how a token's text stands in the text that is searched.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8] = { $0.content }) {
    for token in tokens {
      let content = spelling(token)
      guard let first = content.first else { continue }
      isFirstByte[Int(first)] = true
      trie.insert(content, value: Int32(self.tokens.count))
      self.tokens.append(token)
    }
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// The first match at or after `start`; the white space that it takes does not reach back before `start`.
  func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, where isWanted: (AddedToken) -> Bool = { _ in true }
  ) -> Match? {
    guard !tokens.isEmpty else { return nil }
    var place = start
    while let candidate = firstCandidate(in: text, from: place) {
      place = candidate + 1
      guard let (length, index) = longest(in: text, at: candidate, where: isWanted) else { continue }
      let token = tokens[Int(index)]
      let end = candidate + length
      if token.isSingleWord && !Self.isWord(text, candidate..<end) {
        place = end
        continue
      }
      let first = token.takesSpaceBefore ? max(start, Self.spaceStart(text, before: candidate)) : candidate
      return Match(place: first..<(token.takesSpaceAfter ? Self.spaceEnd(text, from: end) : end), id: token.id)
    }
    return nil
  }

  private func longest(
    in text: UnsafeBufferPointer<UInt8>, at place: Int, where isWanted: (AddedToken) -> Bool
  ) -> (length: Int, index: Int32)? {
    var best: (length: Int, index: Int32)?
    trie.forEachMatch(in: text, at: place) { if isWanted(tokens[Int($1)]) { best = ($0, $1) } }
    return best
  }

  /// The first place where a token may begin. Marked hot loop.
  private func firstCandidate(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    isFirstByte.withUnsafeBufferPointer { isFirstByte in
      var place = start
      while place < text.count {
        if isFirstByte[Int(text[place])] { return place }
        place += 1
      }
      return nil
    }
  }

  private static func isWord(_ text: UnsafeBufferPointer<UInt8>, _ place: Range<Int>) -> Bool {
    guard let base = text.baseAddress else { return false }
    if place.lowerBound > 0, ScalarSet.rustWord.contains(UTF8Coding.scalar(base, before: place.lowerBound).value) {
      return false
    }
    return place.upperBound == text.count
      || !ScalarSet.rustWord.contains(UTF8Coding.scalar(base, place.upperBound, text.count).value)
  }

  private static func spaceStart(_ text: UnsafeBufferPointer<UInt8>, before place: Int) -> Int {
    guard let base = text.baseAddress else { return place }
    var place = place
    while place > 0 {
      let (value, length) = UTF8Coding.scalar(base, before: place)
      guard ScalarClasses.shared.isSpace(value) else { break }
      place -= length
    }
    return place
  }

  private static func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, from place: Int) -> Int {
    guard let base = text.baseAddress else { return place }
    var place = place
    while place < text.count {
      let (value, length) = UTF8Coding.scalar(base, place, text.count)
      guard ScalarClasses.shared.isSpace(value) else { break }
      place += length
    }
    return place
  }
}

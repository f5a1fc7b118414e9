// A tokenizer that is obviously right and slow: the published expression cuts the text, and each piece is worked on by
// the definition of its model, over arrays of bytes and dictionaries. The fuzzing holds the fast one against it.

@testable import ApusTokenizers

/// The slow twin of a pipeline of a pattern and a model.
struct SlowTokenizer {
  /// How a piece becomes ids.
  enum Model {
    /// Merges with their ranks; a byte is a symbol.
    case merges([Pair: Int])
    /// Tokens with their ranks; symbols are bytes, or characters where what is unknown has a token for each byte.
    case ranks([[UInt8]: Int], isBytes: Bool, wholeWords: Bool, byteTokens: [Int32])
    /// The longest token that goes on, marked inside a word.
    case longestFirst(mark: [UInt8], unknown: Int32)
    /// The most probable way to cut, with what an unknown character costs.
    case mostProbable([[UInt8]: Double], unknownScore: Double, unknown: Int32)
  }

  struct Pair: Hashable {
    var left: [UInt8]
    var right: [UInt8]
  }

  /// Nil: the text is one piece.
  var expression: Regex?
  var ids: [[UInt8]: Int32]
  var model: Model

  func encode(_ text: [UInt8]) -> [Int32] {
    guard let expression else { return text.isEmpty ? [] : encode(piece: text) }
    var ids: [Int32] = []
    text.withUnsafeBufferPointer { bytes in
      RegexMachine.forEachMatch(of: expression, in: bytes) { ids += encode(piece: Array(text[$0])) }
    }
    return ids
  }

  private func encode(piece: [UInt8]) -> [Int32] {
    switch model {
    case .merges(let ranks):
      return Self.merge(piece.map { [$0] }) { ranks[Pair(left: $0, right: $1)] }.compactMap { ids[$0] }
    case .ranks(let ranks, let isBytes, let wholeWords, let byteTokens):
      if wholeWords, let id = ids[piece] { return [id] }
      let symbols = isBytes ? piece.map { [$0] } : Self.characters(piece)
      return Self.merge(symbols) { ranks[$0 + $1] }.flatMap { symbol in
        ids[symbol].map { [$0] } ?? symbol.map { byteTokens[Int($0)] }
      }
    case .longestFirst(let mark, let unknown): return longestFirst(piece, mark) ?? [unknown]
    case .mostProbable(let scores, let unknownScore, let unknown):
      return mostProbable(Self.characters(piece), scores, unknownScore, unknown)
    }
  }

  /// Joins the leftmost of the two neighbours with the lowest rank, again and again.
  static func merge(_ symbols: [[UInt8]], _ rank: ([UInt8], [UInt8]) -> Int?) -> [[UInt8]] {
    var symbols = symbols
    while true {
      var best: (rank: Int, place: Int)?
      for place in symbols.indices.dropLast() {
        if let rank = rank(symbols[place], symbols[place + 1]), rank < best?.rank ?? .max { best = (rank, place) }
      }
      guard let place = best?.place else { return symbols }
      symbols.replaceSubrange(place...place + 1, with: [symbols[place] + symbols[place + 1]])
    }
  }

  private func longestFirst(_ word: [UInt8], _ mark: [UInt8]) -> [Int32]? {
    var found: [Int32] = []
    var rest = word[...]
    while !rest.isEmpty {
      let lengths = (1...rest.count).reversed()
      let before = rest.count == word.count ? [] : mark
      guard let length = lengths.first(where: { ids[before + rest.prefix($0)] != nil }) else { return nil }
      found.append(ids[before + rest.prefix(length)] ?? -1)
      rest = rest.dropFirst(length)
    }
    return found
  }

  /// The best way to each place, from left to right; of two as good the one found first.
  private func mostProbable(
    _ characters: [[UInt8]], _ scores: [[UInt8]: Double], _ unknownScore: Double, _ unknown: Int32
  ) -> [Int32] {
    var best: [(score: Double, ids: [Int32])?] = [(0, [])] + characters.map { _ in nil }
    for start in characters.indices {
      guard let (score, before) = best[start] else { continue }
      func offer(_ end: Int, _ more: Double, _ id: Int32) {
        guard score + more > best[end]?.score ?? -.infinity else { return }
        let isFused = id == unknown && before.last == unknown
        best[end] = (score + more, before + (isFused ? [] : [id]))
      }
      for end in start + 1...characters.count {
        let piece = Array(characters[start..<end].joined())
        if let more = scores[piece], let id = ids[piece] { offer(end, more, id) }
      }
      if scores[characters[start]] == nil { offer(start + 1, unknownScore, unknown) }
    }
    return best.last??.ids ?? []
  }

  /// The characters of a text; a byte that is part of none by itself.
  static func characters(_ text: [UInt8]) -> [[UInt8]] {
    var characters: [[UInt8]] = []
    UTF8Coding.forEachScalar(text) { _, place in characters.append(Array(text[place])) }
    return characters
  }
}

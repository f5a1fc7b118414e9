// The pieces that a unigram model is learnt from: candidates with scores, some of which die on the way, and a trie that
// finds them. A piece keeps its number as long as it lives; the trie is built anew only when half have died.

import ApusCore

/// Candidates for the vocabulary.
struct UnigramPieces: Sendable {
  /// The living pieces, in order.
  private(set) var living: [Int32] = []
  /// The logarithm of each piece's probability by number; minus infinity for the dead.
  private(set) var scores: [Double] = []
  /// What a character that no piece stands for counts.
  private(set) var unknownScore = 0.0
  private(set) var leastScore = 0.0
  private var contents = PackedStrings()
  private var trie = ByteTrie()
  private var inTrie = 0
  /// How much less probable than the least probable piece an unknown character is.
  private static let unknownPenalty = 10.0

  /// Pieces with weights; their logarithms are the first scores.
  init(_ weighted: [(content: [UInt8], weight: Double)]) {
    let total = weighted.reduce(0) { $0 + $1.weight }
    for (number, piece) in weighted.enumerated() {
      contents.append(piece.content)
      living.append(Int32(number))
      scores.append(Double.log(piece.weight) - Double.log(total))
    }
    build()
    findLeast()
  }

  /// The text of a piece.
  func content(_ piece: Int32) -> ArraySlice<UInt8> { contents[Int(piece)] }

  /// Goes on with these pieces in this order, with new scores where given.
  mutating func keep(_ pieces: [Int32], score: ((Int32) -> Double)? = nil) {
    var new = [Double](repeating: -.infinity, count: scores.count)
    for piece in pieces { new[Int(piece)] = score?(piece) ?? scores[Int(piece)] }
    scores = new
    living = pieces
    if living.count * 2 < inTrie { build() }
    findLeast()
  }

  /// Calls `body` with the length and number of each living piece that stands at `place`, the shortest first.
  @inline(__always)
  func forEachMatch(
    in word: UnsafeBufferPointer<UInt8>, at place: Int, _ body: (_ length: Int, _ piece: Int32) -> Void
  ) {
    trie.forEachMatch(in: word, at: place) { length, piece in
      if scores[Int(piece)] > -.infinity { body(length, piece) }
    }
  }

  private mutating func build() {
    trie = ByteTrie()
    for piece in living { trie.insert(contents[Int(piece)], value: piece) }
    inTrie = living.count
  }

  private mutating func findLeast() {
    leastScore = living.reduce(.infinity) { min($0, scores[Int($1)]) }
    if !leastScore.isFinite { leastScore = 0 }
    unknownScore = leastScore - Self.unknownPenalty
  }
}

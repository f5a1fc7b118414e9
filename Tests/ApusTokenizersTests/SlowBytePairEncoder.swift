// Byte-pair encoding, obviously right and slow: look for the merge of the lowest rank, join its leftmost occurrence,
// again.

struct SlowBytePairEncoder {
  var merges: [(left: [UInt8], right: [UInt8])]

  func encode(_ symbols: [[UInt8]]) -> [[UInt8]] {
    var symbols = symbols
    while true {
      var best: (rank: Int, place: Int)?
      for place in symbols.indices.dropLast() {
        // A pair listed twice has its last rank.
        let rank = merges.lastIndex { $0.left == symbols[place] && $0.right == symbols[place + 1] }
        if let rank, rank < best?.rank ?? .max { best = (rank, place) }
      }
      guard let place = best?.place else { return symbols }
      symbols.replaceSubrange(place...place + 1, with: [symbols[place] + symbols[place + 1]])
    }
  }
}

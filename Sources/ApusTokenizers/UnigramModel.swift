// The unigram language model (Kudo 2018): of all ways to cut a text into pieces, the one whose pieces are the most
// probable together, found by Viterbi's algorithm from left to right. It knows not how the text was normalised.

import ApusCore

/// Pieces with the logarithms of their probabilities.
struct UnigramModel: Sendable {
  let vocabulary: Vocabulary
  /// The logarithm of each piece's probability, by id.
  let scores: [Double]
  let unknown: Int32?
  /// For each byte its token, where unknown characters are spelt in bytes.
  let byteTokens: [Int32]?
  /// Whether neighbouring unknown characters are one token.
  let fusesUnknown: Bool
  /// Sums are rounded to single precision, as in sentencepiece.
  let isSinglePrecision: Bool

  private let pieces: ByteTrie
  private let unknownScore: Double
  /// How much less probable than the least probable piece an unknown character is.
  private static let unknownPenalty = 10.0

  /// What Viterbi's algorithm keeps of each place: the best score to it and the piece that ends there.
  struct Node {
    var score = 0.0
    var start: Int32 = -1
    var id: Int32 = -1
  }

  /// - Parameter userDefined: pieces that are taken wherever they stand; they count more than any other.
  init(
    vocabulary: Vocabulary, scores: [Double], unknown: Int32?, byteTokens: [Int32]? = nil, fusesUnknown: Bool = true,
    isSinglePrecision: Bool = false, userDefined: Set<Int32> = []
  ) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.byteTokens = byteTokens
    self.fusesUnknown = fusesUnknown
    self.isSinglePrecision = isSinglePrecision
    var pieces = ByteTrie()
    var scores = scores
    var (least, most) = (Double.infinity, -Double.infinity)
    for id in vocabulary.ids where Int(id) < scores.count && vocabulary.isFound(id) {
      guard let piece = vocabulary.bytes(of: id), !piece.isEmpty else { continue }
      pieces.insert(piece, value: id)
      if !userDefined.contains(id) {
        least = min(least, scores[Int(id)])
        most = max(most, scores[Int(id)])
      }
    }
    if !least.isFinite { (least, most) = (0, 0) }
    for id in userDefined where Int(id) < scores.count {
      let length = vocabulary.bytes(of: id)?.count ?? 1
      scores[Int(id)] = Double(length) * most - 0.1
    }
    self.pieces = pieces
    self.scores = scores
    unknownScore = least - Self.unknownPenalty
  }

  /// Appends the ids of a text; the offset of a character that nothing stands for, if there is one.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ nodes: inout [Node], into ids: inout [Int32], _ places: inout TokenPlaces
  ) -> Int? {
    guard let base = text.baseAddress else { return nil }
    nodes.removeAll(keepingCapacity: true)
    nodes.append(contentsOf: repeatElement(Node(), count: text.count + 1))
    var place = 0
    while place < text.count {
      let length = UTF8Coding.scalar(base, place, text.count).length
      var hasSingle = false
      let sum = nodes[place].score
      pieces.forEachMatch(in: text, at: place) { matched, id in
        offer(&nodes, from: place, to: place + matched, sum: sum, score: scores[Int(id)], id: id)
        if matched == length { hasSingle = true }
      }
      if !hasSingle { offer(&nodes, from: place, to: place + length, sum: sum, score: unknownScore, id: -1) }
      place += length
    }
    return collect(text, nodes, into: &ids, &places)
  }

  @inline(__always)
  private func offer(_ nodes: inout [Node], from start: Int, to end: Int, sum: Double, score: Double, id: Int32) {
    let total = isSinglePrecision ? Double(Float(score) + Float(sum)) : score + sum
    if nodes[end].start < 0 || total > nodes[end].score { nodes[end] = Node(score: total, start: Int32(start), id: id) }
  }

  private func collect(
    _ text: UnsafeBufferPointer<UInt8>, _ nodes: [Node], into ids: inout [Int32], _ places: inout TokenPlaces
  ) -> Int? {
    var path: [(range: Range<Int>, id: Int32)] = []
    var end = text.count
    while end > 0 {
      let node = nodes[end]
      path.append((Int(node.start)..<end, node.id))
      end = Int(node.start)
    }
    var missing: Int?
    var wasUnknown = false
    for (range, id) in path.reversed() {
      defer { wasUnknown = id < 0 }
      if id >= 0 {
        ids.append(id)
        places.append(range.lowerBound, range.upperBound)
      } else if let byteTokens {
        for place in range {
          ids.append(byteTokens[Int(text[place])])
          places.append(place, place + 1)
        }
      } else if let unknown {
        if fusesUnknown && wasUnknown {
          places.extendLast(to: range.upperBound)
        } else {
          ids.append(unknown)
          places.append(range.lowerBound, range.upperBound)
        }
      } else {
        missing = missing ?? range.lowerBound
      }
    }
    return missing
  }
}

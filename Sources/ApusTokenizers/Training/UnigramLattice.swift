// All ways to cut one word into pieces, as a lattice: the expected number of times each piece is used (forward and
// backward sums; Kudo 2018), the best way, and the two best. It knows one word at a time.

import ApusCore

/// Scratch for one thread.
struct UnigramLattice: Sendable {
  /// A piece at a place; -1 for an unknown character.
  private struct Arc {
    var start: Int32
    var end: Int32
    var piece: Int32
    var score: Double
  }

  private var arcs: [Arc] = []
  private var forward: [Double] = []
  private var backward: [Double] = []
  /// The best arc to each place, or -1.
  private var best: [Int32] = []

  /// Finds all pieces of a word.
  mutating func fill(_ word: UnsafeBufferPointer<UInt8>, _ pieces: UnigramPieces) {
    arcs.removeAll(keepingCapacity: true)
    guard let base = word.baseAddress else { return }
    var place = 0
    while place < word.count {
      let length = UTF8Coding.scalar(base, place, word.count).length
      var hasSingle = false
      pieces.forEachMatch(in: word, at: place) { matched, piece in
        arcs.append(
          Arc(start: Int32(place), end: Int32(place + matched), piece: piece, score: pieces.scores[Int(piece)]))
        if matched == length { hasSingle = true }
      }
      if !hasSingle {
        arcs.append(Arc(start: Int32(place), end: Int32(place + length), piece: -1, score: pieces.unknownScore))
      }
      place += length
    }
  }

  /// Calls `body` with each arc's piece and the probability that the word is cut so.
  mutating func forEachExpectation(_ length: Int, _ body: (_ piece: Int32, _ probability: Double) -> Void) {
    reset(&forward, length, to: -.infinity)
    reset(&backward, length, to: -.infinity)
    forward[0] = 0
    backward[length] = 0
    for arc in arcs {
      let sum = forward[Int(arc.start)] + arc.score
      forward[Int(arc.end)] = Self.logOfSum(forward[Int(arc.end)], sum)
    }
    for arc in arcs.reversed() {
      let sum = backward[Int(arc.end)] + arc.score
      backward[Int(arc.start)] = Self.logOfSum(backward[Int(arc.start)], sum)
    }
    let whole = forward[length]
    for arc in arcs {
      body(arc.piece, Double.exp(forward[Int(arc.start)] + arc.score + backward[Int(arc.end)] - whole))
    }
  }

  /// The pieces of the best way, from the last to the first; of equally good ones the one with the longer last piece.
  mutating func forEachBest(_ length: Int, _ body: (_ piece: Int32) -> Void) {
    reset(&forward, length, to: -.infinity)
    best.removeAll(keepingCapacity: true)
    best.append(contentsOf: repeatElement(-1, count: length + 1))
    forward[0] = 0
    for (index, arc) in arcs.enumerated() {
      let sum = forward[Int(arc.start)] + arc.score
      if best[Int(arc.end)] < 0 || sum > forward[Int(arc.end)] {
        forward[Int(arc.end)] = sum
        best[Int(arc.end)] = Int32(index)
      }
    }
    var place = length
    while place > 0, best[place] >= 0 {
      let arc = arcs[Int(best[place])]
      body(arc.piece)
      place = Int(arc.start)
    }
  }

  /// The best two ways to cut a word, as the pieces of each; fewer where there are fewer.
  func twoBest(_ length: Int) -> [[Int32]] {
    var paths = [[(score: Double, pieces: [Int32])]](repeating: [], count: length + 1)
    paths[0] = [(0, [])]
    for arc in arcs {
      for path in paths[Int(arc.start)] {
        paths[Int(arc.end)].append((path.score + arc.score, path.pieces + [arc.piece]))
      }
      guard paths[Int(arc.end)].count > 2 else { continue }
      // Insertion keeps what came first before what is as good.
      var kept: [(score: Double, pieces: [Int32])] = []
      for path in paths[Int(arc.end)] {
        kept.insert(path, at: kept.firstIndex { $0.score < path.score } ?? kept.endIndex)
        if kept.count > 2 { kept.removeLast() }
      }
      paths[Int(arc.end)] = kept
    }
    return paths[length].sorted { $0.score > $1.score }.map(\.pieces)
  }

  private func reset(_ values: inout [Double], _ length: Int, to value: Double) {
    values.removeAll(keepingCapacity: true)
    values.append(contentsOf: repeatElement(value, count: length + 1))
  }

  /// log(exp(a) + exp(b)); beyond fifty the lesser does not count.
  @inline(__always) private static func logOfSum(_ a: Double, _ b: Double) -> Double {
    let (least, most) = a > b ? (b, a) : (a, b)
    if most > least + 50 || least == -.infinity { return most }
    return most + Double.log(Double.exp(least - most) + 1)
  }
}

// Learns a unigram language model (Kudo 2018) as the `tokenizers` library does: many candidates, expectation and
// maximisation twice, then a quarter of the pieces that cost least likelihood is dropped, and again. Sums over words
// are whole numbers of a small unit, so that they are the same in any order and for any number of threads. It knows
// neither texts nor tokenizers.

import ApusCore
import Synchronization

/// Pieces learnt from words.
struct UnigramLearning {
  let counts: WordCounts
  let alphabet: Alphabet
  /// How many pieces are wanted, the unknown one included.
  let size: Int
  var longestPiece = 16
  var seedCount = 1_000_000
  let pool: ThreadPool

  private static let passes = 2
  private static let shrinking = 0.75
  /// Pieces that are expected less often are dropped.
  private static let leastExpected = 0.5

  /// The pieces with the logarithms of their probabilities, the most probable first.
  func learn(
    progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError) -> [(content: [UInt8], score: Double)] {
    var pieces = UnigramPieces(seeds())
    let desired = size * 11 / 10
    var pass = 0
    while true {
      for _ in 0..<Self.passes {
        try progress(.pruning(pieces: pieces.living.count, pass: pass, to: desired))
        maximize(&pieces, expected(pieces))
        pass += 1
      }
      if pieces.living.count + 1 <= desired { break }
      let before = pieces.living.count
      pieces.keep(pruned(pieces, to: max(desired, Int(Double(before + 1) * Self.shrinking)) - 1))
      if pieces.living.count == before { break }
    }
    return final(pieces)
  }

  // MARK: Candidates

  /// All characters by how often they occur, and the repeated substrings of the words by count times length.
  func seeds() -> [(content: [UInt8], weight: Double)] {
    var seeds = zip(alphabet.characters, alphabet.counts).map { (content: $0, weight: Double($1)) }
    seeds.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $1.content.lexicographicallyPrecedes($0.content) }
    let text = scalars()
    var found: [RepeatedSubstrings.Substring] = []
    RepeatedSubstrings(of: text, longest: longestPiece).forEach { found.append($0) }
    found.sort { a, b in
      let (left, right) = (a.count * a.length, b.count * b.length)
      if left != right { return left > right }
      return text[b.start..<b.start + b.length].lexicographicallyPrecedes(text[a.start..<a.start + a.length])
    }
    for substring in found.prefix(max(0, seedCount - seeds.count)) {
      var content: [UInt8] = []
      for scalar in text[substring.start..<substring.start + substring.length] {
        UTF8Coding.append(scalar, to: &content)
      }
      seeds.append((content, Double(substring.count * substring.length)))
    }
    return seeds
  }

  /// The words as scalars with zeros between them; what is not in the alphabet is a border too.
  private func scalars() -> [UInt32] {
    var kept: Set<UInt32> = []
    for character in alphabet.characters { UTF8Coding.forEachScalar(character) { scalar, _ in kept.insert(scalar) } }
    var text: [UInt32] = []
    for index in 0..<counts.count {
      UTF8Coding.forEachScalar(Array(counts.word(index))) { scalar, _ in text.append(kept.contains(scalar) ? scalar : 0)
      }
      text.append(0)
    }
    return text
  }

  // MARK: Expectation and maximisation

  /// How often each piece is expected, in units of 1 ÷ `unit`.
  private func expected(_ pieces: UnigramPieces) -> [Int64] {
    let unit = unit
    return sum(pieces) { lattice, length, count, sums in
      lattice.forEachExpectation(length) { piece, probability in
        if piece >= 0 { sums[Int(piece)] += Int64((probability * Double(count) * unit).rounded()) }
      }
    }
  }

  /// Parts of an occurrence that are told apart: as small as sums allow that must stay below 2⁶².
  private var unit: Double {
    var most = 0.0
    for index in 0..<counts.count { most += Double(counts.counts[index]) * Double(counts.word(index).count) }
    return Double.pow(2, min(24, (61 - Double.log2(max(1, most))).rounded(.down)))
  }

  /// New scores with a sparse prior (Liang and Klein 2007); pieces that are hardly expected are dropped.
  private func maximize(_ pieces: inout UnigramPieces, _ expected: [Int64]) {
    let unit = unit
    let least = Int64(Self.leastExpected * unit)
    let kept = pieces.living.filter { expected[Int($0)] >= max(1, least) }
    let total = Digamma.of(kept.reduce(0) { $0 + Double(expected[Int($1)]) } / unit)
    pieces.keep(kept) { Digamma.of(Double(expected[Int($0)]) / unit) - total }
  }

  // MARK: Pruning

  /// The pieces that are kept: those without another spelling, and of the others those whose loss would cost most.
  private func pruned(_ pieces: UnigramPieces, to size: Int) -> [Int32] {
    // The last number is that of unknown characters.
    let used = sum(pieces) { lattice, length, count, sums in
      lattice.forEachBest(length) { piece in
        let place = piece < 0 ? sums.count - 1 : Int(piece)
        sums[place] = sums[place].addingSaturating(count)
      }
    }
    let total = used.reduce(0) { $0 + Double($1) }
    let words = (0..<counts.count).reduce(0) { $0 + Double(counts.counts[$1]) }
    var kept: [Int32] = []
    var losses: [(piece: Int32, loss: Double)] = []
    for (piece, spellings) in zip(pieces.living, otherSpellings(of: pieces)) {
      let count = Double(used[Int(piece)])
      switch spellings {
      case .none: kept.append(piece)
      case .better: if count > 0 { kept.append(piece) }
      case .other(let others) where count > 0:
        let more = Double.log(total + count * Double(others.count - 1))
        let instead = others.reduce(0) { sum, other in
          sum + Double.log(Double(used[other < 0 ? used.count - 1 : Int(other)]) + count) - more
        }
        losses.append((piece, count / words * (Double.log(count) - Double.log(total) - instead)))
      case .other: break
      }
    }
    let order = losses.indices.sorted {
      losses[$0].loss != losses[$1].loss ? losses[$0].loss > losses[$1].loss : $0 < $1
    }
    return kept + order.prefix(max(0, size - kept.count)).map { losses[$0].piece }
  }

  /// How a piece would be cut if it were not there.
  private enum OtherSpelling: Sendable {
    /// It cannot be.
    case none
    /// It is cut even now.
    case better
    case other([Int32])
  }

  private func otherSpellings(of pieces: UnigramPieces) -> [OtherSpelling] {
    let found = Mutex([OtherSpelling](repeating: .none, count: pieces.living.count))
    pool.run(pieces.living.count, chunk: 4096) { range, _ in
      var lattice = UnigramLattice()
      let part = range.map { index -> OtherSpelling in
        let content = Array(pieces.content(pieces.living[index]))
        content.withUnsafeBufferPointer { lattice.fill($0, pieces) }
        let ways = lattice.twoBest(content.count)
        guard ways.count > 1 else { return .none }
        return ways[0].count > 1 ? .better : .other(ways[1])
      }
      found.withLock { $0.replaceSubrange(range, with: part) }
    }
    return found.withLock { $0 }
  }

  // MARK: Sums over words

  /// Adds up what `body` finds in each word; there is one more number than pieces.
  private func sum(
    _ pieces: UnigramPieces,
    _ body: @Sendable (_ lattice: inout UnigramLattice, _ length: Int, _ count: Int64, _ sums: inout [Int64]) -> Void
  ) -> [Int64] {
    let size = pieces.scores.count + 1
    // As many as threads at most, each with sums of its own.
    let free = Mutex<[[Int64]]>([])
    pool.run(counts.count, chunk: 2048) { range, _ in
      var sums = free.withLock { $0.popLast() } ?? [Int64](repeating: 0, count: size)
      var lattice = UnigramLattice()
      for index in range {
        counts.word(index).withUnsafeBufferPointer { word in
          lattice.fill(word, pieces)
          body(&lattice, word.count, counts.counts[index], &sums)
        }
      }
      free.withLock { [sums] in $0.append(sums) }
    }
    var total = [Int64](repeating: 0, count: size)
    for sums in free.withLock({ $0 }) {
      for index in total.indices { total[index] = total[index].addingSaturating(sums[index]) }
    }
    return total
  }

  // MARK: The end

  /// All characters and as many other pieces as there is room for; a character that died is as improbable as the least
  /// probable piece.
  private func final(_ pieces: UnigramPieces) -> [(content: [UInt8], score: Double)] {
    var result: [(content: [UInt8], score: Double)] = []
    let scores = Dictionary(
      pieces.living.map { (Array(pieces.content($0)), pieces.scores[Int($0)]) }, uniquingKeysWith: { first, _ in first }
    )
    var penalty = 0.0
    for character in alphabet.characters {
      result.append((character, scores[character] ?? pieces.leastScore + penalty))
      if scores[character] == nil { penalty += 0.0001 }
    }
    for piece in pieces.living where result.count < size - 1 {
      let content = Array(pieces.content(piece))
      if alphabet.index(of: content) == nil { result.append((content, pieces.scores[Int(piece)])) }
    }
    return result.sorted {
      $0.score != $1.score ? $0.score > $1.score : $0.content.lexicographicallyPrecedes($1.content)
    }
  }
}

/// The logarithmic derivative of the gamma function, by recurrence and an asymptotic series.
enum Digamma {
  static func of(_ value: Double) -> Double {
    var (value, result) = (value, 0.0)
    while value < 7 {
      result -= 1 / value
      value += 1
    }
    value -= 0.5
    let square = 1 / (value * value)
    return result + Double.log(value)
      + square * (1.0 / 24 + square * (-7.0 / 960 + square * (31.0 / 8064 - square * 127.0 / 30720)))
  }
}

// Byte-pair encoding where the tokens themselves say what is merged: two neighbours become one if together they are a
// token, the one of the lowest rank first, the leftmost of these first. So tiktoken's rank files are meant, and
// sentencepiece's BPE, whose ranks are the order of its scores. It knows no file format.

import ApusCore

/// A vocabulary with a rank for each token.
struct RankedPairModel: Sendable {
  let unit: BytePairModel.Unit
  let vocabulary: Vocabulary
  /// For each id its rank; the greatest number for tokens that no merge makes.
  let ranks: [UInt32]
  /// A word that is a token as a whole is that token.
  let prefersWholeWords: Bool
  let unknown: Int32?
  /// For each byte the token that stands for it in characters that the vocabulary lacks.
  let byteTokens: [Int32]?
  /// Tokens that are taken wherever they stand and are merged with nothing.
  let userDefined: ByteTrie
  /// Neighbouring unknown characters are one token.
  let fusesUnknown: Bool

  private let longest: Int
  static let never = UInt32.max

  init(
    unit: BytePairModel.Unit, vocabulary: Vocabulary, ranks: [UInt32], prefersWholeWords: Bool, unknown: Int32? = nil,
    byteTokens: [Int32]? = nil, userDefined: ByteTrie = ByteTrie(), fusesUnknown: Bool = false
  ) {
    self.unit = unit
    self.vocabulary = vocabulary
    self.ranks = ranks
    self.prefersWholeWords = prefersWholeWords
    self.unknown = unknown
    self.byteTokens = byteTokens
    self.userDefined = userDefined
    self.fusesUnknown = fusesUnknown
    longest = vocabulary.longest
  }

  /// The bytes that have no token and are left out.
  var lostBytes: [UInt8] {
    unit == .bytes && unknown == nil ? (0...255).filter { vocabulary.id(of: [UInt8($0)]) == nil } : []
  }

  /// Appends the ids of a word; the offset of a character that nothing stands for, if there is one.
  func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ merger: inout RankedMerger, into ids: inout [Int32],
    _ places: inout TokenPlaces
  ) -> Int? {
    // As in the library, chance comes before whole words.
    if prefersWholeWords, merger.queue.draws == nil, let id = vocabulary.id(of: word) {
      ids.append(id)
      places.append(0, word.count)
      return nil
    }
    cut(word, &merger)
    merger.merge { start, end in
      guard end - start <= longest else { return Self.never }
      guard let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: word[start..<end])) else { return Self.never }
      return ranks[Int(id)]
    }
    return collect(word, merger, into: &ids, &places)
  }

  /// Cuts a word into what is merged.
  private func cut(_ word: UnsafeBufferPointer<UInt8>, _ merger: inout RankedMerger) {
    merger.removeAll()
    guard let base = word.baseAddress else { return }
    var place = 0
    while place < word.count {
      if !userDefined.isEmpty, let match = userDefined.longestMatch(in: word, at: place) {
        merger.append(place, isFrozen: true)
        place += match.length
      } else {
        merger.append(place, isFrozen: false)
        place += unit == .bytes ? 1 : UTF8Coding.scalar(base, place, word.count).length
      }
    }
    merger.end(at: place)
  }

  private func collect(
    _ word: UnsafeBufferPointer<UInt8>, _ merger: RankedMerger, into ids: inout [Int32], _ places: inout TokenPlaces
  ) -> Int? {
    var missing: Int?
    var wasUnknown = false
    merger.forEachSymbol { start, end in
      let symbol = UnsafeBufferPointer(rebasing: word[start..<end])
      if let id = vocabulary.id(of: symbol) {
        wasUnknown = false
        ids.append(id)
        return places.append(start, end)
      }
      if let byteTokens {
        for place in start..<end {
          ids.append(byteTokens[Int(word[place])])
          places.append(place, place + 1)
        }
      } else if let unknown {
        if wasUnknown && fusesUnknown {
          places.extendLast(to: end)
        } else {
          ids.append(unknown)
          places.append(start, end)
        }
        wasUnknown = true
      } else if unit == .characters {
        missing = missing ?? start
      }
    }
    return missing
  }
}

/// Scratch for merging by rank; reused from word to word, owned by one thread. Symbols are stretches of the word, known
/// by where they begin.
struct RankedMerger {
  /// Where each symbol begins, and the end of the last.
  private var starts: [Int32] = []
  private var isFrozen: [Bool] = []
  private var hasFrozen = false
  private var ranks: [UInt32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// The merges of a long word, or of any word where merges are left out by chance.
  var queue = MergeQueue()
  private static let shortWord = 48

  mutating func removeAll() {
    starts.removeAll(keepingCapacity: true)
    isFrozen.removeAll(keepingCapacity: true)
    hasFrozen = false
  }

  mutating func append(_ start: Int, isFrozen frozen: Bool) {
    starts.append(Int32(start))
    isFrozen.append(frozen)
    hasFrozen = hasFrozen || frozen
  }

  mutating func end(at end: Int) { starts.append(Int32(end)) }

  func forEachSymbol(_ body: (_ start: Int, _ end: Int) -> Void) {
    for index in 0..<starts.count - 1 { body(Int(starts[index]), Int(starts[index + 1])) }
  }

  /// Merges until no two neighbours are a token; `rank` gives the rank of the token that a stretch is.
  mutating func merge(_ rank: (_ start: Int, _ end: Int) -> UInt32) {
    guard starts.count > 2 else { return }
    if starts.count <= Self.shortWord && !hasFrozen && queue.draws == nil { mergeShort(rank) } else { mergeLong(rank) }
  }

  private mutating func mergeShort(_ rank: (Int, Int) -> UInt32) {
    ranks.removeAll(keepingCapacity: true)
    for index in 0..<starts.count - 2 { ranks.append(rank(Int(starts[index]), Int(starts[index + 2]))) }
    while true {
      var best = 0
      var lowest = RankedPairModel.never
      for index in ranks.indices where ranks[index] < lowest {
        lowest = ranks[index]
        best = index
      }
      if lowest == RankedPairModel.never { return }
      starts.remove(at: best + 1)
      ranks.remove(at: best)
      if best < ranks.count { ranks[best] = rank(Int(starts[best]), Int(starts[best + 2])) }
      if best > 0 { ranks[best - 1] = rank(Int(starts[best - 1]), Int(starts[best + 1])) }
    }
  }

  /// As in BytePairMerger: a list linked both ways, the candidates in a heap.
  private mutating func mergeLong(_ rank: (Int, Int) -> UInt32) {
    let count = starts.count - 1
    queue.removeAll()
    ranks = [UInt32](repeating: RankedPairModel.never, count: count)
    previous = (0..<count).map { Int32($0) - 1 }
    next = (0..<count).map { Int32($0) + 1 }
    for index in 0..<count - 1 { offer(index, count, rank) }
    while let index = queue.pop(ranks) {
      let right = Int(next[index])
      ranks[right] = RankedPairModel.never
      next[index] = next[right]
      previous[right] = -2
      if Int(next[index]) < count { previous[Int(next[index])] = Int32(index) }
      offer(index, count, rank)
      if previous[index] >= 0 { offer(Int(previous[index]), count, rank) }
    }
    let end = starts[count]
    var kept: [Int32] = []
    for index in 0..<count where previous[index] != -2 { kept.append(starts[index]) }
    starts = kept + [end]
  }

  private mutating func offer(_ index: Int, _ count: Int, _ rank: (Int, Int) -> UInt32) {
    let right = Int(next[index])
    guard right < count, !isFrozen[index], !isFrozen[right] else {
      ranks[index] = RankedPairModel.never
      return
    }
    let value = rank(Int(starts[index]), Int(starts[Int(next[right])]))
    ranks[index] = value
    if value != RankedPairModel.never { queue.push(value, index) }
  }
}

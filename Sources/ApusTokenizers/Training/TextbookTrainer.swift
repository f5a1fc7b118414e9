// Byte-pair encoding as the textbook has it (Sennrich, Haddow, Birch 2016, algorithm 1). Words with their frequencies
// are sequences of symbols, one a character, with a mark at the end of the word. Count every pair of neighbours; join
// the most frequent one, the first seen if several are; repeat. Written to be read: every step counts everything anew.
// Training for real is MergeLearner's, which must agree with this.

public import ApusCore

/// A word as symbols, with how often it occurs.
public struct TextbookWord: Sendable, Equatable {
  /// The symbols, each some characters long.
  public var symbols: [[UInt8]]
  /// How often the word occurs.
  public var count: Int64
}

/// Two neighbouring symbols.
public struct SymbolPair: Sendable, Hashable {
  /// The first of the two.
  public var left: [UInt8]
  /// The second of the two.
  public var right: [UInt8]
}

/// One step: the pair that was joined and what it changed.
public struct TextbookStep: Sendable, Equatable {
  /// The pair that was joined.
  public var pair: SymbolPair
  /// How often it occurred.
  public var count: Int64
  /// Other pairs that occurred as often, in the order in which they were seen.
  public var ties: [SymbolPair]
  /// The indices of the words that it changed.
  public var changedWords: [Int]
}

/// The words and how they have been merged so far.
public struct TextbookTrainer: Sendable {
  /// The words, in the order given.
  public private(set) var words: [TextbookWord]
  /// The steps so far.
  public private(set) var steps: [TextbookStep] = []
  /// The symbol behind every word; empty for none.
  public let endOfWord: [UInt8]
  /// The characters of the words, in order of first appearance.
  let alphabet: [[UInt8]]

  /// - Parameters:
  ///   - wordCounts: words as bytes with their frequencies, in order; the order decides ties.
  ///   - endOfWord: the symbol put behind every word; empty for none.
  /// - Throws: `usage` for a mark with white space, `badData` for a word with white space or with the mark in it, or
  ///   counts that add up to more than 2⁶³.
  public init(_ wordCounts: [(word: [UInt8], count: Int64)], endOfWord: [UInt8]) throws(ApusError) {
    try Self.check(wordCounts.map(\.word), endOfWord)
    try Self.checkTotal(wordCounts)
    self.endOfWord = endOfWord
    var seen: Set<[UInt8]> = []
    alphabet = wordCounts.flatMap { Self.characters(of: $0.word) }.filter { seen.insert($0).inserted }
    words = wordCounts.map { word, count in
      TextbookWord(symbols: Self.characters(of: word) + (endOfWord.isEmpty ? [] : [endOfWord]), count: count)
    }
  }

  /// Joins the most frequent pair everywhere. Returns the step, or nil when no word has two symbols left.
  public mutating func step() -> TextbookStep? {
    let (counts, order) = pairCounts()
    guard let best = order.max(by: { counts[$0, default: 0] < counts[$1, default: 0] }) else { return nil }
    let count = counts[best, default: 0]
    let equal = order.filter { counts[$0] == count }
    let chosen = equal[0]
    let changed = words.indices.filter { join(chosen, in: $0) }
    let step = TextbookStep(pair: chosen, count: count, ties: Array(equal.dropFirst()), changedWords: changed)
    steps.append(step)
    return step
  }

  /// A word as it was given.
  public func original(_ word: Int) -> [UInt8] {
    let marked = Array(words[word].symbols.joined())
    return Array(marked.dropLast(endOfWord.count))
  }

  /// How often each pair of neighbours occurs, and the pairs in the order in which they are first seen.
  private func pairCounts() -> (counts: [SymbolPair: Int64], order: [SymbolPair]) {
    var counts: [SymbolPair: Int64] = [:]
    var order: [SymbolPair] = []
    for word in words {
      for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
        let pair = SymbolPair(left: left, right: right)
        if counts[pair] == nil { order.append(pair) }
        counts[pair, default: 0] += word.count
      }
    }
    return (counts, order)
  }

  /// Joins every occurrence of `pair` in one word, from left to right; whether there was any.
  private mutating func join(_ pair: SymbolPair, in word: Int) -> Bool {
    let old = words[word].symbols
    var joined: [[UInt8]] = []
    var place = 0
    while place < old.count {
      if place + 1 < old.count && old[place] == pair.left && old[place + 1] == pair.right {
        joined.append(pair.left + pair.right)
        place += 2
      } else {
        joined.append(old[place])
        place += 1
      }
    }
    words[word].symbols = joined
    return joined.count != old.count
  }

  /// The characters of a word as bytes; a byte that is not part of one stands by itself.
  static func characters(of word: [UInt8]) -> [[UInt8]] {
    var characters: [[UInt8]] = []
    var place = 0
    while place < word.count {
      let length = max(1, UTF8Validation.characterLength(in: word.span, at: place))
      characters.append(Array(word[place..<place + length]))
      place += length
    }
    return characters
  }

  /// No count of a pair may pass 2⁶³: a word has no more pairs than bytes.
  private static func checkTotal(_ wordCounts: [(word: [UInt8], count: Int64)]) throws(ApusError) {
    var total: Int64 = 0
    for (word, count) in wordCounts {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: Int64(word.count + 1))
      let (sum, overflow) = total.addingReportingOverflow(product)
      guard count >= 0, !isTooLarge, !overflow else {
        throw ApusError(
          .badData, "the counts of the words are negative or add up to more than 2^63", remedy: "divide all counts")
      }
      total = sum
    }
  }

  private static func hasSpace(_ bytes: [UInt8]) -> Bool {
    var longest = 0
    bytes.withUnsafeBufferPointer { bytes in
      Splitter([.words]).forEachPiece(in: bytes, range: 0..<bytes.count) { longest = max(longest, $0.count) }
    }
    return longest < bytes.count
  }

  /// - Throws: `usage` for an end-of-word mark that cannot be.
  static func checkMark(_ endOfWord: [UInt8], mayBeEmpty: Bool) throws(ApusError) {
    guard !hasSpace(endOfWord), UTF8Validation.firstInvalid(in: endOfWord) == nil, mayBeEmpty || !endOfWord.isEmpty
    else {
      throw ApusError(.usage, "the end-of-word mark must be valid text without white space")
    }
  }

  private static func check(_ words: [[UInt8]], _ endOfWord: [UInt8]) throws(ApusError) {
    try checkMark(endOfWord, mayBeEmpty: true)
    for word in words {
      let name = String(decoding: word, as: UTF8.self)
      guard !hasSpace(word) else { throw ApusError(.badData, "the word '\(name)' has white space in it") }
      let hasMark =
        !endOfWord.isEmpty && name.utf8.count >= endOfWord.count
        && word.indices.contains { word[$0...].starts(with: endOfWord) }
      guard !hasMark else {
        throw ApusError(
          .badData, "the word '\(name)' holds the end-of-word mark '\(String(decoding: endOfWord, as: UTF8.self))'",
          remedy: "choose another mark with --end-of-word")
      }
    }
  }
}

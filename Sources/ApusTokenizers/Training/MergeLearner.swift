// Learns merges from words with counts: the most frequent adjacent pair becomes one symbol, again and again (Sennrich
// et al. 2016). The counts of pairs are kept up to date by looking only at the words that a merge changes, and a heap
// holds the candidates, so that a step costs what it changes. The obviously right twin is TextbookTrainer. It knows no
// bytes and no files: symbols are numbers with a text.

/// Which of several equally frequent pairs is merged.
public enum TieBreak: String, Sendable, CaseIterable {
  /// The pair first seen, scanning the words in order, left to right: the textbook's rule.
  case first
  /// The pair with the least (left id, right id), ids in the order of the `tokenizers` library: bytes by their stand-in
  /// character, then tokens as they were made.
  case huggingface
  /// The same with bytes by their value.
  case rustbpe
}

/// One merge that was learnt.
struct LearntMerge: Sendable, Equatable {
  var left: Int32
  var right: Int32
  /// The symbol that it makes.
  var symbol: Int32
  /// How often the pair occurred.
  var count: Int64
  /// Whether the symbol is new; the same text can be made in two ways.
  var isNew: Bool
}

/// The state of learning; each `next` is one merge.
struct MergeLearner: Sendable {
  /// What is known of one pair.
  private struct Pair: Sendable {
    var left: Int32
    var right: Int32
    var count: Int64 = 0
    /// The words where it occurs or once occurred, ascending.
    var words: [Int32] = []
    /// Whether it gained occurrences since it was last merged, and so may be a candidate.
    var isPending = false
    /// The last step in which it gained occurrences.
    var gainStep: Int32 = -1
    /// Words before this index of `words` no longer hold it.
    var firstWord: Int32 = 0
  }

  /// A candidate as it was when it was put into the heap; counts may have fallen since.
  private struct Candidate: Comparable, Sendable {
    var count: Int64
    var tie: UInt64
    var pair: Int32

    static func < (a: Candidate, b: Candidate) -> Bool { a.count != b.count ? a.count > b.count : a.tie < b.tie }
  }

  private let rule: TieBreak
  /// How many bytes of a symbol inside a word are only a mark that it is inside (`##`): lost when it joins another.
  private let markLength: Int
  private var words: SymbolWords
  private var texts: ByteInterner
  private var pairs: [Pair] = []
  private var indexOfPair = PairMap<Int32>(capacity: 1 << 12, filler: 0)
  private var heap = BinaryHeap<Candidate>()
  private var step: Int32 = 0
  private var gained: [Int32] = []

  /// - Parameters:
  ///   - symbols: the text of each symbol, all different.
  ///   - markLength: how many bytes every symbol but a word's first begins with that are not its text.
  init(words: SymbolWords, symbols: [[UInt8]], rule: TieBreak, markLength: Int = 0) {
    self.words = words
    self.rule = rule
    self.markLength = markLength
    texts = ByteInterner(capacity: symbols.count * 4)
    for symbol in symbols { texts.intern(symbol) }
    for word in 0..<words.count {
      let symbols = words.range(of: word)
      for place in symbols.dropLast() {
        change(words.symbols[place], words.symbols[place + 1], by: words.counts[word], in: Int32(word))
      }
    }
    offerGained()
  }

  /// The number of symbols so far.
  var symbolCount: Int { texts.count }

  /// The text of a symbol.
  func text(of symbol: Int32) -> ArraySlice<UInt8> { texts[Int(symbol)] }

  /// Merges the most frequent pair, or nil where none is left that occurs at least `minimumCount` times.
  mutating func next(minimumCount: Int64 = 1) -> LearntMerge? {
    while let top = heap.pop() {
      let index = Int(top.pair)
      guard pairs[index].isPending else { continue }
      let now = candidate(index)
      if now != top {
        if now.count > 0 { heap.push(now) }
        continue
      }
      return top.count >= max(minimumCount, 1) ? merge(index) : nil
    }
    return nil
  }

  private mutating func merge(_ index: Int) -> LearntMerge {
    let (left, right, count) = (pairs[index].left, pairs[index].right, pairs[index].count)
    let (symbol, isNew) = texts.intern(Array(text(of: left)) + text(of: right).dropFirst(markLength))
    step += 1
    let places = pairs[index].words
    pairs[index].words = []
    pairs[index].firstWord = 0
    pairs[index].isPending = false
    for word in places { replace(left, right, by: Int32(symbol), in: word) }
    // The `tokenizers` library lets the count of a merged pair stand, and adds to it if the pair comes up again.
    if rule != .huggingface { pairs[index].count = 0 }
    offerGained()
    return LearntMerge(left: left, right: right, symbol: Int32(symbol), count: count, isNew: isNew)
  }

  private mutating func replace(_ left: Int32, _ right: Int32, by symbol: Int32, in word: Int32) {
    let range = words.range(of: Int(word))
    let count = words.counts[Int(word)]
    var read = range.lowerBound
    var write = read
    while read < range.upperBound {
      guard read + 1 < range.upperBound, words.symbols[read] == left, words.symbols[read + 1] == right else {
        words.symbols[write] = words.symbols[read]
        write += 1
        read += 1
        continue
      }
      if write > range.lowerBound {
        change(words.symbols[write - 1], left, by: -count, in: word)
        change(words.symbols[write - 1], symbol, by: count, in: word)
      }
      if read + 2 < range.upperBound {
        change(right, words.symbols[read + 2], by: -count, in: word)
        change(symbol, words.symbols[read + 2], by: count, in: word)
      }
      words.symbols[write] = symbol
      write += 1
      read += 2
    }
    words.shorten(Int(word), to: write - range.lowerBound)
  }

  private mutating func change(_ left: Int32, _ right: Int32, by delta: Int64, in word: Int32) {
    let index = Int(indexOfPair.value(left, right, orInsert: Int32(pairs.count)))
    if index == pairs.count { pairs.append(Pair(left: left, right: right)) }
    pairs[index].count += delta
    guard delta > 0 else { return }
    if pairs[index].words.last != word { pairs[index].words.append(word) }
    if pairs[index].gainStep != step {
      pairs[index].gainStep = step
      gained.append(Int32(index))
    }
  }

  /// Puts the pairs that gained occurrences into the heap.
  private mutating func offerGained() {
    for pair in gained where pairs[Int(pair)].count > 0 {
      let index = Int(pair)
      if pairs[index].isPending {
        // Old and new places are each ascending; together they need not be.
        pairs[index].words.sort()
        pairs[index].firstWord = 0
      }
      pairs[index].isPending = true
      heap.push(candidate(index))
    }
    gained.removeAll(keepingCapacity: true)
  }

  private mutating func candidate(_ index: Int) -> Candidate {
    let pair = pairs[index]
    let tie =
      rule == .first
      ? firstOccurrence(index) : UInt64(UInt32(bitPattern: pair.left)) << 32 | UInt64(UInt32(bitPattern: pair.right))
    return Candidate(count: pair.count, tie: tie, pair: Int32(index))
  }

  /// (word << 32 | offset in bytes) of the pair's first occurrence. Offsets in bytes do not move when symbols merge, so
  /// this number only grows while a pair loses occurrences, and a stale candidate is never too late in the heap.
  private mutating func firstOccurrence(_ index: Int) -> UInt64 {
    let (left, right) = (pairs[index].left, pairs[index].right)
    while Int(pairs[index].firstWord) < pairs[index].words.count {
      let word = pairs[index].words[Int(pairs[index].firstWord)]
      var offset = 0
      let symbols = words.range(of: Int(word))
      for place in symbols.dropLast() {
        if words.symbols[place] == left && words.symbols[place + 1] == right {
          return UInt64(word) << 32 | UInt64(offset)
        }
        offset += texts.length(of: Int(words.symbols[place])) - (place > symbols.lowerBound ? markLength : 0)
      }
      pairs[index].firstWord += 1
    }
    return .max
  }
}

/// Words as symbols in one array, each with its count.
struct SymbolWords: Sendable {
  fileprivate(set) var symbols: [Int32] = []
  fileprivate(set) var counts: [Int64] = []
  private var starts: [Int] = []
  private var lengths: [Int] = []

  var count: Int { counts.count }

  mutating func append(_ word: some Sequence<Int32>, count: Int64) {
    starts.append(symbols.count)
    symbols.append(contentsOf: word)
    lengths.append(symbols.count - (starts.last ?? 0))
    counts.append(count)
  }

  func range(of word: Int) -> Range<Int> { starts[word]..<starts[word] + lengths[word] }

  fileprivate mutating func shorten(_ word: Int, to length: Int) { lengths[word] = length }
}

// Applies merges to one word: always the merge of the lowest rank, the leftmost of these first (Sennrich et al. 2016).
// Short words are searched through for the lowest rank; long ones keep the candidates in a heap, O(n log n), so that a
// word of a million letters takes a moment and not a day.

/// Scratch for merging; reused from word to word, owned by one thread.
struct BytePairMerger {
  /// The word's symbols; replaced by the merged ones.
  var symbols: [Int32] = []
  /// Where each symbol stood before anything was merged, where that is asked for.
  var places = TokenPlaces()
  private var ranks: [UInt32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// The merges of a long word, or of any word where merges are left out by chance.
  var queue = MergeQueue()

  private static let none = UInt32.max
  /// Up to this many symbols the search is faster than the heap.
  private static let shortWord = 48

  /// Merges `symbols` until no merge of `table` applies.
  mutating func merge(with table: PairMap<Merge>) {
    if symbols.count < 2 { return }
    if symbols.count <= Self.shortWord && queue.draws == nil { mergeShort(table) } else { mergeLong(table) }
  }

  private mutating func mergeShort(_ table: PairMap<Merge>) {
    ranks.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count {
      ranks.append(table[symbols[index - 1], symbols[index]]?.rank ?? Self.none)
    }
    while let best = lowestRank() {
      guard let merge = table[symbols[best], symbols[best + 1]] else { return }
      symbols[best] = merge.id
      symbols.remove(at: best + 1)
      ranks.remove(at: best)
      if best < ranks.count { ranks[best] = table[merge.id, symbols[best + 1]]?.rank ?? Self.none }
      if best > 0 { ranks[best - 1] = table[symbols[best - 1], merge.id]?.rank ?? Self.none }
    }
  }

  private func lowestRank() -> Int? {
    var best: Int?
    var lowest = Self.none
    for index in ranks.indices where ranks[index] < lowest {
      lowest = ranks[index]
      best = index
    }
    return best
  }

  /// Symbols form a list linked both ways by index; a merged right neighbour leaves it.
  private mutating func mergeLong(_ table: PairMap<Merge>) {
    link()
    for index in 0..<symbols.count - 1 { offer(index, table) }
    while let index = queue.pop(ranks) {
      let right = Int(next[index])
      guard let merge = table[symbols[index], symbols[right]] else { continue }
      symbols[index] = merge.id
      symbols[right] = -1
      ranks[right] = Self.none
      next[index] = next[right]
      if Int(next[index]) < symbols.count { previous[Int(next[index])] = Int32(index) }
      offer(index, table)
      if index > 0 { offer(Int(previous[index]), table) }
    }
    symbols.removeAll { $0 < 0 }
  }

  private mutating func link() {
    let count = symbols.count
    queue.removeAll()
    ranks = [UInt32](repeating: Self.none, count: count)
    previous = (0..<count).map { Int32($0) - 1 }
    next = (0..<count).map { Int32($0) + 1 }
  }

  private mutating func offer(_ index: Int, _ table: PairMap<Merge>) {
    let right = Int(next[index])
    guard right < symbols.count, let merge = table[symbols[index], symbols[right]] else {
      ranks[index] = Self.none
      return
    }
    ranks[index] = merge.rank
    queue.push(merge.rank, index)
  }
}

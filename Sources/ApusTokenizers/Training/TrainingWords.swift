// The words of a corpus, as every trainer collects them: counted in a table and, where there is a budget that the table
// outgrows, written to temporary files as sorted runs, which are merged in the end. What comes out depends neither on
// the number of threads nor on where the table was emptied. It knows no model.

import ApusCore

/// The words of the texts so far.
struct TrainingWords: Sendable {
  let counter: WordCounter
  let memory: TrainingMemory?
  private let pool: ThreadPool
  private var counts = WordCounts()
  private var runs = WordRuns()
  /// How many words the runs hold: the place of the table's first word in the order of appearance.
  private var written = 0

  init(counter: WordCounter, memory: TrainingMemory? = nil, pool: ThreadPool) {
    var counter = counter
    if let memory { counter.partSize = memory.partSize(threads: pool.threads) }
    self.counter = counter
    self.memory = memory
    self.pool = pool
  }

  /// The table as it is now; what was written to runs is not in it.
  var table: WordCounts { counts }

  /// Whether words were written to temporary files.
  var hasSpilled: Bool { !runs.isEmpty }

  /// Counts the words of one text; words do not reach from one text into the next. `progress` may throw to stop.
  /// - Throws: what `progress` does, and `inputOutput` where temporary files cannot be written.
  mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, progress: (TokenizerProgress) throws(ApusError) -> Void
  ) throws(ApusError) {
    try counter.count(text, pool: pool) { (parts, bytes) throws(ApusError) in
      for part in parts { try add(part) }
      try progress(.counting(bytes: bytes, of: text.count))
    }
  }

  /// Counts the words of one text in memory, whatever the budget.
  mutating func add(_ text: [UInt8]) {
    text.withUnsafeBufferPointer { text in
      counter.count(text, pool: pool) { (parts, _) throws(Never) in for part in parts { counts.add(part) } }
    }
  }

  /// Counts `count` more of a word.
  mutating func add(word: [UInt8], count: Int64) throws(ApusError) {
    counts.add(word, count: count)
    try spillIfNeeded()
  }

  private mutating func add(_ part: WordCounts) throws(ApusError) {
    counts.add(part)
    try spillIfNeeded()
  }

  private mutating func spillIfNeeded() throws(ApusError) {
    guard let memory, counts.byteSize > memory.table else { return }
    try runs.add(counts, first: written)
    written += counts.count
    counts = WordCounts()
  }

  /// All words, or as many of the most frequent as the budget allows, in order of first appearance.
  /// - Throws: `badData` where there are none; `usage` where the budget is too small for any.
  func collected() throws(ApusError) -> (counts: WordCounts, leftOut: LeftOutWords) {
    guard counts.count > 0 || hasSpilled else {
      throw ApusError(.badData, "there is no text to learn from", remedy: "give more text")
    }
    guard let memory else { return (counts, LeftOutWords()) }
    var runs = runs
    if hasSpilled { try runs.add(counts, first: written) }
    var costs = CostByCount()
    try forEachWord(runs) { word, count, _ in costs.add(count: count, length: word.count) }
    guard let (least, leftOut) = costs.leastCount(fitting: memory.learning) else {
      throw ApusError(
        .usage, "\(memory.bytes) bytes of memory are too little for the most frequent words of this text",
        remedy: "give more with --memory")
    }
    if leftOut.words == 0 && !hasSpilled { return (counts, leftOut) }
    return (try words(of: runs, least), leftOut)
  }

  private func forEachWord(
    _ runs: WordRuns, _ body: (_ word: [UInt8], _ count: Int64, _ first: Int) -> Void
  ) throws(ApusError) {
    if !runs.isEmpty { return try runs.merge(body) }
    for index in 0..<counts.count { body(Array(counts.word(index)), counts.counts[index], index) }
  }

  /// The words that occur at least so often, in order of first appearance.
  private func words(of runs: WordRuns, _ least: Int64) throws(ApusError) -> WordCounts {
    var found = WordCounts()
    var firsts: [Int] = []
    try forEachWord(runs) { word, count, first in
      guard count >= least else { return }
      found.add(word, count: count)
      firsts.append(first)
    }
    var ordered = WordCounts()
    for index in firsts.indices.sorted(by: { firsts[$0] < firsts[$1] }) {
      found.word(index).withUnsafeBufferPointer { ordered.add($0, count: found.counts[index]) }
    }
    return ordered
  }
}

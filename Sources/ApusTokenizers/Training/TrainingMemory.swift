// How much memory a trainer may take, and what fits into it. Of what the program and the vocabulary leave, the table of
// words being counted may take a quarter; what is left of the words must be learnt from in three quarters. Which words
// are left depends on their counts alone.

/// A budget for training.
public struct TrainingMemory: Sendable, Equatable {
  /// What the whole process may take, in bytes.
  public let bytes: Int

  /// The least budget that makes sense: the program itself, the vocabulary, and the more frequent words.
  public static func least(vocabularySize: Int = 0) -> Int { max(64 << 20, taken(vocabularySize) + 16 << 20) }

  /// - Parameters:
  ///   - bytes: what the whole process may take; less than ``least(vocabularySize:)`` is taken for it.
  ///   - vocabularySize: how many tokens are wanted; those that no vocabulary can have do not count.
  public init(bytes: Int, vocabularySize: Int = 0) {
    self.bytes = max(bytes, Self.least(vocabularySize: vocabularySize))
    let words = self.bytes - Self.taken(vocabularySize)
    table = words / 4
    learning = words / 4 * 3
  }

  /// What the program takes besides words, and a vocabulary until it is written.
  private static func taken(_ vocabularySize: Int) -> Int {
    38 << 20 + 400 * min(max(0, vocabularySize), Vocabulary.idLimit)
  }

  /// How large the table of words may grow while text is counted.
  var table: Int
  /// What learning from the words may take.
  var learning: Int
  /// Bytes of text that one thread counts at a time.
  func partSize(threads: Int) -> Int { min(1 << 20, max(1 << 16, table / (64 * threads))) }

  /// What learning takes for one word: its symbols, where each pair of them occurs, and its place in the tables.
  static func cost(ofWordOf length: Int) -> Int { 96 + 32 * length }
}

/// Words that were left out because learning from them would have passed the budget: the rarest.
public struct LeftOutWords: Sendable, Equatable {
  /// Distinct words left out.
  public var words = 0
  /// How often they occurred.
  public var occurrences: Int64 = 0
  /// All words with fewer occurrences than this were left out.
  public var below: Int64 = 0
}

/// What learning from words would take, by how often they occur.
struct CostByCount {
  private var costs: [Int64: (cost: Int, words: Int)] = [:]

  mutating func add(count: Int64, length: Int) {
    costs[count, default: (0, 0)].cost += TrainingMemory.cost(ofWordOf: length)
    costs[count, default: (0, 0)].words += 1
  }

  /// The least count such that all words that occur as often or more fit into `budget`, and what is left out; nil where
  /// not even the most frequent fit.
  func leastCount(fitting budget: Int) -> (count: Int64, leftOut: LeftOutWords)? {
    var used = 0
    var least: Int64?
    var leftOut = LeftOutWords()
    for (count, entry) in costs.sorted(by: { $0.key > $1.key }) {
      if leftOut.words == 0 && used + entry.cost <= budget {
        used += entry.cost
        least = count
      } else {
        leftOut.words += entry.words
        leftOut.occurrences = leftOut.occurrences.addingSaturating(count.multipliedSaturating(by: Int64(entry.words)))
      }
    }
    guard let least else { return nil }
    leftOut.below = leftOut.words > 0 ? least : 0
    return (least, leftOut)
  }
}

extension Int64 {
  /// The sum, or the greatest number where it is beyond.
  func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product, or the greatest number where it is beyond.
  func multipliedSaturating(by other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}

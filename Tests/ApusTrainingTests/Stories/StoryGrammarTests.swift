import ApusCore
import Foundation
import Testing

@testable import ApusTraining

/// Goes through all derivations one after another, like an odometer.
private struct Odometer: StoryChooser {
  var digits: [Int]
  var sizes: [Int] = []
  var position = 0
  var probability = 1.0
  var text: [UInt8] = []

  mutating func choose(
    _ options: [(index: Int, weight: UInt64)], isWord: Bool, head: (Int) -> [UInt8]
  ) throws(StoryMismatch) -> Int {
    guard !options.isEmpty else { throw StoryMismatch(offset: text.count, fits: 0) }
    if position == digits.count { digits.append(0) }
    sizes.append(options.count)
    let taken = options[digits[position]]
    position += 1
    probability *= Double(taken.weight) / Double(options.reduce(0) { $0 + $1.weight })
    return taken.index
  }

  mutating func say(_ stretch: [UInt8]) { text += stretch }

  /// The digits of the next derivation, or nil after the last.
  var next: [Int]? {
    guard let last = sizes.indices.last(where: { digits[$0] + 1 < sizes[$0] }) else { return nil }
    return digits[..<last] + [digits[last] + 1]
  }
}

/// All texts of a grammar with their probabilities.
private func language(_ grammar: StoryGrammar, most: Int = 200_000) throws -> [(text: [UInt8], probability: Double)] {
  var all: [(text: [UInt8], probability: Double)] = []
  var digits: [Int]? = []
  while let now = digits, all.count <= most {
    var walk = StoryWalk(grammar, Odometer(digits: now))
    try walk.run()
    all.append((walk.chooser.text, walk.chooser.probability))
    digits = walk.chooser.next
  }
  return all
}

@Suite struct StoryGrammarTests {
  private static func list(_ text: String, _ window: Int = 2) -> StoryWords.List { .init(text, window: window) }

  /// A grammar with everything in it: words that depend on words, articles, second words, pronouns, words said again.
  private static let small = StoryGrammar(
    lists: [
      "kind": list("cat, girl, owl"), "name": list("Ada, Tom, Mia, Bo"), "look": list("old, red, new"),
      "object": list("pen, pencil, hat"),
    ],
    givens: ["name": "kind", "object": "look"],
    rules: [
      "story": ["<start> {name} has {+a look} {+object}. <end>"],
      "start": ["Here is {+a kind}, {+name}.", "There is {+a kind}, {+name}."],
      "end": [
        "{He} likes it.", "{name} shows {a look} {object} to {+name2}.", "So does {+name2}, {+a look2} {+kind2}.",
      ],
    ])

  @Test func probabilitiesOfAllTextsSumToOne() throws {
    #expect(Self.small.flaws().isEmpty)
    let all = try language(Self.small)
    let sum = all.reduce(0) { $0 + $1.probability }
    print("small grammar: \(all.count) texts, probabilities sum to \(sum)")
    #expect(all.count > 1000 && abs(sum - 1) < 1e-12)
    #expect(Set(all.map(\.text)).count == all.count)
  }

  @Test func noTextIsTheBeginningOfAnother() throws {
    let texts = try language(Self.small).map(\.text).sorted { $0.lexicographicallyPrecedes($1) }
    #expect(zip(texts, texts.dropFirst()).allSatisfy { !$1.starts(with: $0) })
  }

  @Test func everyTextIsReadBackWithItsProbability() throws {
    for (text, probability) in try language(Self.small) {
      var walk = StoryWalk(Self.small, StoryTrail(text))
      try walk.run()
      #expect(walk.chooser.isAtEnd && abs(walk.chooser.bits + log2(probability)) < 1e-9)
    }
  }

  @Test func frequenciesAgreeWithProbabilities() throws {
    let expected = Dictionary(uniqueKeysWithValues: try language(Self.small).map { ($0.text, $0.probability) })
    let draws = 15_000
    var counts: [[UInt8]: Int] = [:]
    let random = Philox(seed: 7)
    for index in 0..<draws {
      var walk = StoryWalk(Self.small, StoryDice(random.stream(UInt64(index))))
      try walk.run()
      counts[walk.chooser.text, default: 0] += 1
      #expect(abs(walk.chooser.bits + log2(expected[walk.chooser.text] ?? 0)) < 1e-9)
    }
    // Pearson's statistic over the texts expected at least 5 times; mean = degrees of freedom, deviation = √(2 × them).
    let frequent = expected.filter { $0.value * Double(draws) >= 5 }
    let statistic = frequent.reduce(0.0) { sum, entry in
      let mean = entry.value * Double(draws)
      return sum + pow(Double(counts[entry.key] ?? 0) - mean, 2) / mean
    }
    let freedom = Double(frequent.count)
    print("frequencies: χ² \(statistic) over \(frequent.count) texts")
    #expect(frequent.count > 200 && abs(statistic - freedom) < 5 * (2 * freedom).squareRoot())
  }

  @Test func theWholeGrammarCutShortSumsToOne() throws {
    // Each list cut to its first words and each rule to its first alternative: the first plot, whole.
    let cut = StoryGrammar(
      words: { $0 == "name" ? 4 : ["spot", "kind", "trait"].contains($0) ? 3 : 1 }, alternatives: 1)
    let all = try language(cut)
    let sum = all.reduce(0) { $0 + $1.probability }
    print("first plot cut short: \(all.count) stories, probabilities sum to \(sum)")
    #expect(all.count > 1000 && abs(sum - 1) < 1e-9 && Set(all.map(\.text)).count == all.count)
  }

  @Test(arguments: [
    // Two alternatives with a common head; a word that begins another; a letter after a word; a word not chosen yet.
    (["story": ["A {+look} cat.", "A {+look} dog."]], "red, blue"), (["story": ["A {+look} cat."]], "red, red hot"),
    (["story": ["A {+look}ish cat."]], "red, blue"), (["story": ["A {look} cat."]], "red, blue"),
    (["story": ["{+look}. <x>"], "x": ["{look}, they say.", "red, they say."]], "red, blue"),
  ])
  func ambiguousGrammarsAreFound(rules: [String: [String]], words: String) {
    #expect(!StoryGrammar(lists: ["look": Self.list(words)], givens: [:], rules: rules).flaws().isEmpty)
  }

  @Test func readingNamesThePlaceThatDoesNotFit() throws {
    var walk = StoryWalk(Self.small, StoryTrail(Array("Here is a dog, Ada.".utf8)))
    #expect(throws: StoryMismatch(offset: 8, fits: 0)) { try walk.run() }
  }
}

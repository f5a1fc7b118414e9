// A probabilistic grammar with memory: rules with weights, words that depend on earlier words, and words said again
// later. It knows nothing of what the stories say. The notation is described in StoryPlots.swift.
//
// It is unambiguous by construction, which `flaws()` proves for a given grammar: wherever there is a choice, the
// alternatives differ in text before anything else is chosen, so the text read from left to right allows one derivation
// only. The probability of a text is then exactly the product of the probabilities of its choices, and since no text is
// the beginning of another, the end costs nothing more.

/// A compiled grammar.
struct StoryGrammar: Sendable {
  /// A place that holds a chosen word for the rest of the story.
  struct Slot: Sendable {
    var name: String
    var list: Int
    /// The slots whose word the distribution depends on, in order of preference; the first one bound counts.
    var givens: [Int]
    /// A name and the kind of its bearer must agree in gender: the other of the two slots.
    var agreement: (other: Int, isName: Bool)?
  }

  /// A part of a rule's alternative.
  enum Piece: Sendable {
    case text([UInt8])
    /// A word is chosen and said, with an article or without.
    case choose(slot: Int, article: Bool)
    /// The chosen word is said again.
    case recall(slot: Int, article: Bool)
    /// A pronoun of the person named in the slot.
    case pronoun(slot: Int, she: [UInt8], he: [UInt8])
    /// One of a rule's alternatives.
    case expand(rule: Int)
  }

  /// A word list with its distributions.
  struct WordList: Sendable {
    var name: String
    var words: [[UInt8]]
    /// The weight of each rank.
    var weights: [UInt64]
    /// For each word of the list it depends on (and, last, for none): the word at each rank.
    var orders: [[UInt16]]
  }

  /// A named rule: alternatives with weights.
  struct Rule: Sendable {
    var name: String
    var alternatives: [[Piece]]
    var weights: [UInt64]
  }

  private(set) var slots: [Slot] = []
  private(set) var lists: [WordList] = []
  private(set) var rules: [Rule] = []
  /// The rule that everything starts from.
  private(set) var start = 0
  /// For each slot, the slots filled from the same list, itself included.
  private(set) var siblings: [[Int]] = []
  /// For each word of the list `kind`, whether it says female or male, or leaves it open.
  private(set) var isFemaleKind: [Bool?] = []

  /// The list of names alternates: female, male.
  static func isFemaleName(_ word: Int) -> Bool { word % 2 == 0 }

  /// The number of alternatives over all rules and, for words, over all contexts: each has a probability of its own.
  var ruleCount: Int {
    rules.reduce(0) { $0 + $1.alternatives.count } + lists.reduce(0) { $0 + $1.words.count * $1.orders.count }
  }

  /// Compiles word lists and rules; `words` and `alternatives` cut each list and each rule to its first entries (for
  /// exhaustive tests).
  init(
    lists source: [String: StoryWords.List] = StoryWords.lists, givens: [String: String] = StoryPlots.givens,
    rules text: [String: [String]] = StoryPlots.rules, start: String = "story",
    words limit: (String) -> Int = { _ in .max }, alternatives most: Int = .max
  ) {
    let names = source.keys.sorted()
    func size(_ name: String) -> Int { min(source[name]?.words.count ?? 0, limit(name)) }
    lists = names.compactMap { name in
      source[name].map { WordList($0, name: name, size: size(name), contexts: givens[name].map(size) ?? 0) }
    }
    let ruleNames = text.keys.sorted()
    var compiler = StoryNotation(lists: names, rules: ruleNames, givens: givens)
    for name in ruleNames {
      let alternatives = (text[name] ?? []).prefix(most).map { compiler.pieces(of: $0) }
      rules.append(Rule(name: name, alternatives: alternatives, weights: Zipf.weights(alternatives.count, 0.7, 1)))
    }
    slots = compiler.slots
    self.start = ruleNames.firstIndex(of: start) ?? 0
    siblings = slots.map { slot in slots.indices.filter { slots[$0].list == slot.list } }
    connectGenders()
  }

  private mutating func connectGenders() {
    for index in slots.indices {
      for (one, other) in [("name", "kind"), ("kind", "name")] where slots[index].name.hasPrefix(one) {
        let partner = other + slots[index].name.dropFirst(4)
        guard let match = slots.firstIndex(where: { $0.name == partner }) else { continue }
        slots[index].agreement = (match, one == "name")
      }
    }
    isFemaleKind =
      lists.first { $0.name == "kind" }?.words.map { word in
        let word = String(decoding: word, as: UTF8.self)
        return word == "girl" ? true : word == "boy" ? false : nil
      } ?? []
  }

  /// An upper bound of a story's length in bytes: the longest alternatives with the longest words.
  var longest: Int { longest(of: start) }

  private func longest(of rule: Int) -> Int {
    rules[rule].alternatives.map { pieces in
      pieces.reduce(0) { total, piece in
        switch piece {
        case .text(let bytes): total + bytes.count
        case .choose(let slot, let article), .recall(let slot, let article):
          total + (lists[slots[slot].list].words.map(\.count).max() ?? 0) + (article ? 3 : 0)
        case .pronoun(_, let she, let he): total + max(she.count, he.count)
        case .expand(let rule): total + longest(of: rule)
        }
      }
    }.max() ?? 0
  }
}

extension StoryGrammar.WordList {
  init(_ list: StoryWords.List, name: String, size: Int, contexts: Int) {
    self.name = name
    words = list.words.prefix(size).map { Array($0.utf8) }
    weights = Zipf.weights(size, list.exponent, list.offset)
    let seed = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    orders = (0..<contexts).map { Zipf.order(size, window: list.window, seed: seed &+ UInt64($0)) }
    orders.append((0..<size).map { UInt16($0) })
  }
}

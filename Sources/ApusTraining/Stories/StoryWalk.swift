// Walking through a grammar once: whoever chooses (chance, a text, a test) is asked at each choice, and is told what is
// said. Writing a story and reading it back are the same walk, so they cannot disagree.

/// Decides a walk: one implementation draws by chance, one follows a text, one goes through all possibilities.
protocol StoryChooser {
  /// Chooses among `options`, given as pairs of an index and its weight, in falling order of frequency.
  ///
  /// `head` is the text that follows immediately if an index is taken; `isWord` says that no letter comes after it.
  mutating func choose(
    _ options: [(index: Int, weight: UInt64)], isWord: Bool, head: (Int) -> [UInt8]
  ) throws(StoryMismatch) -> Int

  /// Is told each stretch of text, in order.
  mutating func say(_ text: [UInt8]) throws(StoryMismatch)
}

/// A text that the grammar does not give, or gives in two ways.
struct StoryMismatch: Error, Equatable {
  /// Where in the text.
  var offset: Int
  /// How many of the alternatives fit there: 0 or more than one.
  var fits: Int
}

/// One walk through a grammar.
struct StoryWalk<Chooser: StoryChooser> {
  private var memory: StoryMemory
  private(set) var chooser: Chooser

  init(_ grammar: StoryGrammar, _ chooser: Chooser) {
    memory = StoryMemory(grammar)
    self.chooser = chooser
  }

  /// Walks from the start to the end.
  mutating func run() throws(StoryMismatch) { try expand(memory.grammar.start) }

  private mutating func expand(_ index: Int) throws(StoryMismatch) {
    let rule = memory.grammar.rules[index]
    var taken = 0
    if rule.alternatives.count > 1 {
      let options = rule.weights.indices.map { (index: $0, weight: rule.weights[$0]) }
      let memory = memory
      taken = try chooser.choose(options, isWord: false) { memory.head(of: rule.alternatives[$0]) }
    }
    for piece in rule.alternatives[taken] {
      switch piece {
      case .choose(let slot, let article): try choose(slot, article)
      case .expand(let rule): try expand(rule)
      case .text, .recall, .pronoun: try chooser.say(memory.fixed(piece))
      }
    }
  }

  private mutating func choose(_ slot: Int, _ article: Bool) throws(StoryMismatch) {
    let words = memory.grammar.lists[memory.grammar.slots[slot].list].words
    let word = try chooser.choose(memory.options(for: slot), isWord: true) { StoryMemory.said(words[$0], article) }
    memory.bind(slot, to: word)
    try chooser.say(StoryMemory.said(words[word], article))
  }
}

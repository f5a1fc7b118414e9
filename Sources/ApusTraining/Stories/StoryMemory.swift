// What a walk remembers: the word chosen for each slot, and what follows from it for what may be said next.

/// The words chosen so far.
struct StoryMemory {
  let grammar: StoryGrammar
  /// The word chosen for each slot; −1 before.
  private var bound: [Int]

  init(_ grammar: StoryGrammar) {
    self.grammar = grammar
    bound = [Int](repeating: -1, count: grammar.slots.count)
  }

  mutating func bind(_ slot: Int, to word: Int) { bound[slot] = word }

  /// The words that may be chosen for a slot with their weights: none twice from one list, and none that contradicts
  /// what is known.
  func options(for slot: Int) -> [(index: Int, weight: UInt64)] {
    let list = grammar.lists[grammar.slots[slot].list]
    let order = list.orders[context(of: slot, contexts: list.orders.count - 1)]
    let taken = grammar.siblings[slot].map { bound[$0] }.filter { $0 >= 0 }
    var options: [(index: Int, weight: UInt64)] = []
    options.reserveCapacity(order.count)
    for (rank, word) in order.enumerated() where !taken.contains(Int(word)) && agrees(Int(word), slot) {
      options.append((Int(word), list.weights[rank]))
    }
    return options
  }

  /// Which of the list's orders is in force.
  private func context(of slot: Int, contexts: Int) -> Int {
    let given = grammar.slots[slot].givens.first { bound[$0] >= 0 }
    return given.map { min(bound[$0], contexts) } ?? contexts
  }

  /// A girl has a girl's name, a boy a boy's; animals have either.
  private func agrees(_ word: Int, _ slot: Int) -> Bool {
    guard let agreement = grammar.slots[slot].agreement, bound[agreement.other] >= 0 else { return true }
    let (name, kind) = agreement.isName ? (word, bound[agreement.other]) : (bound[agreement.other], word)
    return grammar.isFemaleKind[kind].map { $0 == StoryGrammar.isFemaleName(name) } ?? true
  }

  /// The text of a piece that leaves nothing to choose.
  func fixed(_ piece: StoryGrammar.Piece) -> [UInt8] {
    switch piece {
    case .text(let bytes): bytes
    case .recall(let slot, let article): Self.said(grammar.lists[grammar.slots[slot].list].words[bound[slot]], article)
    case .pronoun(let slot, let she, let he): StoryGrammar.isFemaleName(bound[slot]) ? she : he
    case .choose, .expand: []
    }
  }

  /// What an alternative says before its first choice.
  func head(of alternative: [StoryGrammar.Piece]) -> [UInt8] {
    var text: [UInt8] = []
    for piece in alternative {
      switch piece {
      case .choose, .expand: return text
      case .text, .recall, .pronoun: text += fixed(piece)
      }
    }
    return text
  }

  static func said(_ word: [UInt8], _ article: Bool) -> [UInt8] {
    guard article else { return word }
    return Array((word.first.map { "aeiou".utf8.contains($0) } == true ? "an " : "a ").utf8) + word
  }
}

// Reads the notation of the rules (described in StoryPlots.swift) into pieces and slots.
// The rules are part of the program, so a mistake in them is a bug of ours: it stops the tests, not a user.

/// A reader of rules that gathers the slots they mention.
struct StoryNotation {
  private let lists: [String]
  private let rules: [String]
  private let givens: [String: String]
  private(set) var slots: [StoryGrammar.Slot] = []

  init(lists: [String], rules: [String], givens: [String: String]) {
    (self.lists, self.rules, self.givens) = (lists, rules, givens)
  }

  private static let pronouns: [String: (she: String, he: String)] = [
    "he": ("she", "he"), "He": ("She", "He"), "him": ("her", "him"), "his": ("her", "his"), "His": ("Her", "His"),
    "himself": ("herself", "himself"),
  ]

  /// The pieces of one alternative.
  mutating func pieces(of alternative: String) -> [StoryGrammar.Piece] {
    var pieces: [StoryGrammar.Piece] = []
    var rest = Substring(alternative)
    while let opening = rest.firstIndex(where: { $0 == "{" || $0 == "<" }) {
      if opening > rest.startIndex { pieces.append(.text(Array(rest[..<opening].utf8))) }
      let isSlot = rest[opening] == "{"
      guard let closing = rest[opening...].firstIndex(of: isSlot ? "}" : ">") else {
        preconditionFailure("no end of \(rest[opening...])")
      }
      let inner = String(rest[rest.index(after: opening)..<closing])
      pieces.append(isSlot ? slotPiece(inner) : .expand(rule: rule(named: inner)))
      rest = rest[rest.index(after: closing)...]
    }
    if !rest.isEmpty { pieces.append(.text(Array(rest.utf8))) }
    return pieces
  }

  private func rule(named name: String) -> Int {
    guard let index = rules.firstIndex(of: name) else { preconditionFailure("no rule \(name)") }
    return index
  }

  private mutating func slotPiece(_ inner: String) -> StoryGrammar.Piece {
    var name = Substring(inner)
    let isChoice = name.hasPrefix("+")
    if isChoice { name = name.dropFirst() }
    let article = name.hasPrefix("a ")
    if article { name = name.dropFirst(2) }
    let (base, digit) = Self.split(String(name))
    if !isChoice, let pronoun = Self.pronouns[base] {
      return .pronoun(slot: slot("name" + digit), she: Array(pronoun.she.utf8), he: Array(pronoun.he.utf8))
    }
    let slot = slot(String(name))
    return isChoice ? .choose(slot: slot, article: article) : .recall(slot: slot, article: article)
  }

  /// The slot of this name, made at its first mention along with those it depends on.
  private mutating func slot(_ name: String) -> Int {
    if let index = slots.firstIndex(where: { $0.name == name }) { return index }
    let (base, digit) = Self.split(name)
    guard let list = lists.firstIndex(of: base) else { preconditionFailure("no list \(base)") }
    var givenSlots: [Int] = []
    if let given = givens[base] {
      givenSlots = digit.isEmpty ? [slot(given)] : [slot(given + digit), slot(given)]
    }
    slots.append(StoryGrammar.Slot(name: name, list: list, givens: givenSlots))
    return slots.count - 1
  }

  private static func split(_ name: String) -> (base: String, digit: String) {
    guard let last = name.last, last.isNumber else { return (name, "") }
    return (String(name.dropLast()), String(last))
  }
}

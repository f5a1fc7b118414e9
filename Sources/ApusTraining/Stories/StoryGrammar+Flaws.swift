// The proof that a grammar is unambiguous and complete, by going through all its choices; run by the tests.
//
// 1. Words of a list are told apart where they stand: the rules put no letter after a word, and where one word begins
//    another, the longer one goes on with a letter. 2. Alternatives of a rule are told apart by their heads, the text
//    before their first choice, whatever the words chosen earlier were. 3. What is said again was said before. From 1
//    and 2, by induction over the choices from left to right, a text has one derivation, and no text is the beginning
//    of another (there, the derivations would differ in some choice, hence the texts).

extension StoryGrammar {
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

  /// Everything that would make the grammar ambiguous or incomplete; empty for a sound one.
  func flaws() -> [String] {
    var flaws = lists.flatMap { flawsOfWords($0) }
    for rule in rules {
      for (index, one) in rule.alternatives.enumerated() {
        flaws += flawsOfSpacing(one, in: rule.name)
        for other in rule.alternatives[(index + 1)...] where !areToldApart(one, other) {
          flaws.append("rule \(rule.name): two alternatives may begin alike: \(sketch(one)) | \(sketch(other))")
        }
      }
    }
    _ = flawsOfMemory(rules[start].alternatives, bound: [], path: rules[start].name, &flaws)
    return flaws
  }

  private func flawsOfWords(_ list: WordList) -> [String] {
    let sorted = list.words.sorted { $0.lexicographicallyPrecedes($1) }
    return sorted.indices.dropFirst().compactMap { index in
      // In sorted order, the words that a word begins follow it without a gap.
      let (before, word) = (sorted[index - 1], sorted[index])
      guard word.starts(with: before) else { return nil }
      let isSound = word.count > before.count && Self.isLetter(word[before.count])
      return isSound ? nil : "list \(list.name): '\(String(decoding: word, as: UTF8.self))' is not told apart"
    }
  }

  /// No letter may follow a word.
  private func flawsOfSpacing(_ pieces: [Piece], in rule: String) -> [String] {
    pieces.indices.dropLast().compactMap { index in
      switch pieces[index] {
      case .choose, .recall:
        if case .text(let text) = pieces[index + 1], let first = text.first, !Self.isLetter(first) { return nil }
        return "rule \(rule): a word is not followed by a space or a mark"
      default: return nil
      }
    }
  }

  // MARK: Heads

  /// Whether two alternatives differ before their first choices, for every word that they say again.
  private func areToldApart(_ one: [Piece], _ other: [Piece]) -> Bool {
    var (left, right) = (fixedPieces(one)[...], fixedPieces(other)[...])
    // Equal beginnings say equal things, whatever that is.
    while let a = left.first, let b = right.first, Self.sayTheSame(a, b) {
      left = left.dropFirst()
      right = right.dropFirst()
    }
    // Two different people have different names, told apart as words of a list are.
    if case .recall(let a, _)? = left.first, case .recall(let b, _)? = right.first, a != b,
      slots[a].list == slots[b].list
    {
      return true
    }
    let (heads, others) = (possibleHeads(Array(left)), possibleHeads(Array(right)))
    return heads.allSatisfy { head in
      others.allSatisfy { zip(head, $0).contains { $0 != $1 } }
    }
  }

  private func fixedPieces(_ alternative: [Piece]) -> [Piece] {
    Array(
      alternative.prefix { piece in
        switch piece {
        case .choose, .expand: false
        case .text, .recall, .pronoun: true
        }
      })
  }

  private static func sayTheSame(_ a: Piece, _ b: Piece) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): x == y
    case (.recall(let x, let p), .recall(let y, let q)): x == y && p == q
    case (.pronoun(let x, let p, _), .pronoun(let y, let q, _)): x == y && p == q
    default: false
    }
  }

  /// All that the pieces can say, cut after the first word said again and the text that follows it.
  private func possibleHeads(_ pieces: [Piece]) -> [[UInt8]] {
    guard let first = pieces.first else { return [[]] }
    let rest: [[UInt8]] =
      if case .text = first { possibleHeads(Array(pieces.dropFirst())) } else { [textAfter(pieces)] }
    let beginnings: [[UInt8]] =
      switch first {
      case .text(let bytes): [bytes]
      case .recall(let slot, let article): lists[slots[slot].list].words.map { StoryMemory.said($0, article) }
      case .pronoun(_, let she, let he): [she, he]
      case .choose, .expand: [[]]
      }
    return beginnings.flatMap { beginning in rest.map { beginning + $0 } }
  }

  private func textAfter(_ pieces: [Piece]) -> [UInt8] {
    if pieces.count > 1, case .text(let bytes) = pieces[1] { return bytes }
    return []
  }

  // MARK: Memory

  /// What is surely bound after the alternatives of a rule; a word said again that may not have been chosen is a flaw.
  private func flawsOfMemory(
    _ alternatives: [[Piece]], bound: Set<Int>, path: String, _ flaws: inout [String]
  ) -> Set<Int> {
    var common: Set<Int>?
    for alternative in alternatives {
      var known = bound
      for piece in alternative {
        switch piece {
        case .text: break
        case .choose(let slot, _):
          if !known.insert(slot).inserted { flaws.append("\(path): \(slots[slot].name) is chosen twice") }
        case .recall(let slot, _), .pronoun(let slot, _, _):
          if !known.contains(slot) { flaws.append("\(path): \(slots[slot].name) is said before it is chosen") }
        case .expand(let rule):
          known = flawsOfMemory(rules[rule].alternatives, bound: known, path: path + " " + rules[rule].name, &flaws)
        }
      }
      common = common.map { $0.intersection(known) } ?? known
    }
    return common ?? bound
  }

  private func sketch(_ pieces: [Piece]) -> String {
    pieces.prefix(3).map { piece in
      switch piece {
      case .text(let bytes): String(decoding: bytes, as: UTF8.self)
      case .choose(let slot, _): "{+\(slots[slot].name)}"
      case .recall(let slot, _): "{\(slots[slot].name)}"
      case .pronoun(_, _, let he): "{\(String(decoding: he, as: UTF8.self))}"
      case .expand(let rule): "<\(rules[rule].name)>"
      }
    }.joined()
  }
}

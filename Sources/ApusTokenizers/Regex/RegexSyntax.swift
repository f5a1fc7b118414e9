// What a regular expression says, as a tree. It knows neither how it was written nor how it is run.

/// A part of a regular expression.
indirect enum RegexNode {
  case empty
  case set(ScalarSet)
  case sequence([RegexNode])
  case choice([RegexNode])
  /// At least `least`, at most `most` (any number where nil), as many as possible if `isGreedy`.
  case repetition(RegexNode, least: Int, most: Int?, isGreedy: Bool)
  /// What stands behind the place (`isAhead`) or before it does match; or does not.
  case look(RegexNode, isAhead: Bool, isNegative: Bool)
  /// A border between word and other characters; or none.
  case boundary(isNegative: Bool)

  /// The set, where this is one character.
  var set: ScalarSet? { if case .set(let set) = self { set } else { nil } }

  /// The same read from right to left.
  var reversed: RegexNode {
    switch self {
    case .empty, .set, .boundary, .look: self
    case .sequence(let parts): .sequence(parts.reversed().map(\.reversed))
    case .choice(let parts): .choice(parts.map(\.reversed))
    case .repetition(let part, let least, let most, let isGreedy):
      .repetition(part.reversed, least: least, most: most, isGreedy: isGreedy)
    }
  }

  /// A set repeated without ever giving back: as a repetition that nothing of the set may follow.
  static func possessive(_ set: ScalarSet, least: Int, most: Int?) -> RegexNode {
    let node = RegexNode.set(set)
    let end = RegexNode.look(node, isAhead: true, isNegative: true)
    guard let most else { return .sequence([.repetition(node, least: least, most: nil, isGreedy: true), end]) }
    let full = RegexNode.repetition(node, least: most, most: most, isGreedy: true)
    guard most > least else { return full }
    return .choice([full, .sequence([.repetition(node, least: least, most: most - 1, isGreedy: true), end])])
  }
}

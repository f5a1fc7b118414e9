// A compiled regular expression: a program for a machine that follows all ways through it at once (Thompson 1968,
// Pike), so that no text takes more than (length × program) steps for one match. Ways have an order, and the first in
// it wins, as in engines that try one after another. RegexMachine runs it.

import ApusCore

/// A regular expression that finds the leftmost match and, of those that start there, the first in the order of the
/// expression.
struct Regex: Sendable, Equatable {
  enum Instruction: Sendable {
    /// The next scalar is of the set; go on behind it.
    case set(Int)
    /// Go on at both places, at the first one rather.
    case split(Int, Int)
    case jump(Int)
    /// The scalar behind (or before) the place is of the set, or is not; at an end of the text it is not.
    case ahead(Int, isNegative: Bool)
    case behind(Int, isNegative: Bool)
    /// A whole expression that matches behind or before the place, by its number.
    case look(Int, isNegative: Bool)
    case boundary(isNegative: Bool)
    case match
  }

  /// What stands behind or before a place, as a program that runs over the whole text against or in reading direction.
  struct Look: Sendable {
    var isAhead: Bool
    var program: [Instruction]
  }

  let expression: [UInt8]
  private(set) var program: [Instruction] = []
  private(set) var sets: [ScalarSet] = []
  private(set) var looks: [Look] = []
  /// The scalars that a match can begin with; nil where it can be empty.
  private(set) var first: ScalarSet?

  private static let mostInstructions = 20_000

  /// - Throws: `badData` for what is not a regular expression or uses what is not supported.
  init(_ expression: [UInt8]) throws(ApusError) {
    self.expression = expression
    var parser = RegexParser(expression)
    let node = try parser.expression()
    program = try compile(node)
    first = firstSet()
  }

  static func == (left: Regex, right: Regex) -> Bool { left.expression == right.expression }

  private mutating func compile(_ node: RegexNode) throws(ApusError) -> [Instruction] {
    var program: [Instruction] = []
    try append(node, to: &program)
    program.append(.match)
    return program
  }

  private mutating func append(_ node: RegexNode, to program: inout [Instruction]) throws(ApusError) {
    guard program.count < Self.mostInstructions else {
      throw ApusError(.badData, "regular expression: more than \(Self.mostInstructions) steps long")
    }
    switch node {
    case .empty: break
    case .set(let set): program.append(.set(index(of: set)))
    case .boundary(let isNegative): program.append(.boundary(isNegative: isNegative))
    case .sequence(let parts): for part in parts { try append(part, to: &program) }
    case .choice(let parts): try append(choice: parts[...], to: &program)
    case .repetition(let part, let least, let most, let isGreedy):
      try append(part, least, most, isGreedy, to: &program)
    case .look(.set(let set), let isAhead, let isNegative):
      let index = index(of: set)
      program.append(isAhead ? .ahead(index, isNegative: isNegative) : .behind(index, isNegative: isNegative))
    case .look(let inner, let isAhead, let isNegative):
      let look = Look(isAhead: isAhead, program: try compile(isAhead ? inner.reversed : inner))
      looks.append(look)
      program.append(.look(looks.count - 1, isNegative: isNegative))
    }
  }

  private mutating func append(choice parts: ArraySlice<RegexNode>, to program: inout [Instruction]) throws(ApusError) {
    guard let first = parts.first else { return }
    guard parts.count > 1 else { return try append(first, to: &program) }
    let split = program.count
    program.append(.match)
    try append(first, to: &program)
    let jump = program.count
    program.append(.match)
    program[split] = .split(split + 1, program.count)
    try append(choice: parts.dropFirst(), to: &program)
    program[jump] = .jump(program.count)
  }

  private mutating func append(
    _ part: RegexNode, _ least: Int, _ most: Int?, _ isGreedy: Bool, to program: inout [Instruction]
  ) throws(ApusError) {
    for _ in 0..<least { try append(part, to: &program) }
    func split(_ inside: Int, _ behind: Int) -> Instruction {
      isGreedy ? .split(inside, behind) : .split(behind, inside)
    }
    guard let most else {
      let start = program.count
      program.append(.match)
      try append(part, to: &program)
      program.append(.jump(start))
      program[start] = split(start + 1, program.count)
      return
    }
    var splits: [Int] = []
    for _ in least..<max(least, most) {
      splits.append(program.count)
      program.append(.match)
      try append(part, to: &program)
    }
    for place in splits { program[place] = split(place + 1, program.count) }
  }

  private mutating func index(of set: ScalarSet) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }

  private func firstSet() -> ScalarSet? {
    var result = ScalarSet()
    var seen = Set<Int>()
    var open = [0]
    while let place = open.popLast() {
      guard seen.insert(place).inserted else { continue }
      switch program[place] {
      case .set(let index): result = result.union(sets[index])
      case .split(let first, let second): open += [first, second]
      case .jump(let target): open.append(target)
      case .ahead, .behind, .look, .boundary: open.append(place + 1)
      case .match: return nil
      }
    }
    return result
  }
}

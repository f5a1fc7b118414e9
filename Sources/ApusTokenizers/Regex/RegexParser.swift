// Reads regular expressions as Oniguruma writes them, which the `tokenizers` library uses: the parts that splitting
// patterns need. What it does not know is an error with its place. Classes are read in RegexParser+Classes.

import ApusCore

/// Reads one expression.
struct RegexParser {
  let scalars: [UInt32]
  var place = 0
  var ignoresCase = false
  private var depth = 0
  /// The most that a repetition may be written out.
  private static let mostRepetitions = 1000
  private static let deepest = 100

  init(_ expression: [UInt8]) { scalars = UTF8Coding.scalars(expression) }

  mutating func expression() throws(ApusError) -> RegexNode {
    let node = try choice()
    guard place == scalars.count else { throw problem("`)` without `(`") }
    return node
  }

  /// The scalar at the place, nil at the end.
  var next: UInt32? { place < scalars.count ? scalars[place] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == character.value else { return false }
    place += 1
    return true
  }

  mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    guard scalars[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  func problem(_ text: String) -> ApusError {
    ApusError(.badData, "regular expression: \(text)", place: "character \(place)")
  }

  private mutating func choice() throws(ApusError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw problem("more than \(Self.deepest) groups inside each other") }
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(ApusError) -> RegexNode {
    var parts: [RegexNode] = []
    while let scalar = next, scalar != 0x7C, scalar != 0x29 {
      guard let atom = try atom() else { continue }
      parts.append(try repeated(atom))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  /// One character, class, group or assertion; nil for a setting of flags.
  private mutating func atom() throws(ApusError) -> RegexNode? {
    guard let scalar = next else { return nil }
    switch Unicode.Scalar(scalar) {
    case "(": return try group()
    case "[": return .set(cased(try bracketClass()))
    case ".":
      place += 1
      return .set(ScalarSet(0x0A).inverted)
    case "^":
      place += 1
      return .look(.set(ScalarSet(0x0A).inverted), isAhead: false, isNegative: true)
    case "$":
      place += 1
      return .look(.set(ScalarSet(0x0A).inverted), isAhead: true, isNegative: true)
    case "*", "+", "?": throw problem("nothing to repeat")
    case "\\": return try escape()
    default:
      place += 1
      return .set(cased(ScalarSet(scalar)))
    }
  }

  private func cased(_ set: ScalarSet) -> ScalarSet { ignoresCase ? set.ignoringCase : set }

  private mutating func escape() throws(ApusError) -> RegexNode {
    let any = RegexNode.set(.all)
    let assertions: [(String, RegexNode)] = [
      (#"\b"#, .boundary(isNegative: false)), (#"\B"#, .boundary(isNegative: true)),
      (#"\A"#, .look(any, isAhead: false, isNegative: true)), (#"\z"#, .look(any, isAhead: true, isNegative: true)),
      (
        #"\Z"#,
        .look(
          .sequence([
            .repetition(.set(ScalarSet(0x0A)), least: 0, most: 1, isGreedy: true),
            .look(any, isAhead: true, isNegative: true),
          ]), isAhead: true, isNegative: false)
      ),
    ]
    for (text, node) in assertions where take(text) { return node }
    return .set(cased(try escapedSet()))
  }

  private mutating func group() throws(ApusError) -> RegexNode? {
    place += 1
    guard take("?") else { return try closed(choice()) }
    if take(":") { return try closed(choice()) }
    for (text, isAhead, isNegative) in [
      ("=", true, false), ("!", true, true), ("<=", false, false), ("<!", false, true),
    ] where take(text) {
      return .look(try closed(choice()), isAhead: isAhead, isNegative: isNegative)
    }
    if take(">") {
      let inner = try closed(choice())
      guard case .repetition(.set(let set), let least, let most, true) = inner else {
        if inner.set != nil { return inner }
        throw problem("an atomic group of more than one repeated character is not supported")
      }
      return .possessive(set, least: least, most: most)
    }
    if take("P<") || take("<") {
      while let scalar = next, scalar != 0x3E { place += 1 }
      guard take(">") else { throw problem("the name of a group has no end") }
      return try closed(choice())
    }
    return try flags()
  }

  /// `(?i)` for the rest of the group, `(?i:…)` for a group.
  private mutating func flags() throws(ApusError) -> RegexNode? {
    var isOn = true
    let outer = ignoresCase
    while let scalar = next, scalar != 0x29, scalar != 0x3A {
      switch Unicode.Scalar(scalar) {
      case "-": isOn = false
      case "i": ignoresCase = isOn
      case "u": break
      default: throw problem("the group `(?\(Character(Unicode.Scalar(scalar) ?? "?"))` is not supported")
      }
      place += 1
    }
    if take(")") { return nil }
    guard take(":") else { throw problem("a group has no end") }
    let inner = try closed(choice())
    ignoresCase = outer
    return inner
  }

  private mutating func closed(_ node: RegexNode) throws(ApusError) -> RegexNode {
    guard take(")") else { throw problem("a group has no end") }
    return node
  }

  private mutating func repeated(_ atom: RegexNode) throws(ApusError) -> RegexNode {
    var node = atom
    while let (least, most) = try quantifier() {
      if take("+") {
        guard let set = node.set else { throw problem("a possessive repetition of more than one character") }
        node = .possessive(set, least: least, most: most)
      } else {
        node = .repetition(node, least: least, most: most, isGreedy: !take("?"))
      }
    }
    return node
  }

  private mutating func quantifier() throws(ApusError) -> (least: Int, most: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = place
    guard take("{") else { return nil }
    let least = try number()
    let hasComma = take(",")
    let most = hasComma ? try number() : least
    guard take("}"), least != nil || most != nil else {
      // Not a repetition: a brace that stands for itself.
      place = start
      return nil
    }
    guard (most ?? .max) >= least ?? 0 else { throw problem("a repetition of \(least ?? 0) to \(most ?? 0) times") }
    return (least ?? 0, most)
  }

  private mutating func number() throws(ApusError) -> Int? {
    var value: Int?
    while let scalar = next, (0x30...0x39).contains(scalar) {
      value = (value ?? 0) * 10 + Int(scalar - 0x30)
      guard value ?? 0 <= Self.mostRepetitions else {
        throw problem("a repetition of more than \(Self.mostRepetitions) times is not supported")
      }
      place += 1
    }
    return value
  }
}

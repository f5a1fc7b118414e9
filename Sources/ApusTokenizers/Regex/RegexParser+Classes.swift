// Reads the classes of a regular expression: [a-z&&[^x]], \p{Lu}, \s, \x{41}, [[:alpha:]].

import ApusCore

extension RegexParser {
  /// `[…]`, with ranges, classes inside and intersections.
  mutating func bracketClass() throws(ApusError) -> ScalarSet {
    place += 1
    let isNegative = take("^")
    var result: ScalarSet?
    var part = ScalarSet()
    var isFirst = true
    while true {
      guard let scalar = next else { throw problem("a class `[` has no end") }
      if scalar == 0x5D, !isFirst { break }
      isFirst = false
      if take("&&") {
        result = result?.intersection(part) ?? part
        part = ScalarSet()
      } else {
        part = part.union(try classItem())
      }
    }
    place += 1
    let set = result?.intersection(part) ?? part
    return isNegative ? set.inverted : set
  }

  private mutating func classItem() throws(ApusError) -> ScalarSet {
    if take("[:") { return try namedClass() }
    if next == 0x5B { return try bracketClass() }
    let first = next == 0x5C ? try escapedSet() : try single()
    guard next == 0x2D, place + 1 < scalars.count, scalars[place + 1] != 0x5D, let low = first.only else {
      return first
    }
    let start = place
    place += 1
    let second = next == 0x5C ? try escapedSet() : next == 0x5B ? ScalarSet() : try single()
    guard let high = second.only else {
      // `\w-\s` or `a-[`: the hyphen stands for itself.
      place = start
      return first
    }
    guard high >= low else { throw problem("a range of characters that ends before it begins") }
    return ScalarSet([low...high])
  }

  private mutating func single() throws(ApusError) -> ScalarSet {
    guard let scalar = next else { throw problem("a class `[` has no end") }
    place += 1
    return ScalarSet(scalar)
  }

  private mutating func namedClass() throws(ApusError) -> ScalarSet {
    let isNegative = take("^")
    var name = ""
    while let scalar = next, scalar != 0x3A {
      name.unicodeScalars.append(Unicode.Scalar(scalar) ?? "?")
      place += 1
    }
    guard take(":]") else { throw problem("a class `[:` has no end") }
    let set: ScalarSet
    switch name {
    case "alpha": set = .alphabetic
    case "digit": set = .digit
    case "alnum": set = .alphabetic.union(.digit)
    case "space": set = .space
    case "punct": set = .categories("P", "S").intersection(ScalarSet([0...127])).union(.unicodePunctuation)
    case "word": set = .word
    case "upper": set = .categories("Lu")
    case "lower": set = .categories("Ll")
    default: throw problem("the class [:\(name):] is not supported")
    }
    return isNegative ? set.inverted : set
  }

  /// What a backslash and the characters behind it stand for.
  mutating func escapedSet() throws(ApusError) -> ScalarSet {
    place += 1
    guard let scalar = next else { throw problem("nothing follows the last backslash") }
    place += 1
    switch Unicode.Scalar(scalar) {
    case "s": return .space
    case "S": return ScalarSet.space.inverted
    case "d": return .digit
    case "D": return ScalarSet.digit.inverted
    case "w": return .word
    case "W": return ScalarSet.word.inverted
    case "n": return ScalarSet(0x0A)
    case "r": return ScalarSet(0x0D)
    case "t": return ScalarSet(0x09)
    case "f": return ScalarSet(0x0C)
    case "v": return ScalarSet(0x0B)
    case "a": return ScalarSet(0x07)
    case "e": return ScalarSet(0x1B)
    case "0": return ScalarSet(0x00)
    case "h": return .digit.intersection(ScalarSet([0...127])).union(ScalarSet([0x41...0x46, 0x61...0x66]))
    case "p": return try property(isNegative: false)
    case "P": return try property(isNegative: true)
    case "x": return ScalarSet(try hexadecimal(digits: 2))
    case "u": return ScalarSet(try hexadecimal(digits: 4))
    default:
      let isWord = (0x30...0x39).contains(scalar) || (0x41...0x5A).contains(scalar) || (0x61...0x7A).contains(scalar)
      guard !isWord else {
        throw problem("`\\\(Character(Unicode.Scalar(scalar) ?? "?"))` is not supported")
      }
      return ScalarSet(scalar)
    }
  }

  private mutating func property(isNegative: Bool) throws(ApusError) -> ScalarSet {
    var name = ""
    if take("{") {
      while let scalar = next, scalar != 0x7D {
        name.unicodeScalars.append(Unicode.Scalar(scalar) ?? "?")
        place += 1
      }
      guard take("}") else { throw problem("a property `\\p{` has no end") }
    } else if let scalar = next {
      place += 1
      name.unicodeScalars.append(Unicode.Scalar(scalar) ?? "?")
    }
    let isInverted = name.hasPrefix("^")
    let known = Self.property(isInverted ? String(name.dropFirst()) : name)
    guard let known else { throw problem("the property \\p{\(name)} is not supported") }
    return isNegative != isInverted ? known.inverted : known
  }

  private static func property(_ name: String) -> ScalarSet? {
    let simple = name.lowercased().replacing("_", with: "").replacing(" ", with: "")
    for prefix in ["script=", "sc=", "isscript="] where simple.hasPrefix(prefix) {
      return .script(String(simple.dropFirst(prefix.count)))
    }
    switch simple {
    case "letter": return .letter
    case "mark": return .categories("M")
    case "number": return .number
    case "punctuation", "punct": return .unicodePunctuation
    case "symbol": return .categories("S")
    case "separator": return .categories("Z")
    case "other": return .categories("C")
    case "any": return .all
    case "alphabetic", "alpha": return .alphabetic
    case "whitespace", "space": return .space
    case "word": return .word
    case "digit": return .digit
    case "upper", "uppercase": return .categories("Lu")
    case "lower", "lowercase": return .categories("Ll")
    default: return name.count <= 2 ? .category(name) : .script(name)
    }
  }

  private mutating func hexadecimal(digits: Int) throws(ApusError) -> UInt32 {
    let isBraced = take("{")
    var value: UInt32 = 0
    var count = 0
    while count < (isBraced ? 6 : digits), let scalar = next,
      let digit = Character(Unicode.Scalar(scalar) ?? "?").hexDigitValue
    {
      value = value * 16 + UInt32(digit)
      place += 1
      count += 1
    }
    guard count > 0, value < ScalarSet.limit, !isBraced || take("}") else { throw problem("a code point is expected") }
    return value
  }
}

extension ScalarSet {
  /// The scalar, where the set has only one.
  var only: UInt32? { ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil }
}

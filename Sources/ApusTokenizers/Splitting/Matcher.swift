// What finds places in a text: a literal text, a set of characters, or a regular expression. It knows not what is done
// there.

/// Finds matches from left to right, without overlap.
enum Matcher: Sendable, Equatable {
  case literal([UInt8])
  /// Each character of the set by itself.
  case scalar(ScalarSet)
  case regex(Regex)

  /// Calls `body` with each match.
  func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .literal(let literal): Self.forEach(literal, text, body)
    case .scalar(let set):
      guard let base = text.baseAddress else { return }
      var place = 0
      while place < text.count {
        let (value, length) = UTF8Coding.scalar(base, place, text.count)
        if set.contains(value) { body(place..<place + length) }
        place += length
      }
    case .regex(let regex): RegexMachine.forEachMatch(of: regex, in: text, body)
    }
  }

  private static func forEach(_ literal: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let first = literal.first else { return }
    var place = 0
    while place + literal.count <= text.count {
      if text[place] == first, text[place..<place + literal.count].elementsEqual(literal) {
        body(place..<place + literal.count)
        place += literal.count
      } else {
        place += 1
      }
    }
  }
}

/// What becomes of the matches when a text is cut at them (`SplitDelimiterBehavior` of the `tokenizers` library).
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

/// Cuts a text at matches.
struct Cut: Sendable, Equatable {
  var matcher: Matcher
  var behavior: SplitBehavior
  /// What lies between the matches is taken for a match, and the other way round.
  var isInverted = false

  /// Calls `body` with each piece that is not empty.
  func forEachPiece(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var pieces = PieceJoiner(behavior: behavior)
    var place = 0
    matcher.forEachMatch(in: text) { match in
      if match.lowerBound > place { pieces.take(place..<match.lowerBound, isMatch: isInverted, body) }
      pieces.take(match, isMatch: !isInverted, body)
      place = match.upperBound
    }
    if place < text.count { pieces.take(place..<text.count, isMatch: isInverted, body) }
    pieces.finish(body)
  }
}

/// Joins matches and what lies between them to pieces as the behaviour says.
private struct PieceJoiner {
  let behavior: SplitBehavior
  private var open: Range<Int>?
  private var wasMatch = false

  init(behavior: SplitBehavior) { self.behavior = behavior }

  mutating func take(_ range: Range<Int>, isMatch: Bool, _ body: (Range<Int>) -> Void) {
    let joins: Bool
    switch behavior {
    case .removed, .isolated: joins = false
    case .contiguous: joins = isMatch == wasMatch
    case .mergedWithPrevious: joins = isMatch && !wasMatch
    case .mergedWithNext: joins = wasMatch && !isMatch
    }
    defer { wasMatch = isMatch }
    if joins, let before = open {
      open = before.lowerBound..<range.upperBound
      return
    }
    finish(body)
    open = behavior == .removed && isMatch ? nil : range
  }

  mutating func finish(_ body: (Range<Int>) -> Void) {
    if let open, !open.isEmpty { body(open) }
    open = nil
  }
}

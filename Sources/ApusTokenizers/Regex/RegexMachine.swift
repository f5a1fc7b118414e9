// Runs a regular expression over one text. A marked hot loop: it works on a raw pointer that never leaves the call of
// `with`.

/// The state of a search; owned by one thread.
struct RegexMachine {
  private let regex: Regex
  private let base: UnsafePointer<UInt8>
  private let end: Int
  /// For each look its answer at every place; made when first asked for.
  private var answers: [[Bool]?]

  private struct ThreadList {
    var places: [Int32] = []
    var starts: [Int] = []
    /// For each instruction the round in which it was last added.
    var rounds: [Int]
    var round = 0

    init(size: Int) { rounds = [Int](repeating: -1, count: size) }

    mutating func clear() {
      places.removeAll(keepingCapacity: true)
      starts.removeAll(keepingCapacity: true)
      round += 1
    }
  }

  private init(_ regex: Regex, _ base: UnsafePointer<UInt8>, _ end: Int) {
    self.regex = regex
    self.base = base
    self.end = end
    answers = [[Bool]?](repeating: nil, count: regex.looks.count)
  }

  /// Calls `body` with each match in `text`, in order; an empty one is not taken directly behind another match.
  static func forEachMatch(of regex: Regex, in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = text.baseAddress else { return }
    var machine = RegexMachine(regex, base, text.count)
    var lists = (ThreadList(size: regex.program.count), ThreadList(size: regex.program.count))
    var place = 0
    var lastEnd = -1
    while place <= text.count, let match = machine.firstMatch(from: place, &lists.0, &lists.1) {
      if match.isEmpty && match.lowerBound == lastEnd {
        guard match.upperBound < text.count else { return }
        place = match.upperBound + UTF8Coding.scalar(base, match.upperBound, text.count).length
        continue
      }
      body(match)
      lastEnd = match.upperBound
      place = match.upperBound
    }
  }

  private mutating func firstMatch(
    from start: Int, _ current: inout ThreadList, _ following: inout ThreadList
  ) -> Range<Int>? {
    var best: Range<Int>?
    var place = start
    current.clear()
    while true {
      if best == nil {
        if current.places.isEmpty, let first = regex.first {
          while place < end {
            let (value, length) = UTF8Coding.scalar(base, place, end)
            if first.contains(value) { break }
            place += length
          }
        }
        add(0, start: place, at: place, to: &current)
      }
      if current.places.isEmpty && (best != nil || place >= end) { return best }
      let (value, length) = place < end ? UTF8Coding.scalar(base, place, end) : (UInt32.max, 0)
      following.clear()
      step(value, place, length, &best, current, &following)
      if length == 0 { return best }
      swap(&current, &following)
      place += length
    }
  }

  /// Leads the ways over one scalar; a way that is complete ends those behind it in the order.
  private mutating func step(
    _ value: UInt32, _ place: Int, _ length: Int, _ best: inout Range<Int>?, _ current: borrowing ThreadList,
    _ following: inout ThreadList
  ) {
    for index in current.places.indices {
      let instruction = Int(current.places[index])
      switch regex.program[instruction] {
      case .set(let set):
        if length > 0 && regex.sets[set].contains(value) {
          add(instruction + 1, start: current.starts[index], at: place + length, to: &following)
        }
      default:
        best = current.starts[index]..<place
        return
      }
    }
  }

  /// Adds a way and all that it leads to without a scalar.
  private mutating func add(_ instruction: Int, start: Int, at place: Int, to list: inout ThreadList) {
    var open = [instruction]
    while let next = open.popLast() {
      if list.rounds[next] == list.round { continue }
      list.rounds[next] = list.round
      switch regex.program[next] {
      case .set, .match:
        list.places.append(Int32(next))
        list.starts.append(start)
      case .split(let first, let second):
        open.append(second)
        open.append(first)
      case .jump(let target): open.append(target)
      default: if holds(regex.program[next], at: place) { open.append(next + 1) }
      }
    }
  }

  private mutating func holds(_ assertion: Regex.Instruction, at place: Int) -> Bool {
    switch assertion {
    case .ahead(let set, let isNegative): isAhead(regex.sets[set], place) != isNegative
    case .behind(let set, let isNegative): isBehind(regex.sets[set], place) != isNegative
    case .boundary(let isNegative): (isAhead(.word, place) != isBehind(.word, place)) != isNegative
    case .look(let look, let isNegative): answer(look, at: place) != isNegative
    default: true
    }
  }

  private func isAhead(_ set: ScalarSet, _ place: Int) -> Bool {
    place < end && set.contains(UTF8Coding.scalar(base, place, end).value)
  }

  private func isBehind(_ set: ScalarSet, _ place: Int) -> Bool {
    place > 0 && set.contains(UTF8Coding.scalar(base, before: place).value)
  }

  private mutating func answer(_ look: Int, at place: Int) -> Bool {
    if let known = answers[look] { return known[place] }
    let found = allAnswers(regex.looks[look])
    answers[look] = found
    return found[place]
  }

  /// Where the look holds, for all places in one pass: a way starts at every place, and where one is complete, it
  /// holds.
  private mutating func allAnswers(_ look: Regex.Look) -> [Bool] {
    var result = [Bool](repeating: false, count: end + 1)
    var ways = Set<Int>()
    var place = look.isAhead ? end : 0
    while true {
      result[place] = close(&ways, look.program, at: place)
      guard look.isAhead ? place > 0 : place < end else { return result }
      let (value, length) = look.isAhead ? UTF8Coding.scalar(base, before: place) : UTF8Coding.scalar(base, place, end)
      var next = Set<Int>()
      for way in ways {
        if case .set(let set) = look.program[way], regex.sets[set].contains(value) { next.insert(way + 1) }
      }
      ways = next
      place += look.isAhead ? -length : length
    }
  }

  /// Adds the way that starts here and all that needs no scalar; whether one is complete.
  private mutating func close(_ ways: inout Set<Int>, _ program: [Regex.Instruction], at place: Int) -> Bool {
    var open = Array(ways) + [0]
    var seen = Set<Int>()
    var isComplete = false
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch program[next] {
      case .set: break
      case .match: isComplete = true
      case .split(let first, let second): open += [first, second]
      case .jump(let target): open.append(target)
      default: if holds(program[next], at: place) { open.append(next + 1) }
      }
    }
    ways = seen
    return isComplete
  }
}

// Sets of code points by property, as ranges: general categories, scripts, and what regular expressions call \w, \d,
// \s. Built from the tables when asked for.

/// A set of scalars as sorted ranges without gaps of nothing between them. Reaches one beyond Unicode: the last value
/// stands for every byte that is not part of valid UTF-8.
struct ScalarSet: Sendable, Equatable {
  private(set) var ranges: [ClosedRange<UInt32>]
  /// Bits for the first 128.
  private var ascii: (UInt64, UInt64) = (0, 0)

  static let limit = UTF8Coding.invalid

  init(_ ranges: [ClosedRange<UInt32>] = []) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
    for range in merged {
      for value in range.clamped(to: 0...127) where range.contains(value) {
        if value < 64 { ascii.0 |= 1 << UInt64(value) } else { ascii.1 |= 1 << UInt64(value - 64) }
      }
    }
  }

  init(_ scalar: UInt32) { self.init([scalar...scalar]) }

  static let all = ScalarSet([0...limit])

  static func == (left: ScalarSet, right: ScalarSet) -> Bool { left.ranges == right.ranges }

  @inline(__always) func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return ascii.0 >> UInt64(scalar) & 1 != 0 }
    if scalar < 128 { return ascii.1 >> UInt64(scalar - 64) & 1 != 0 }
    return search(min(scalar, Self.limit))
  }

  private func search(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar)
  }

  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.limit { result.append(next...Self.limit) }
    return ScalarSet(result)
  }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }
  func intersection(_ other: ScalarSet) -> ScalarSet { inverted.union(other.inverted).inverted }

  /// With all scalars that differ from one of the set only by case.
  var ignoringCase: ScalarSet {
    var members: [UInt32: [UInt32]] = [:]
    for (scalar, folded) in UnicodeData.shared.foldings { members[folded, default: [folded]].append(scalar) }
    var added: [ClosedRange<UInt32>] = []
    for group in members.values where group.contains(where: contains) { added += group.map { $0...$0 } }
    return ScalarSet(ranges + added)
  }
}

extension ScalarSet {
  /// The scalars of the general categories whose names begin with `prefix`: "L", "Lu"; nil where there are none.
  static func category(_ prefix: String) -> ScalarSet? {
    let names = ScalarCategoryTable.names.split(separator: " ")
    let wanted = Set(names.indices.filter { names[$0].hasPrefix(prefix) })
    guard !wanted.isEmpty, !prefix.isEmpty else { return nil }
    let runs = ScalarCategoryTable.runs
    var ranges: [ClosedRange<UInt32>] = []
    for (index, run) in runs.enumerated() where wanted.contains(Int(run & 31)) {
      let end = index + 1 < runs.count ? runs[index + 1] >> 5 : 0x110000
      ranges.append(run >> 5...end - 1)
    }
    return ScalarSet(ranges)
  }

  /// The scalars of a script by its English name; nil where it is unknown.
  static func script(_ name: String) -> ScalarSet? {
    let wanted = name.lowercased().replacing("_", with: "")
    guard let index = Scripts.names.firstIndex(where: { $0.lowercased().replacing("_", with: "") == wanted }) else {
      return nil
    }
    return ScalarSet(Scripts.shared.runs.filter { $0.script == UInt8(index) }.map { $0.start...$0.end })
  }

  static func categories(_ names: String...) -> ScalarSet {
    ScalarSet(names.flatMap { category($0)?.ranges ?? [] })
  }

  /// The property White_Space.
  static let space = categories("Z").union(ScalarSet([9...13, 0x85...0x85]))
  static let letter = categories("L")
  static let number = categories("N")
  static let digit = categories("Nd")
  static let punctuation = categories("P").intersection(assignedIn8).union(asciiPunctuation)
  static let unicodePunctuation = categories("P")
  static let asciiPunctuation = ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
  static let nonspacingMark = categories("Mn").intersection(assignedIn8)
  /// What BERT leaves out: controls, formats, private use.
  static let control = categories("Cc", "Cf", "Co", "Cs").intersection(assignedIn8)
  /// The property Alphabetic: letters, number letters, signs that stand for vowels, letters in circles.
  static let alphabetic = ScalarSet(turns: ScriptTable.alphabetic)
  /// What Unicode 8.0 had: the tables that the `tokenizers` library takes punctuation and BERT's accents from end
  /// there.
  private static let assignedIn8 = ScalarSet(turns: ScriptTable.assignedIn8)

  /// A packed table of runs that are outside and inside in turns.
  private init(turns table: StaticString) {
    var ranges: [ClosedRange<UInt32>] = []
    var (start, isInside): (UInt32, Bool) = (0, false)
    var numbers = PackedNumbers(table)
    // The first run, from 0, is outside.
    _ = numbers.next()
    while let step = numbers.next() {
      if isInside { ranges.append(start...start + step - 1) }
      start += step
      isInside.toggle()
    }
    if isInside { ranges.append(start...Self.limit - 1) }
    self.init(ranges)
  }

  /// `\w` of Oniguruma: alphabetic, marks, decimal digits, connecting punctuation, and the other digits of Latin-1.
  static let word = alphabetic.union(.categories("M", "Nd", "Pc"))
    .union(ScalarSet([0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE]))
  /// `\w` of Rust's regular expressions, after Unicode's annex 18: alphabetic, marks, decimal digits, connecting
  /// punctuation, joiners.
  static let rustWord = alphabetic.union(.categories("M", "Nd", "Pc")).union(ScalarSet([0x200C...0x200D]))
}

/// The script of every code point.
struct Scripts: Sendable {
  static let shared = Scripts()
  static let names = ScriptTable.names.split(separator: " ").map(String.init)

  let runs: [(start: UInt32, end: UInt32, script: UInt8)]

  private init() {
    var numbers = PackedNumbers(ScriptTable.runs)
    var runs: [(start: UInt32, end: UInt32, script: UInt8)] = []
    var start: UInt32 = 0
    while let step = numbers.next(), let script = numbers.next() {
      start += step
      if let last = runs.indices.last { runs[last].end = start - 1 }
      runs.append((start, 0x10FFFF, UInt8(script)))
    }
    self.runs = runs
  }

  /// The script's number; one more than the last for scripts without a name here.
  func script(of scalar: UInt32) -> UInt8 {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end < scalar { low = middle + 1 } else { high = middle }
    }
    return low < runs.count ? runs[low].script : UInt8(Self.names.count)
  }
}

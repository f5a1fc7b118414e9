// What the tables say of a code point beyond its class: general category, combining class, decomposition, composition,
// cases, script. It knows no text.

/// Properties of code points; built once, when first asked for.
struct UnicodeData: Sendable {
  static let shared = UnicodeData()

  /// One decomposition: where its scalars lie, and whether it is only a compatibility one.
  private struct Mapping {
    var start: Int32
    var count: Int8
    var isCompatible: Bool
  }

  private var targets: [UInt32] = []
  private var mappings: [UInt32: Mapping] = [:]
  private var compositions: [UInt64: UInt32] = [:]
  private var classes: [UInt32: UInt8] = [:]
  private var lowers: [UInt32: UInt32] = [:]
  private var folds: [UInt32: UInt32] = [:]
  /// For each block of 64 code points a bit for each that normalisation may touch together with what stands before it.
  private var active = [UInt64](repeating: 0, count: 0x110000 / 64)

  /// Scalars above need a look during normalisation; all below are untouched by every form.
  static let firstActive: UInt32 = 0xA0

  private init() {
    readDecompositions()
    readClasses()
    lowers = Self.pairs(NormalizationTable.lowerCase)
    folds = Self.pairs(NormalizationTable.caseFolding)
    for syllable in Hangul.syllables { activate(syllable) }
    for jamo in Hangul.vowels { activate(jamo) }
    for jamo in Hangul.finals { activate(jamo) }
  }

  /// Whether normalisation has to look at a scalar together with what stands before it.
  @inline(__always) func isActive(_ scalar: UInt32) -> Bool {
    scalar >= Self.firstActive && scalar < UTF8Coding.invalid && active[Int(scalar >> 6)] >> (scalar & 63) & 1 != 0
  }

  /// The canonical combining class.
  func combiningClass(_ scalar: UInt32) -> UInt8 { classes[scalar] ?? 0 }

  /// Appends the full decomposition of a scalar.
  func decompose(_ scalar: UInt32, compatibly: Bool, into result: inout [UInt32]) {
    if Hangul.syllables.contains(scalar) { return Hangul.decompose(scalar, into: &result) }
    guard let mapping = mappings[scalar], compatibly || !mapping.isCompatible else { return result.append(scalar) }
    for index in Int(mapping.start)..<Int(mapping.start) + Int(mapping.count) {
      decompose(targets[index], compatibly: compatibly, into: &result)
    }
  }

  /// The scalar that two make together, if they do.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composition(first, second) ?? compositions[UInt64(first) << 32 | UInt64(second)]
  }

  /// The lower case of a scalar where it is one scalar.
  @inline(__always) func lower(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return scalar &- 0x41 < 26 ? scalar + 32 : scalar }
    return lowers[scalar] ?? scalar
  }

  /// Simple case folding.
  func fold(_ scalar: UInt32) -> UInt32 { folds[scalar] ?? lower(scalar) }

  /// All pairs of a scalar and what it folds to, where they differ.
  var foldings: [(scalar: UInt32, folded: UInt32)] {
    folds.map { ($0.key, $0.value) } + lowers.lazy.filter { folds[$0.key] == nil }.map { ($0.key, $0.value) }
  }

  private mutating func activate(_ scalar: UInt32) { active[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63) }

  private mutating func readDecompositions() {
    var numbers = PackedNumbers(NormalizationTable.decompositions)
    var (scalar, target): (UInt32, Int) = (0, 0)
    while let step = numbers.next(), let shape = numbers.next() {
      scalar += step
      let mapping = Mapping(start: Int32(targets.count), count: Int8(shape >> 2), isCompatible: shape & 1 == 1)
      for _ in 0..<mapping.count {
        target += numbers.nextSigned()
        targets.append(UInt32(target))
      }
      mappings[scalar] = mapping
      activate(scalar)
      guard shape & 2 == 2, let first = targets.dropLast().last, let second = targets.last else { continue }
      compositions[UInt64(first) << 32 | UInt64(second)] = scalar
      activate(second)
    }
  }

  private mutating func readClasses() {
    var numbers = PackedNumbers(NormalizationTable.combiningClasses)
    var (start, value): (UInt32, UInt32) = (0, 0)
    while let step = numbers.next(), let next = numbers.next() {
      if value != 0 {
        for scalar in start..<start + step {
          classes[scalar] = UInt8(value)
          activate(scalar)
        }
      }
      start += step
      value = next
    }
  }

  private static func pairs(_ table: StaticString) -> [UInt32: UInt32] {
    var pairs: [UInt32: UInt32] = [:]
    var numbers = PackedNumbers(table)
    var scalar: UInt32 = 0
    while let step = numbers.next() {
      scalar += step
      pairs[scalar] = UInt32(Int(scalar) + numbers.nextSigned())
    }
    return pairs
  }
}

/// Syllables of Hangul are made of two or three letters by arithmetic (Unicode 17, section 3.12).
enum Hangul {
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  static let initials: Range<UInt32> = 0x1100..<0x1113
  static let vowels: Range<UInt32> = 0x1161..<0x1176
  static let finals: Range<UInt32> = 0x11A8..<0x11C3

  static func decompose(_ syllable: UInt32, into result: inout [UInt32]) {
    let index = syllable - syllables.lowerBound
    result.append(initials.lowerBound + index / 588)
    result.append(vowels.lowerBound + index % 588 / 28)
    if index % 28 > 0 { result.append(finals.lowerBound + index % 28 - 1) }
  }

  static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if initials.contains(first) && vowels.contains(second) {
      return syllables.lowerBound + (first - initials.lowerBound) * 588 + (second - vowels.lowerBound) * 28
    }
    guard syllables.contains(first), (first - syllables.lowerBound) % 28 == 0, finals.contains(second) else {
      return nil
    }
    return first + second - finals.lowerBound + 1
  }
}

// The classes of code points that splitting patterns speak of (\p{L}, \p{Lu}, \p{M}, \p{N}, \p{P}, \p{S}, \s), as bits,
// with a two-stage table for all code points. It knows no pattern and no UTF-8.

/// What splitting patterns ask about a code point; several bits may be set.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  /// \p{Lu}, \p{Lt}.
  static let upper = ScalarClass(rawValue: 1)
  /// \p{Ll}.
  static let lower = ScalarClass(rawValue: 2)
  /// \p{Lm}, \p{Lo}.
  static let caseless = ScalarClass(rawValue: 4)
  /// \p{M}.
  static let mark = ScalarClass(rawValue: 8)
  /// \p{N}.
  static let number = ScalarClass(rawValue: 16)
  /// \s: the property White_Space.
  static let space = ScalarClass(rawValue: 32)
  /// \p{P}.
  static let punctuation = ScalarClass(rawValue: 64)
  /// \p{S}.
  static let symbol = ScalarClass(rawValue: 128)

  /// \p{L}.
  static let letter: ScalarClass = [.upper, .lower, .caseless]

  /// Whether any bit is shared.
  @inline(__always) func isAny(of other: ScalarClass) -> Bool { rawValue & other.rawValue != 0 }
}

/// The class of every code point, 128 to a page; equal pages are stored once. Lives as long as the process: the
/// splitting loops read it through pointers that nothing retains.
struct ScalarClasses: @unchecked Sendable {
  static let shared = ScalarClasses()

  private let pageOfBlock: UnsafePointer<UInt16>
  private let pages: UnsafePointer<UInt8>

  /// The class of a code point up to U+10FFFF.
  @inline(__always) subscript(scalar: UInt32) -> ScalarClass {
    let page = Int(pageOfBlock[Int(scalar >> 7)])
    return ScalarClass(rawValue: pages[page << 7 | Int(scalar & 127)])
  }

  /// The class of a byte below 128: ASCII is page 0.
  @inline(__always) subscript(ascii byte: UInt8) -> ScalarClass { ScalarClass(rawValue: pages[Int(byte)]) }

  /// Whether a scalar has the property White_Space; not so for bytes that are not valid UTF-8.
  @inline(__always) func isSpace(_ scalar: UInt32) -> Bool { isAny(scalar, of: .space) }
  /// \p{M}.
  @inline(__always) func isMark(_ scalar: UInt32) -> Bool { isAny(scalar, of: .mark) }
  /// Whether the class of a scalar, or of none, shares a bit with `kinds`.
  @inline(__always) func isAny(_ scalar: UInt32, of kinds: ScalarClass) -> Bool {
    scalar < UTF8Coding.invalid && self[scalar].isAny(of: kinds)
  }

  private init() {
    let classes = Self.allClasses()
    var known: [ArraySlice<UInt8>: UInt16] = [:]
    var pageOfBlock: [UInt16] = []
    var pages: [UInt8] = []
    for start in stride(from: 0, to: classes.count, by: 128) {
      let page = classes[start..<start + 128]
      if known[page] == nil {
        known[page] = UInt16(known.count)
        pages += page
      }
      pageOfBlock.append(known[page] ?? 0)
    }
    self.pageOfBlock = Self.permanentCopy(of: pageOfBlock)
    self.pages = Self.permanentCopy(of: pages)
  }

  private static func permanentCopy<Element: BitwiseCopyable>(of values: [Element]) -> UnsafePointer<Element> {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: values.count)
    _ = copy.initialize(from: values)
    return UnsafePointer(copy.baseAddress ?? UnsafeMutablePointer.allocate(capacity: 1))
  }

  private static func allClasses() -> [UInt8] {
    let names = ScalarCategoryTable.names.split(separator: " ").map { $0.utf8.first ?? 0 }
    let details = ScalarCategoryTable.names.split(separator: " ").map { $0.utf8.last ?? 0 }
    let ofCategory = zip(names, details).map { scalarClass(group: $0, detail: $1).rawValue }
    var classes = [UInt8](repeating: 0, count: 0x110000)
    let runs = ScalarCategoryTable.runs
    for (index, run) in runs.enumerated() {
      let end = index + 1 < runs.count ? Int(runs[index + 1] >> 5) : classes.count
      let value = ofCategory[Int(run & 31)]
      if value != 0 { for point in Int(run >> 5)..<end { classes[point] = value } }
    }
    for control in [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85] { classes[control] = ScalarClass.space.rawValue }
    return classes
  }

  private static func scalarClass(group: UInt8, detail: UInt8) -> ScalarClass {
    switch (group, detail) {
    case (UInt8(ascii: "L"), UInt8(ascii: "u")), (UInt8(ascii: "L"), UInt8(ascii: "t")): .upper
    case (UInt8(ascii: "L"), UInt8(ascii: "l")): .lower
    case (UInt8(ascii: "L"), _): .caseless
    case (UInt8(ascii: "M"), _): .mark
    case (UInt8(ascii: "N"), _): .number
    case (UInt8(ascii: "Z"), _): .space
    case (UInt8(ascii: "P"), _): .punctuation
    case (UInt8(ascii: "S"), _): .symbol
    default: []
    }
  }
}

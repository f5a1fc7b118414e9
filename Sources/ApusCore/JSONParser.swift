// The JSON parser: recursive descent over bytes, with a limit to the depth. A hot loop over raw memory, since
// vocabularies of 8 MB are read at every start: every access is checked against `end`. It follows RFC 8259; a lone
// surrogate, invalid UTF-8 or a number beyond double precision's range is an error, as in serde_json, which reads these
// files for Hugging Face.

struct JSONParser {
  private let start: UnsafePointer<UInt8>
  private let count: Int
  private var position = 0
  private var depth = 0
  private let file: String?
  private let duplicateKeys: JSON.DuplicateKeys
  private var scratch: [UInt8] = []

  /// Deep enough for every real file, shallow enough for every thread's stack.
  private static let deepest = 200

  init(_ bytes: UnsafeRawBufferPointer, file: String?, duplicateKeys: JSON.DuplicateKeys) {
    // An empty buffer may have no address; none of it is ever read.
    start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress ?? JSONParser.nowhere
    count = bytes.count
    self.file = file
    self.duplicateKeys = duplicateKeys
  }

  private nonisolated(unsafe) static let nowhere = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  /// The whole text as one value.
  mutating func document() throws(ApusError) -> JSON {
    skipSpace()
    if position == count { throw problem("the text is empty where JSON is expected") }
    let value = try value()
    skipSpace()
    if position < count { throw problem("there is more after the end of the JSON value") }
    return value
  }

  /// The next byte, or 0, which no JSON text outside strings has, at the end.
  private var next: UInt8 { position < count ? start[position] : 0 }

  private mutating func skipSpace() {
    while position < count {
      switch start[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(ApusError) -> JSON {
    switch next {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try nested { parser throws(ApusError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(ApusError) in try parser.array() }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func nested(_ body: (inout JSONParser) throws(ApusError) -> JSON) throws(ApusError) -> JSON {
    depth += 1
    if depth > Self.deepest { throw problem("more than \(Self.deepest) arrays and objects inside each other") }
    position += 1
    skipSpace()
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(ApusError) -> JSON {
    for offset in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[offset] else { throw unexpected("`\(word)`") }
      position += 1
    }
    return value
  }

  private mutating func array() throws(ApusError) -> JSON {
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value())
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) { return .array(elements) }
      throw unexpected("`,` or `]`")
    }
  }

  private mutating func object() throws(ApusError) -> JSON {
    var object = JSON.Object()
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
      let keyPosition = position
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("`:`") }
      skipSpace()
      let value = try value()
      if let index = object.append(key, value) {
        if duplicateKeys == .error { throw problem("the key \(quoted(key)) occurs twice", at: keyPosition) }
        object.replace(at: index, with: value)
      }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return .object(object) }
      throw unexpected("`,` or `}`")
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < count, start[position] == byte else { return false }
    position += 1
    return true
  }
}

// MARK: Strings

extension JSONParser {
  private mutating func string() throws(ApusError) -> String {
    let opening = position
    position += 1
    let first = position
    while position < count {
      switch start[position] {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return try text(UnsafeBufferPointer(start: start + first, count: position - first), at: opening)
      case UInt8(ascii: "\\"): return try escapedString(from: first, opening: opening)
      case 0..<0x20: throw problem("a control character inside a string must be written as an escape")
      default: position += 1
      }
    }
    throw problem("the string has no end", at: opening)
  }

  /// The rest of a string whose first escape is at the position.
  private mutating func escapedString(from first: Int, opening: Int) throws(ApusError) -> String {
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: UnsafeBufferPointer(start: start + first, count: position - first))
    while position < count {
      let byte = start[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        let bytes = scratch
        return try bytes.withUnsafeBytesTyped { bytes throws(ApusError) in
          try text(bytes.assumingMemoryBound(to: UInt8.self), at: opening)
        }
      case UInt8(ascii: "\\"): try escape()
      case 0..<0x20: throw problem("a control character inside a string must be written as an escape")
      default:
        scratch.append(byte)
        position += 1
      }
    }
    throw problem("the string has no end", at: opening)
  }

  private mutating func escape() throws(ApusError) {
    let place = position
    position += 1
    let letter = next
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"): scratch.append(contentsOf: Array(String(try unicodeEscape(place)).utf8))
    default: throw problem("this is no escape that JSON knows", at: place)
    }
  }

  /// The scalar of `\uXXXX`, or of two that make a surrogate pair; the position is behind the `u`.
  private mutating func unicodeEscape(_ place: Int) throws(ApusError) -> Character {
    let unit = try fourHexDigits(place)
    var value = UInt32(unit)
    if UTF16.isLeadSurrogate(unit), next == UInt8(ascii: "\\"), position + 1 < count,
      start[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let trail = try fourHexDigits(place)
      guard UTF16.isTrailSurrogate(trail) else { throw problem("half of a surrogate pair stands alone", at: place) }
      value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw problem("half of a surrogate pair stands alone", at: place) }
    return Character(scalar)
  }

  private mutating func fourHexDigits(_ place: Int) throws(ApusError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch next {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = next - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = next - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = next - UInt8(ascii: "A") + 10
      default: throw problem("`\\u` needs four hexadecimal digits", at: place)
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  private func text(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) throws(ApusError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem("the string is not valid UTF-8", at: place)
    }
    return text
  }
}

// MARK: Numbers

extension JSONParser {
  private mutating func number() throws(ApusError) -> JSON {
    let first = position
    let negative = take(UInt8(ascii: "-"))
    let (whole, wholeDigits, fits) = digits(from: 0)
    guard wholeDigits > 0 else { throw unexpected("a digit") }
    if wholeDigits > 1, start[position - wholeDigits] == UInt8(ascii: "0") {
      throw problem("a number must not begin with 0", at: first)
    }
    if next != UInt8(ascii: "."), next | 0x20 != UInt8(ascii: "e"), fits, whole <= UInt64(Int64.max),
      !(negative && whole == 0)
    {
      return .int(negative ? -Int64(whole) : Int64(whole))
    }
    var (mantissa, exact, scale) = (whole, fits, 0)
    if take(UInt8(ascii: ".")) {
      let (all, fractionDigits, fits) = digits(from: whole)
      guard fractionDigits > 0 else { throw unexpected("a digit") }
      (mantissa, exact, scale) = (all, exact && fits, -fractionDigits)
    }
    if next | 0x20 == UInt8(ascii: "e") {
      position += 1
      let down = take(UInt8(ascii: "-"))
      if !down { _ = take(UInt8(ascii: "+")) }
      let (power, powerDigits, fits) = digits(from: 0)
      guard powerDigits > 0 else { throw unexpected("a digit") }
      if fits, power < 10_000 { scale += down ? -Int(power) : Int(power) } else { exact = false }
    }
    if exact, mantissa <= 1 << 53, let power = Self.powerOfTen(abs(scale)) {
      // Both are exact, so the one rounding is the correct one (Clinger, 1990).
      let value = scale < 0 ? Double(mantissa) / power : Double(mantissa) * power
      return .double(negative ? -value : value)
    }
    return try slowNumber(from: first)
  }

  /// Digits appended to `value`, how many there were, and whether 64 bits held all.
  private mutating func digits(from value: UInt64) -> (value: UInt64, count: Int, fits: Bool) {
    var (value, fits) = (value, true)
    let first = position
    while position < count, case let digit = start[position] &- UInt8(ascii: "0"), digit < 10 {
      let (high, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = high.addingReportingOverflow(UInt64(digit))
      if overflow || carry { fits = false }
      value = sum
      position += 1
    }
    return (value, position - first, fits)
  }

  private func slowNumber(from first: Int) throws(ApusError) -> JSON {
    let text = String(decoding: UnsafeBufferPointer(start: start + first, count: position - first), as: UTF8.self)
    if let value = Int64(text), value != 0 { return .int(value) }
    guard let value = Double(text), value.isFinite else {
      throw problem("the number \(text.prefix(40)) is beyond double precision", at: first)
    }
    return .double(value)
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private static func powerOfTen(_ exponent: Int) -> Double? { exponent <= 22 ? powersOfTen[exponent] : nil }
}

// MARK: Errors

extension JSONParser {
  private func unexpected(_ wanted: String) -> ApusError {
    if position >= count { return problem("the text ends where \(wanted) is expected") }
    let byte = start[position]
    let seen = byte > 0x20 && byte < 0x7F ? "`\(Character(Unicode.Scalar(byte)))`" : "byte \(byte)"
    return problem("there is \(seen) where \(wanted) is expected")
  }

  private func quoted(_ key: String) -> String { "\"\(key.unicodeScalars.prefix(60).map(String.init).joined())\"" }

  private func problem(_ what: String, at place: Int? = nil) -> ApusError {
    let place = min(place ?? position, count)
    var (line, column) = (1, 1)
    for offset in 0..<place {
      if start[offset] == 0x0A {
        (line, column) = (line + 1, 1)
      } else if start[offset] & 0xC0 != 0x80 {
        column += 1
      }
    }
    return ApusError(
      .badData, "this is not valid JSON: \(what)", file: file, place: "line \(line), column \(column)",
      remedy: "correct it or fetch the file again")
  }
}

// Tokens made visible: any bytes as text that neither hides a space nor steers a terminal.

import ApusCore
import ApusTokenizers

/// The bytes of tokens as text.
enum TokenText {
  /// In quotation marks; what is no printable character as an escape: `"\n"`, `"\xe4"`, `"\u{301}"`.
  static func quoted(_ bytes: [UInt8]) -> String { "\"" + escaped(bytes) { $0 == "\"" || $0 == "\\" } + "\"" }

  /// The same, cut where it is long: the end of what is shown stays visible even where it is a space.
  static func quoted(_ bytes: [UInt8], upTo length: Int) -> String {
    let text = quoted(bytes)
    return text.count <= length ? text : text.prefix(length - 1) + "…"
  }

  /// The fields that say what a token is: its text and, where it is no whole characters, its bytes.
  static func fields(_ bytes: [UInt8]) -> [(String, JSON)] {
    let text = JSON.string(String(decoding: bytes, as: UTF8.self))
    let isText = UTF8Validation.firstInvalid(in: bytes) == nil
    return [("text", text)] + (isText ? [] : [("bytes", .integers(bytes))])
  }

  /// Tokens one behind another on grounds that change from each to the next; line feeds are shown and obeyed.
  static func colored(_ tokens: [[UInt8]], _ terminal: Terminal) -> String {
    let grounds: [Terminal.Style] = [.onCyan, .onGreen, .onYellow, .onMagenta, .onWhite]
    var text = ""
    for (index, token) in tokens.enumerated() {
      let lines = token.split(separator: 0x0A, omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated() {
        let isLast = number == lines.count - 1
        let shown = escaped(Array(line)) { _ in false } + (isLast ? "" : "⏎")
        if !shown.isEmpty { text += terminal.styled(shown, grounds[index % grounds.count]) }
        if !isLast { text += "\n" }
      }
    }
    return text
  }

  /// Text in which everything that is not printable, or that `marked` names, is an escape.
  private static func escaped(_ bytes: [UInt8], _ marked: (Unicode.Scalar) -> Bool) -> String {
    var text = String.UnicodeScalarView()
    var place = 0
    while place < bytes.count {
      let length = UTF8Validation.characterLength(in: bytes.span, at: place)
      let character = bytes[place..<place + max(1, length)]
      place += character.count
      guard length > 0, let scalar = String(decoding: character, as: UTF8.self).unicodeScalars.first else {
        text.append(contentsOf: ("\\x" + hexadecimal(UInt32(character.first ?? 0), 2)).unicodeScalars)
        continue
      }
      if marked(scalar) { text.append("\\") }
      text.append(contentsOf: visible(scalar))
    }
    return String(text)
  }

  private static func visible(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    switch scalar {
    case "\n": return ["\\", "n"]
    case "\r": return ["\\", "r"]
    case "\t": return ["\\", "t"]
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .nonspacingMark,
      .enclosingMark, .spacingMark:
      return Array("\\u{\(hexadecimal(scalar.value, 1))}".unicodeScalars)
    case .spaceSeparator where scalar != " ": return Array("\\u{\(hexadecimal(scalar.value, 1))}".unicodeScalars)
    default: return [scalar]
    }
  }

  private static func hexadecimal(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

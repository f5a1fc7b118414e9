// How the demo speaks: headings, short prose, quoted text, bars. It fits the reader's columns, uses colour where the
// terminal has it, and sends every line at once, so that the bars of progress on standard error stand where they
// belong. It knows nothing of models.

import ApusCore

/// Writes the demo's chapters.
struct Narrator {
  /// Columns of a line.
  let width: Int

  private let console: Console
  private let isQuiet: Bool
  private var chapter = 0
  private static let indent = "   "

  /// Speaks to standard output, or where that is wanted for data (`isQuiet`), to standard error.
  init(_ console: Console, isQuiet: Bool = false) {
    self.console = console
    self.isQuiet = isQuiet
    width = console.outputTerminal.isInteractive ? max(40, min(100, console.outputTerminal.width)) : 100
  }

  /// The terminal that the lines go to.
  var terminal: Terminal { isQuiet ? console.errorTerminal : console.outputTerminal }

  /// A numbered heading.
  mutating func heading(_ title: String) throws(ApusError) {
    chapter += 1
    try raw("")
    try raw(terminal.styled("\(chapter)  \(title)", .bold))
  }

  /// Plain sentences, wrapped.
  func say(_ text: String) throws(ApusError) {
    for line in Self.wrapped(text, width: width - Self.indent.count) { try raw(Self.indent + line) }
  }

  /// One line as it is, indented.
  func line(_ text: String = "") throws(ApusError) { try raw(text.isEmpty ? "" : Self.indent + text) }

  /// Somebody else's words: wrapped behind a bar.
  func quote(_ text: String) throws(ApusError) {
    for line in Self.wrapped(text, width: width - Self.indent.count - 2) { try raw(quoted(line)) }
  }

  /// A line of a quotation.
  func quoted(_ line: String) -> String {
    Self.indent + terminal.styled("│", .dim) + (line.isEmpty ? "" : " " + line)
  }

  /// A line as it is.
  func raw(_ text: String) throws(ApusError) {
    if isQuiet { return console.note(text) }
    try console.output.line(text)
    try console.output.flush()
  }

  /// A piece of a line, shown at once where a person watches.
  func piece(_ text: String) throws(ApusError) {
    guard !isQuiet else { return }
    try console.output.write(text)
    try console.output.flush()
  }

  /// `text` in lines of at most `width` characters, broken at spaces; a longer word has a line of its own.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// A bar of `share` (0 to 1) of `cells` cells, by eighths.
  static func bar(_ share: Double, cells: Int) -> String {
    let eighths = Int((min(1, max(0, share.isFinite ? share : 0)) * Double(cells * 8)).rounded())
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + rest
  }
}

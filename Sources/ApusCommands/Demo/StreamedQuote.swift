// Text that comes in pieces, shown as a quotation while it comes: words move to the next line whole. It knows no model.

import ApusCore

/// Shows a text piece by piece behind the quotation's bar.
struct StreamedQuote {
  private let narrator: Narrator
  private let width: Int
  private var column = 0
  private var word = ""

  /// Begins a quotation.
  init(_ narrator: Narrator) {
    self.narrator = narrator
    width = narrator.width - 6
  }

  /// Adds text; what may be half a word waits for its rest.
  mutating func push(_ text: String) throws(ApusError) {
    for character in text {
      if character.isWhitespace { try endWord() } else { word.append(character) }
    }
  }

  /// Shows what waits and ends the line.
  mutating func finish() throws(ApusError) {
    try endWord()
    if column > 0 { try narrator.piece("\n") }
    column = 0
  }

  private mutating func endWord() throws(ApusError) {
    guard !word.isEmpty else { return }
    if column > 0 && column + 1 + word.count > width {
      try narrator.piece("\n")
      column = 0
    }
    try narrator.piece(column == 0 ? narrator.quoted(word) : " " + word)
    column += (column == 0 ? 0 : 1) + word.count
    word = ""
  }
}

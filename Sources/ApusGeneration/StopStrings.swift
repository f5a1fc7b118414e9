// Finds the first of several stop strings in text that comes in pieces, and holds back what may yet become one. It
// compares bytes: a Swift String would find "e" + U+0301 where "é" stands.

import ApusCore

/// Looks for stop strings across pieces of text.
struct StopStrings {
  private let patterns: [[UInt8]]
  private var held: [UInt8] = []

  init(_ strings: [String]) {
    patterns = strings.map { Array($0.utf8) }
  }

  /// Refuses a stop string that stops everything.
  static func validate(_ strings: [String]) throws(ApusError) {
    if strings.contains(where: \.isEmpty) {
      throw ApusError(.usage, "a stop string is empty", remedy: "give at least one character")
    }
  }

  /// The text that may be shown now, and whether a stop string follows it (which is not shown).
  mutating func push(_ piece: String) -> (text: String, isStopped: Bool) {
    if patterns.isEmpty { return (piece, false) }
    held += piece.utf8
    if let place = firstMatch() {
      let text = String(decoding: held[..<place], as: UTF8.self)
      held.removeAll()
      return (text, true)
    }
    let safe = held.count - longestBeginning()
    let text = String(decoding: held[..<safe], as: UTF8.self)
    held.removeFirst(safe)
    return (text, false)
  }

  /// What was held back, when no more text comes.
  mutating func finish() -> String {
    defer { held.removeAll() }
    return String(decoding: held, as: UTF8.self)
  }

  private func firstMatch() -> Int? {
    held.indices.first { place in
      patterns.contains { held[place...].starts(with: $0) }
    }
  }

  /// The length of the longest end of the text that begins a stop string.
  private func longestBeginning() -> Int {
    let longest = min(held.count, (patterns.map(\.count).max() ?? 1) - 1)
    return (0...longest).reversed().first { length in
      patterns.contains { $0.count > length && $0.starts(with: held.suffix(length)) }
    } ?? 0
  }
}

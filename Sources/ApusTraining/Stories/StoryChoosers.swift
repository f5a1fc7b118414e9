// The two choosers of the program: chance, which writes a story, and a text, which is read back.

import ApusCore

/// Draws each choice with exactly the stated probability and keeps account of it.
struct StoryDice: StoryChooser {
  private var random: PhiloxStream
  private(set) var text: [UInt8] = []
  /// −log₂ of the product of the probabilities so far.
  private(set) var bits = 0.0

  init(_ random: PhiloxStream) { self.random = random }

  mutating func choose(
    _ options: [(index: Int, weight: UInt64)], isWord: Bool, head: (Int) -> [UInt8]
  ) throws(StoryMismatch) -> Int {
    let total = options.reduce(0) { $0 + $1.weight }
    guard total > 0 else { throw StoryMismatch(offset: text.count, fits: 0) }
    // The standard library draws below a bound without bias.
    var mark = random.next(upperBound: total)
    var taken = 0
    while mark >= options[taken].weight {
      mark -= options[taken].weight
      taken += 1
    }
    bits -= Double.log2(Double(options[taken].weight) / Double(total))
    return options[taken].index
  }

  mutating func say(_ stretch: [UInt8]) { text += stretch }
}

/// Follows a text and finds the choices that give it.
struct StoryTrail: StoryChooser {
  private let text: [UInt8]
  private(set) var offset = 0
  /// −log₂ of the product of the probabilities so far.
  private(set) var bits = 0.0
  /// The choices taken.
  private(set) var choices: [Int] = []

  init(_ text: [UInt8]) { self.text = text }

  /// Whether the text is used up.
  var isAtEnd: Bool { offset == text.count }

  mutating func choose(
    _ options: [(index: Int, weight: UInt64)], isWord: Bool, head: (Int) -> [UInt8]
  ) throws(StoryMismatch) -> Int {
    let fitting = options.filter { option in continues(with: head(option.index), isWord: isWord) }
    guard fitting.count == 1, let taken = fitting.first else {
      throw StoryMismatch(offset: offset, fits: fitting.count)
    }
    bits -= Double.log2(Double(taken.weight) / Double(options.reduce(0) { $0 + $1.weight }))
    choices.append(taken.index)
    return taken.index
  }

  mutating func say(_ stretch: [UInt8]) throws(StoryMismatch) {
    guard continues(with: stretch, isWord: false) else { throw StoryMismatch(offset: offset, fits: 0) }
    offset += stretch.count
  }

  private func continues(with stretch: [UInt8], isWord: Bool) -> Bool {
    let end = offset + stretch.count
    guard end <= text.count, text[offset..<end].elementsEqual(stretch) else { return false }
    return !isWord || end == text.count || !StoryGrammar.isLetter(text[end])
  }
}

// Small children's stories without end: story number i of a seed is a function of (seed, i) alone.
// A corpus for learning that needs no download and whose entropy is known: each story comes with its exact probability,
// so a model's loss has a floor that can be shown. Word frequencies follow Zipf's law at several levels, so that what
// is left to learn falls as a power law (Hutter 2021, "Learning curve theory", arXiv:2102.04074).

import ApusCore

/// A story with the information in it.
public struct Story: Sendable, Equatable {
  /// The text, UTF-8 (in fact ASCII), on one line without its end.
  public var text: [UInt8]
  /// −log₂ of the story's probability, the end of the document included.
  public var bits: Double
}

/// An endless, reproducible collection of stories with random access.
public struct Stories: Sendable {
  private let random: Philox

  private static let grammar = StoryGrammar()

  /// The collection of a seed.
  public init(seed: UInt64) { random = Philox(seed: seed) }

  /// The number of rules: alternatives of sentences, and words in each context with a probability of its own.
  public static var ruleCount: Int { grammar.ruleCount }

  /// No story is longer, in bytes.
  public static let longest = grammar.longest

  /// Story number `index`; any other can be had without it.
  public func story(_ index: UInt64) -> Story {
    var walk = StoryWalk(Self.grammar, StoryDice(random.stream(index)))
    do { try walk.run() } catch { preconditionFailure("a word list ran out: \(error)") }
    return Story(text: walk.chooser.text, bits: walk.chooser.bits)
  }

  /// The information in a text, −log₂ of its probability in bits, found by reading it back; nil if it is not one of the
  /// stories.
  public static func bits(of text: [UInt8]) -> Double? {
    var walk = StoryWalk(grammar, StoryTrail(text))
    guard (try? walk.run()) != nil, walk.chooser.isAtEnd else { return nil }
    return walk.chooser.bits
  }
}

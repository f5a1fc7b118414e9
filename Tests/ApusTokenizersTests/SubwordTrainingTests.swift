// Training on characters: WordPiece and character BPE against a slow twin that counts everything anew at every step,
// and what their tokenizers must be able to do.

import ApusCore
import Testing

@testable import ApusTokenizers

/// Merges of characters, written to be read: every step counts all pairs of neighbours and joins the most frequent, of
/// equals the one with the least numbers.
private struct SlowSubwords {
  var symbols: [[UInt8]]
  var words: [(pieces: [Int], count: Int64)]
  let prefix: [UInt8]

  init(_ entries: [(word: [UInt8], count: Int64)], prefix: String, suffix: String) {
    self.prefix = Array(prefix.utf8)
    let marked = entries.map { entry in
      entry.word.enumerated().map { place, byte in
        (place > 0 ? Array(prefix.utf8) : []) + [byte] + (place + 1 == entry.word.count ? Array(suffix.utf8) : [])
      }
    }
    func byText(_ texts: Set<[UInt8]>) -> [[UInt8]] { texts.sorted { $0.lexicographicallyPrecedes($1) } }
    let plain = Set(entries.flatMap { $0.word.map { [$0] } })
    let symbols = byText(plain) + byText(Set(marked.joined()).subtracting(plain))
    self.symbols = symbols
    words = zip(marked, entries).map { ($0.map { piece in symbols.firstIndex(of: piece) ?? -1 }, $1.count) }
  }

  /// The vocabulary when it has `size` symbols, or no pair occurs `minimum` times any more.
  mutating func vocabulary(_ size: Int, minimum: Int64) -> [[UInt8]] {
    while symbols.count < size {
      var counts: [[Int]: Int64] = [:]
      for word in words {
        for (left, right) in zip(word.pieces, word.pieces.dropFirst()) {
          counts[[left, right], default: 0] += word.count
        }
      }
      let best = counts.max { a, b in
        a.value != b.value ? a.value < b.value : b.key.lexicographicallyPrecedes(a.key)
      }
      guard let best, best.value >= minimum else { break }
      let text = symbols[best.key[0]] + symbols[best.key[1]].dropFirst(prefix.count)
      let symbol = symbols.firstIndex(of: text) ?? symbols.count
      if symbol == symbols.count { symbols.append(text) }
      for index in words.indices { join(best.key, symbol, in: index) }
    }
    return symbols
  }

  private mutating func join(_ pair: [Int], _ symbol: Int, in word: Int) {
    var pieces = words[word].pieces
    var place = 0
    while place + 1 < pieces.count {
      if Array(pieces[place...place + 1]) == pair { pieces.replaceSubrange(place...place + 1, with: [symbol]) }
      place += 1
    }
    words[word].pieces = pieces
  }
}

@Suite struct SubwordTrainingTests {
  /// Words over three letters, once or oftener, so that ties and repetitions are frequent.
  private static func words(_ generator: inout SeededGenerator) -> [(word: [UInt8], count: Int64)] {
    var counts = WordCounts()
    for _ in 0..<Int.random(in: 1...15, using: &generator) {
      counts.add(RandomText.word(upTo: 8, using: &generator), count: Int64.random(in: 1...5, using: &generator))
    }
    return counts.entries
  }

  private static func text(_ entries: [(word: [UInt8], count: Int64)]) -> [UInt8] {
    entries.flatMap { ($0.word + [0x20]).repeated(Int($0.count)) }
  }

  private static func tokens(_ tokenizer: PipelineTokenizer, from first: Int) -> [[UInt8]] {
    (first..<tokenizer.vocabularySize).compactMap { tokenizer.content(of: Int32($0)) }
  }

  @Test func wordPieceAgreesWithItsSlowTwin() throws {
    var generator = SeededGenerator(41)
    for round in 0..<300 {
      let entries = Self.words(&generator)
      let minimum = Int64.random(in: 1...3, using: &generator)
      var options = WordPieceTrainer.Options(vocabularySize: Int.random(in: 11...30, using: &generator))
      options.minimumFrequency = minimum
      options.tieBreak = .rustbpe
      var trainer = try WordPieceTrainer(options)
      trainer.add(Self.text(entries))
      var slow = SlowSubwords(entries, prefix: "##", suffix: "")
      let expected = slow.vocabulary(options.vocabularySize - 5, minimum: minimum)
      #expect(Self.tokens(try trainer.train().tokenizer, from: 5) == expected, "round \(round)")
    }
  }

  @Test func characterPairsAgreeWithTheirSlowTwin() throws {
    var generator = SeededGenerator(42)
    for round in 0..<300 {
      let entries = Self.words(&generator)
      var options = CharacterPairTrainer.Options(vocabularySize: Int.random(in: 7...30, using: &generator))
      options.tieBreak = .rustbpe
      var trainer = try CharacterPairTrainer(options)
      trainer.add(Self.text(entries))
      var slow = SlowSubwords(entries, prefix: "", suffix: "</w>")
      let trained = try trainer.train()
      #expect(
        Self.tokens(trained.tokenizer, from: 1) == slow.vocabulary(options.vocabularySize - 1, minimum: 1),
        "round \(round)")
      let text = Array(Self.text(entries).dropLast())
      #expect(try trained.tokenizer.decode(try trained.tokenizer.encode(text)) == text)
    }
  }

  private static let prose = String(
    repeating: "The widest newest river, the lowest! Über alles naïve façade 中文字 widening newer lower.\n", count: 9)

  @Test func wordPieceSpellsAllThatItLearntFrom() throws {
    for lowercases in [false, true] {
      var options = WordPieceTrainer.Options(vocabularySize: 120)
      options.lowercases = lowercases
      var trainer = try WordPieceTrainer(options)
      trainer.add(Array(Self.prose.utf8))
      let trained = try trainer.train()
      let ids = try trained.tokenizer.encode(Self.prose)
      #expect(!ids.contains(1) && trained.tokenizer.vocabularySize <= 120)
      #expect(trained.merges.first?.isByteLevel == false)
      #expect(trained.tokenizer.content(of: 2) == Array("[CLS]".utf8))
      #expect(trained.tokenizer.framed(ids, and: nil).ids.first == 2)
      #expect((trained.tokenizer.content(of: 5) ?? []).count == 1)
      let text = try trained.tokenizer.decode(ids)
      #expect(String(decoding: text, as: UTF8.self).contains(lowercases ? "naive facade" : "naïve façade"))
    }
  }

  @Test func rareCharactersAreLeftOutBeyondALimit() throws {
    var counts = WordCounts()
    for (word, count) in [("aab", 5), ("cb", 2), ("d", 1), ("é", 1)] {
      counts.add(Array(word.utf8), count: Int64(count))
    }
    let alphabet = try Alphabet(of: counts, limit: 3)
    #expect(alphabet.characters == [[97], [98], [99]] && alphabet.counts == [10, 7, 2])
    #expect(try Alphabet(of: counts, limit: 4).characters.last == [100], "of equals the first by code point")
    var options = WordPieceTrainer.Options(vocabularySize: 60)
    options.alphabetLimit = 2
    var trainer = try WordPieceTrainer(options)
    trainer.add(Array("aab aab cb".utf8))
    let tokenizer = try trainer.train().tokenizer
    #expect(try tokenizer.encode("c") == [1] && tokenizer.encode("aab").count == 1)
  }

  @Test func threadsAndOrderChangeNothing() throws {
    var generator = SeededGenerator(43)
    var lines = (0..<4000).map { _ in RandomText.text(upTo: 12, using: &generator) }
    var results: [JSON] = []
    for threads in [1, 3] {
      var trainer = try WordPieceTrainer(
        WordPieceTrainer.Options(vocabularySize: 300), pool: ThreadPool(threads: threads))
      trainer.add(Array(lines.joined(separator: "\n").utf8))
      results.append(try trainer.train().tokenizer.json)
      lines.reverse()
    }
    #expect(results[0] == results[1])
  }

  @Test func whatCannotBeIsRefused() throws {
    var small = try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 8))
    small.add(Array(Self.prose.utf8))
    #expect(throws: ApusError.self) { try small.train() }
    var noUnknown = WordPieceTrainer.Options(vocabularySize: 100)
    noUnknown.specialTokens = [Array("[CLS]".utf8)]
    #expect(throws: ApusError.self) { try WordPieceTrainer(noUnknown) }
    var invalid = try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 100))
    invalid.add([0x61, 0xFF, 0x20])
    #expect(throws: ApusError.self) { try invalid.train() }
    var clash = CharacterPairTrainer.Options(vocabularySize: 30)
    clash.specialTokens = [Array("the</w>".utf8)]
    var trainer = try CharacterPairTrainer(clash)
    trainer.add(Array("the the the".utf8))
    let error = #expect(throws: ApusError.self) { try trainer.train() }
    #expect(error?.problem.contains("the</w>") == true)
    for mark in ["", " "] {
      var options = CharacterPairTrainer.Options(vocabularySize: 30)
      options.endOfWord = Array(mark.utf8)
      #expect(throws: ApusError.self) { try CharacterPairTrainer(options) }
    }
  }
}

extension Array {
  fileprivate func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}

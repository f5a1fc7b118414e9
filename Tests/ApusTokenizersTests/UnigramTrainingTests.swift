// Training a unigram model: candidates, expectations and best ways against enumeration of all of them, and what must
// hold of the result.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct UnigramTrainingTests {
  private static func learning(_ counts: WordCounts, size: Int, threads: Int = 2) throws -> UnigramLearning {
    UnigramLearning(
      counts: counts, alphabet: try Alphabet(of: counts, limit: nil), size: size, pool: ThreadPool(threads: threads))
  }

  private static func words(_ generator: inout SeededGenerator) -> WordCounts {
    var counts = WordCounts()
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      counts.add(RandomText.word(upTo: 9, using: &generator), count: Int64.random(in: 1...9, using: &generator))
    }
    return counts
  }

  /// All ways to cut a word, each with its logarithmic probability; an unknown character is nil.
  private static func ways(_ word: ArraySlice<UInt8>, _ pieces: UnigramPieces) -> [(score: Double, pieces: [[UInt8]?])]
  {
    guard !word.isEmpty else { return [(0, [])] }
    var ways: [(score: Double, pieces: [[UInt8]?])] = []
    func extend(_ length: Int, _ score: Double, _ piece: [UInt8]?) {
      for rest in self.ways(word.dropFirst(length), pieces) { ways.append((score + rest.score, [piece] + rest.pieces)) }
    }
    var hasSingle = false
    for number in pieces.living where word.starts(with: pieces.content(number)) {
      let content = Array(pieces.content(number))
      extend(content.count, pieces.scores[Int(number)], content)
      if content.count == 1 { hasSingle = true }
    }
    if !hasSingle { extend(1, pieces.unknownScore, nil) }
    return ways
  }

  @Test func candidatesAreTheBranchingRepeatedSubstrings() throws {
    var generator = SeededGenerator(51)
    for _ in 0..<200 {
      let counts = Self.words(&generator)
      var all: [UInt8] = []
      for entry in counts.entries { all += entry.word + [0] }
      var expected: [[UInt8]: Int] = [:]
      for start in all.indices {
        for end in start + 2..<max(start + 3, min(start + 17, all.count)) where end < all.count {
          let part = Array(all[start..<end])
          guard !part.contains(0) else { break }
          expected[part, default: 0] += 1
        }
      }
      for (part, count) in expected {
        // What stands behind it; the end of each word is something else.
        let next = Set(
          all.indices.filter { all[$0...].starts(with: part) }.map { place in
            let byte = all[place + part.count]
            return byte == 0 ? -place : Int(byte)
          })
        if count < 2 || next.count < 2 { expected[part] = nil }
      }
      let seeds = try Self.learning(counts, size: 10).seeds()
      let found = seeds.filter { $0.content.count > 1 }
      #expect(
        Dictionary(uniqueKeysWithValues: found.map { ($0.content, Int($0.weight) / $0.content.count) }) == expected)
      #expect(Set(seeds.map(\.content)).isSuperset(of: counts.entries.flatMap { $0.word.map { [$0] } }))
    }
  }

  @Test func expectationsAndBestWaysAreThoseOfEnumeration() throws {
    var generator = SeededGenerator(52)
    for _ in 0..<200 {
      let counts = Self.words(&generator)
      var pieces = UnigramPieces(try Self.learning(counts, size: 10).seeds())
      // Some die, so that there are unknown characters too.
      pieces.keep(pieces.living.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 })
      let word = RandomText.word(upTo: 9, using: &generator)
      let ways = Self.ways(word[...], pieces)
      let total = ways.reduce(0) { $0 + Double.exp($1.score) }
      var expected: [[UInt8]?: Double] = [:]
      for way in ways { for piece in way.pieces { expected[piece, default: 0] += Double.exp(way.score) / total } }
      var lattice = UnigramLattice()
      word.withUnsafeBufferPointer { lattice.fill($0, pieces) }
      var found: [[UInt8]?: Double] = [:]
      func name(_ piece: Int32) -> [UInt8]? { piece < 0 ? nil : Array(pieces.content(piece)) }
      lattice.forEachExpectation(word.count) { found[name($0), default: 0] += $1 }
      for piece in Set(expected.keys).union(found.keys) {
        #expect(abs(expected[piece, default: 0] - found[piece, default: 0]) < 1e-9)
      }
      func score(_ way: [Int32]) -> Double {
        way.reduce(0) { $0 + ($1 < 0 ? pieces.unknownScore : pieces.scores[Int($1)]) }
      }
      let best = ways.map(\.score).sorted(by: >).prefix(2)
      let two = lattice.twoBest(word.count)
      #expect(two.count == best.count && zip(two, best).allSatisfy { abs(score($0) - $1) < 1e-9 })
      #expect(Set(two).count == two.count)
      var way: [Int32] = []
      lattice.forEachBest(word.count) { way.append($0) }
      #expect(abs(score(way) - (best.first ?? 0)) < 1e-9)
      #expect(way.reversed().flatMap { name($0) ?? [0] }.count == word.count)
    }
  }

  @Test func digammaIsTheDerivativeOfLogGamma() {
    // ψ(1) = −γ, ψ(x + 1) = ψ(x) + 1 ÷ x (Abramowitz and Stegun 6.3).
    #expect(abs(Digamma.of(1) + 0.577_215_664_901_532_9) < 1e-10)
    for value in [0.5, 0.7, 3, 12.5, 1e6] {
      #expect(abs(Digamma.of(value + 1) - Digamma.of(value) - 1 / value) < 1e-9)
    }
  }

  private static let prose: [UInt8] = {
    var generator = SeededGenerator(53)
    let stems = ["walk", "talk", "wander", "jump", "number", "stone", "über", "中文"]
    let ends = ["", "ed", "ing", "s", "er", "less", "ness"]
    return Array(
      (0..<3000).map { index in
        (stems.randomElement(using: &generator) ?? "") + (ends.randomElement(using: &generator) ?? "")
          + (index % 11 == 0 ? "\n" : " ")
      }.joined().utf8)
  }()

  @Test func theVocabularyHasItsSizeAndLosesNothing() throws {
    var trainer = try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 310))
    trainer.add(Self.prose)
    let trained = try trainer.train()
    #expect(trained.tokenizer.vocabularySize == 310 && !trained.ranOutOfPairs)
    for text in [Array(Self.prose.prefix(500)), Array("Ω unseen\u{0}  spaces ".utf8), []] {
      #expect(try trained.tokenizer.decode(try trained.tokenizer.encode(text)) == text)
    }
    // Stems and endings are what the text is made of.
    let pieces = (259..<310).compactMap { trained.tokenizer.content(of: $0) }
    for piece in ["▁walk", "▁number", "ing", "ness"] { #expect(pieces.contains(Array(piece.utf8)), "\(piece)") }
    #expect(try trained.tokenizer.encode("walking").count == 2)
  }

  @Test func threadsAndOrderChangeNoBit() throws {
    var results: [JSON] = []
    for (threads, text) in [(1, Self.prose), (3, Self.prose), (2, Self.reversedLines)] {
      var trainer = try UnigramTrainer(
        UnigramTrainer.Options(vocabularySize: 320), pool: ThreadPool(threads: threads))
      trainer.add(text)
      results.append(try trainer.train().tokenizer.json)
    }
    #expect(results[0] == results[1])
    #expect(results[0]["model"]?["vocab"]?.array?.count == results[2]["model"]?["vocab"]?.array?.count)
  }

  private static var reversedLines: [UInt8] {
    Array(prose.split(separator: 0x0A).reversed().joined(separator: [0x0A]))
  }

  @Test func whatCannotBeIsRefused() throws {
    var small = try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 260))
    small.add(Self.prose)
    #expect(throws: ApusError.self) { try small.train() }
    var options = UnigramTrainer.Options(vocabularySize: 300)
    options.specialTokens = []
    #expect(throws: ApusError.self) { try UnigramTrainer(options) }
    #expect(throws: ApusError.self) { try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 300)).train() }
    var invalid = try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 300))
    invalid.add([0x61, 0xFF])
    #expect(throws: ApusError.self) { try invalid.train() }
  }

  @Test func aTinyTextGivesASmallerVocabulary() throws {
    var options = UnigramTrainer.Options(vocabularySize: 50)
    options.fallsBackToBytes = false
    var trainer = try UnigramTrainer(options)
    trainer.add(Array("aa bb".utf8))
    let trained = try trainer.train()
    #expect(trained.ranOutOfPairs && trained.tokenizer.vocabularySize < 50)
    #expect(try trained.tokenizer.encode("z") == trained.tokenizer.encode("y"), "both unknown")
  }
}

// Merges left out by chance: the same draws as a slow twin, the ends of the range, whole words, counting.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct MergeDropoutTests {
  /// Asks for each merge that could be made, by rank and place, whether it is left out, and makes the first that is
  /// not; from the start again.
  private static func slow(
    _ symbols: [[UInt8]], _ draws: inout MergeDropout.Draws, _ rank: ([UInt8], [UInt8]) -> Int?
  ) -> [[UInt8]] {
    var symbols = symbols
    while true {
      let offered = symbols.indices.dropLast().compactMap { place in
        rank(symbols[place], symbols[place + 1]).map { (rank: $0, place: place) }
      }
      let chosen = offered.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.first { _ in !draws.leaveOut() }
      guard let place = chosen?.place else { return symbols }
      symbols.replaceSubrange(place...place + 1, with: [symbols[place] + symbols[place + 1]])
    }
  }

  @Test func theDrawsAreThoseOfTheSlowTwin() throws {
    var generator = SeededGenerator(51)
    for round in 0..<400 {
      let kind: RandomTokenizer.Kind = round % 2 == 0 ? .merges : .ranks
      let pair = try RandomTokenizer(kind, using: &generator)
      let plain = PipelineTokenizer(splitter: Splitter([]), model: pair.fast.model)
      let dropout = try MergeDropout(probability: Double(round % 11) / 10, seed: UInt64(round))
      for length in [8, 40, 90] {
        let text = pair.text(upTo: length, using: &generator)
        var draws = MergeDropout.Draws(dropout)
        let expected =
          switch pair.slow.model {
          case .merges(let ranks):
            Self.slow(text.map { [$0] }, &draws) { ranks[SlowTokenizer.Pair(left: $0, right: $1)] }
          case .ranks(let ranks, _, _, _): Self.slow(text.map { [$0] }, &draws) { ranks[$0 + $1] }
          default: [[UInt8]]()
          }
        // Without dropout a whole word may be a token whatever the merges say.
        let wanted = try dropout.probability == 0 ? plain.encode(text) : expected.compactMap { pair.slow.ids[$0] }
        let ids = try plain.encode(text, dropout: dropout)
        #expect(ids == wanted, "\(kind) \(dropout) \(text)")
        #expect(try plain.decode(ids) == text)
      }
    }
  }

  @Test func theEndsOfTheRangeAndOtherModels() throws {
    var generator = SeededGenerator(52)
    let (tokenizer, _) = try BytePairTests.random(&generator)
    let text = Array("abcabcaabbcc<|endoftext|> abc".utf8)
    let all = try MergeDropout(probability: 1, seed: 7)
    #expect(try tokenizer.encode(text, dropout: all) == text.map { Int32($0) })
    #expect(try tokenizer.encode(text, dropout: MergeDropout(probability: 0, seed: 7)) == tokenizer.encode(text))
    let special = try #require(tokenizer.specialTokens.endOfText)
    #expect(try tokenizer.encode(text, special: .recognised, dropout: all).contains(special))
    for probability in [-0.1, 1.1, .nan] {
      #expect(throws: ApusError.self) { try MergeDropout(probability: probability, seed: 0) }
    }
    var characters = try CharacterTrainer()
    characters.add(text)
    let others = try characters.train()
    let error = #expect(throws: ApusError.self) { try others.encode(text, dropout: all) }
    #expect(error?.kind == .usage)
  }

  @Test func aFileMayAskForIt() throws {
    let model = #"{"type":"BPE","dropout":0.25,"vocab":{"a":0,"aa":1},"merges":["a a"],"ignore_merges":true}"#
    let tokenizer = try TokenizerFile.load(bytes: Array(#"{"decoder":{"type":"Fuse"},"model":\#(model)}"#.utf8))
    #expect(tokenizer.mergeDropout == 0.25)
    #expect(try tokenizer.encode("aa") == [1], "but nothing is left out unasked")
    let cut = try (0..<4000).filter { seed in
      let dropout = try MergeDropout(probability: 0.25, seed: UInt64(seed))
      return try tokenizer.encode(Array("aa".utf8), dropout: dropout) == [0, 0]
    }
    // A quarter of 4000, within five standard deviations.
    #expect(abs(cut.count - 1000) < 137)
    let many = try MergeDropout(probability: 0.5, seed: 1)
    let ids = try tokenizer.encode([UInt8](repeating: 97, count: 100_000), dropout: many)
    #expect(try tokenizer.decode(ids).count == 100_000)
  }
}

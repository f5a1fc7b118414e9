// The fast encoders against slow ones that are obviously right, on random vocabularies and texts; linear time.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct SlowTwinTests {
  /// A vocabulary of the letters a to c and random words over them.
  private static func vocabulary(_ generator: inout SeededGenerator) throws -> Vocabulary {
    var vocabulary = Vocabulary()
    for letter in UInt8(97)...99 { try vocabulary.insert([letter], id: vocabulary.size) }
    for _ in 0..<Int.random(in: 1...25, using: &generator) {
      let word = RandomText.word(upTo: 6, using: &generator)
      if vocabulary.id(of: word) == nil { try vocabulary.insert(word, id: vocabulary.size) }
    }
    return vocabulary
  }

  /// Joins the leftmost two neighbours that make the token of the lowest rank, again and again.
  private static func slowMerge(_ word: [UInt8], _ vocabulary: Vocabulary, _ ranks: [UInt32]) -> [Int32] {
    var symbols = word.map { [$0] }
    while true {
      var best: (rank: UInt32, place: Int)?
      for place in symbols.indices.dropLast() {
        guard let id = vocabulary.id(of: symbols[place] + symbols[place + 1]) else { continue }
        if ranks[Int(id)] < best?.rank ?? .max { best = (ranks[Int(id)], place) }
      }
      guard let place = best?.place else { return symbols.compactMap { vocabulary.id(of: $0) } }
      symbols.replaceSubrange(place...place + 1, with: [symbols[place] + symbols[place + 1]])
    }
  }

  @Test func mergingByRankIsWhatTheSlowTwinDoes() throws {
    var generator = SeededGenerator(21)
    for _ in 0..<2_000 {
      let vocabulary = try Self.vocabulary(&generator)
      // Some ranks are equal: the leftmost is first.
      let ranks = (0..<vocabulary.size).map { _ in UInt32.random(in: 0...20, using: &generator) }
      let model = RankedPairModel(unit: .bytes, vocabulary: vocabulary, ranks: ranks, prefersWholeWords: false)
      let tokenizer = PipelineTokenizer(splitter: Splitter([]), model: .rankedPair(model))
      for length in [3, 9, 30, 47, 50, 120] {
        let word = RandomText.word(upTo: length, using: &generator)
        #expect(try tokenizer.encode(word) == Self.slowMerge(word, vocabulary, ranks))
      }
    }
  }

  /// The best way to cut a text, by trying all.
  private static func bestScore(_ text: ArraySlice<UInt8>, _ vocabulary: Vocabulary, _ scores: [Double]) -> Double {
    if text.isEmpty { return 0 }
    var best = -Double.infinity
    for length in 1...text.count {
      guard let id = vocabulary.id(of: Array(text.prefix(length))) else { continue }
      best = max(best, scores[Int(id)] + bestScore(text.dropFirst(length), vocabulary, scores))
    }
    return best
  }

  @Test func viterbiFindsTheBestOfAllWaysToCut() throws {
    var generator = SeededGenerator(22)
    for _ in 0..<2_000 {
      let vocabulary = try Self.vocabulary(&generator)
      let scores = (0..<vocabulary.size).map { _ in Double.random(in: -9 ... -1, using: &generator) }
      let model = UnigramModel(vocabulary: vocabulary, scores: scores, unknown: nil)
      let tokenizer = PipelineTokenizer(splitter: Splitter([]), model: .unigram(model))
      let text = RandomText.word(upTo: 12, using: &generator)
      let ids = try tokenizer.encode(text)
      let score = ids.reduce(0) { $0 + scores[Int($1)] }
      #expect(try tokenizer.decode(ids) == text)
      #expect(abs(score - Self.bestScore(text[...], vocabulary, scores)) < 1e-9)
    }
  }

  @Test(arguments: ["a", " ", "中", "ab ", "\n"])
  func aRegularExpressionTakesLinearTime(_ unit: String) throws {
    let regex = try Regex(Array(#"\p{L}+(?!\p{N})|\s+(?!\S)|(?:a|b)*c|."#.utf8))
    let growth = LinearTime.growth(250_000) { length in
      Array(String(repeating: unit, count: length / unit.utf8.count).utf8).withUnsafeBufferPointer { text in
        RegexMachine.forEachMatch(of: regex, in: text) { _ in }
      }
    }
    #expect(growth < LinearTime.limit, "four times the bytes took \(growth) times the time; quadratic is 16")
  }

  @Test(arguments: [
    "(a", "a)", "[a", "a{2,1}", "a{2000}", #"\q"#, "(?<a", "*", #"\p{Nothing}"#, "(?>ab|c)d", "(ab)++", "[b-a]", #"\"#,
  ])
  func regularExpressionsThatCannotBeAreNamed(_ expression: String) {
    let error = #expect(throws: ApusError.self) { try Regex(Array(expression.utf8)) }
    #expect(error?.kind == .badData && error?.problem.contains("regular expression") == true)
  }

  @Test func aTokenizerSurvivesItsGGUFVocabulary() throws {
    var options = BytePairTrainer.Options(vocabularySize: 300)
    options.pattern = .qwen2
    var trainer = try BytePairTrainer(options)
    trainer.add(Array(String(repeating: "Zwei höhere Bäume, two higher trees, 1234. ", count: 20).utf8))
    let tokenizer = try trainer.train().tokenizer
    let vocabulary = try tokenizer.ggufVocabulary()
    #expect(
      vocabulary.model == "gpt2" && vocabulary.pre == "qwen2" && vocabulary.tokens.count == tokenizer.vocabularySize)
    let read = try vocabulary.tokenizer()
    var generator = SeededGenerator(24)
    for _ in 0..<1_000 {
      let bytes = RandomText.bytes(upTo: 50, using: &generator) + Array("<|endoftext|>".utf8)
      for policy in [SpecialTokenPolicy.recognised, .plainText] {
        #expect(try read.encode(bytes, special: policy) == tokenizer.encode(bytes, special: policy))
      }
    }
    var words = try CharacterTrainer()
    words.add(Array("ab".utf8))
    #expect(throws: ApusError.self) { try words.train().ggufVocabulary() }
  }
}

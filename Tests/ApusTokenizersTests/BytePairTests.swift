// Applying merges: the fast encoder against the slow one, long inputs, round trips, special tokens.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct BytePairTests {
  /// A tokenizer over random merges of a to c, the other bytes by themselves.
  static func random(_ generator: inout SeededGenerator) throws -> (PipelineTokenizer, SlowBytePairEncoder) {
    var vocabulary = Vocabulary()
    for byte in 0...255 { try vocabulary.insert([UInt8(byte)], id: byte) }
    var tokens: [Int32] = [97, 98, 99]
    var merges: [(left: Int32, right: Int32)] = []
    for _ in 0..<Int.random(in: 1...20, using: &generator) {
      let pair = (tokens.randomElement(using: &generator) ?? 97, tokens.randomElement(using: &generator) ?? 97)
      let content = try #require(vocabulary.bytes(of: pair.0)) + (try #require(vocabulary.bytes(of: pair.1)))
      if let known = vocabulary.id(of: Array(content)) {
        tokens.append(known)
      } else {
        tokens.append(Int32(vocabulary.size))
        try vocabulary.insert(Array(content), id: vocabulary.size)
      }
      merges.append(pair)
    }
    let slow = SlowBytePairEncoder(
      merges: merges.map { (Array(vocabulary.bytes(of: $0.left) ?? []), Array(vocabulary.bytes(of: $0.right) ?? [])) })
    let model = try BytePairModel(unit: .bytes, vocabulary: vocabulary, merges: merges)
    let specials = SpecialTokens([AddedToken(id: Int32(vocabulary.size), content: Array("<|endoftext|>".utf8))])
    return (PipelineTokenizer(splitter: Splitter([.gpt2]), model: .bytePair(model), specialTokens: specials), slow)
  }

  @Test func fastAndSlowEncodersAgree() throws {
    var generator = SeededGenerator(4)
    for _ in 0..<200 {
      let (tokenizer, slow) = try Self.random(&generator)
      for length in [3, 8, 20, 47, 48, 49, 120] {
        let word = RandomText.word(upTo: length, using: &generator)
        let expected = slow.encode(word.map { [$0] })
        #expect(try tokenizer.encode(word).map { tokenizer.bytes(of: $0) } == expected)
        #expect(try tokenizer.encode(word).map { tokenizer.bytes(of: $0) } == expected, "from the cache")
      }
    }
  }

  @Test func anyBytesComeBack() throws {
    var generator = SeededGenerator(5)
    let (tokenizer, _) = try Self.random(&generator)
    for _ in 0..<2_000 {
      let bytes = RandomText.bytes(upTo: 60, using: &generator)
      #expect(try tokenizer.decode(tokenizer.encode(bytes)) == bytes)
    }
  }

  @Test(arguments: [UInt8(ascii: "a"), 0x20, 0x30, 0x0A, 0xFF])
  func aMillionEqualBytesTakeFourTimesAQuarterMillion(_ byte: UInt8) throws {
    var vocabulary = Vocabulary()
    for byte in 0...255 { try vocabulary.insert([UInt8(byte)], id: byte) }
    var merges: [(left: Int32, right: Int32)] = []
    for size in [2, 4, 8] {
      let id = vocabulary.size
      try vocabulary.insert([UInt8](repeating: byte, count: size), id: id)
      merges.append(size == 2 ? (Int32(byte), Int32(byte)) : (Int32(id - 1), Int32(id - 1)))
    }
    let model = try BytePairModel(unit: .bytes, vocabulary: vocabulary, merges: merges)
    let tokenizer = PipelineTokenizer(splitter: Splitter([.gpt2]), model: .bytePair(model))
    let text = [UInt8](repeating: byte, count: 1_000_001)
    let ids = try tokenizer.encode(text)
    #expect(ids == [Int32](repeating: Int32(vocabulary.size - 1), count: 125_000) + [Int32(byte)])
    let growth = try LinearTime.growth(text.count / 4) { _ = try tokenizer.encode(Array(text.prefix($0))) }
    #expect(growth < LinearTime.limit, "four times the bytes took \(growth) times the time; quadratic is 16")
  }

  @Test func specialTokensAreRecognisedOnRequestOnly() throws {
    var generator = SeededGenerator(6)
    let (tokenizer, _) = try Self.random(&generator)
    let text = "a<|endoftext|>b<|endof"
    let special = try #require(tokenizer.specialTokens.endOfText)
    let recognised = try tokenizer.encode(text, special: .recognised)
    #expect(recognised.filter { $0 == special }.count == 1 && recognised.firstIndex(of: special) == 1)
    #expect(try !tokenizer.encode(text).contains(special))
    #expect(try tokenizer.decode(recognised) == Array(text.utf8))
    #expect(try tokenizer.decode(recognised, skippingSpecial: true) == Array("ab<|endof".utf8))
  }

  @Test func theLongestSpecialTokenAtTheLeftmostPlaceWins() {
    let tokens = ["<a>", "<a><b>", "b><"].enumerated().map {
      AddedToken(id: Int32($0.offset), content: Array($0.element.utf8))
    }
    let match = SpecialTokens(tokens).firstMatch(in: Array("x<a><b><".utf8).span, from: 0)
    #expect(match?.id == 1 && match?.place == 1..<7)
  }

  @Test func whatTheVocabularyLacksIsAnErrorThatNamesIt() throws {
    var vocabulary = Vocabulary()
    try vocabulary.insert([97], id: 0)
    let model = WordLevelModel(vocabulary: vocabulary, unknown: nil)
    let tokenizer = PipelineTokenizer(splitter: Splitter([.characters]), model: .wordLevel(model))
    #expect(try tokenizer.encode("aa") == [0, 0])
    let error = #expect(throws: ApusError.self) { try tokenizer.encode("aé") }
    #expect(error?.kind == .badData && error?.place == "byte 1" && error?.problem.contains("'é'") == true)
    #expect(throws: ApusError.self) { try tokenizer.decode([1]) }
    #expect(throws: ApusError.self) { try tokenizer.decode([-1]) }
  }
}

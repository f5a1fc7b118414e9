// Linear time, whatever the text: every kind of model encodes, counts, locates and decodes, at once and streamed, a
// million equal letters, spaces, base64 and one giant word in about four times the time of a quarter of it; and so do
// the trainers.

import ApusCore
import Testing

@testable import ApusTokenizers

/// Texts of which tokenizers are afraid.
enum FearedText: String, CaseIterable {
  case equalLetters, spaces, base64, giantWord, giantWordOfHan, lineFeeds, marks

  /// Of about `length` bytes; a longer one begins with the shorter.
  func bytes(_ length: Int) -> [UInt8] {
    switch self {
    case .equalLetters: return [UInt8](repeating: UInt8(ascii: "a"), count: length)
    case .spaces: return [UInt8](repeating: 0x20, count: length)
    case .lineFeeds: return [UInt8](repeating: 0x0A, count: length)
    case .base64: return random(length, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    case .giantWord: return random(length, of: "etaoinshrdluß")
    case .giantWordOfHan: return random(length / 3, of: "的一是不了人我在有他")
    case .marks: return random(length / 2, of: "e\u{301}\u{323}")
    }
  }

  private func random(_ length: Int, of characters: String) -> [UInt8] {
    var generator = SeededGenerator(81)
    let choices = characters.unicodeScalars.map { Array(String($0).utf8) }
    return (0..<length).flatMap { _ in choices[Int.random(in: 0..<choices.count, using: &generator)] }
  }
}

@Suite struct LinearTimeTests {
  #if DEBUG
    private static let quarter = 15_000
  #else
    private static let quarter = 250_000
  #endif

  enum Kind: CaseIterable {
    case byteMerges, byteMergesInOnePiece, byteRanks, characterMerges, sentencePieces, wordPiece, unigram, words

    func tokenizer() throws -> PipelineTokenizer {
      let prose = Array(
        String(repeating: "the rational nation at the ocean's edge, 1234 的一是不了人 Straße ététe\u{301}\n  aa\n", count: 20)
          .utf8)
      switch self {
      case .byteMerges, .byteMergesInOnePiece, .byteRanks:
        var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 400))
        trainer.add(prose)
        let tokenizer = try trainer.train().tokenizer
        if self == .byteMergesInOnePiece { return PipelineTokenizer(splitter: Splitter([]), model: tokenizer.model) }
        if self != .byteRanks { return tokenizer }
        let folder = try FileSystem.makeTemporaryFolder()
        defer { try? FileSystem.remove(folder) }
        let path = FileSystem.join(folder, "x.tiktoken")
        try tokenizer.saveRanks(to: path)
        return try #require(try TokenizerFile.load(path: path, pattern: .o200k) as? PipelineTokenizer)
      case .characterMerges:
        var trainer = try CharacterPairTrainer(CharacterPairTrainer.Options(vocabularySize: 150))
        trainer.add(prose)
        return try trainer.train().tokenizer
      case .wordPiece:
        var options = WordPieceTrainer.Options(vocabularySize: 150)
        options.lowercases = true
        var trainer = try WordPieceTrainer(options)
        trainer.add(prose)
        return try trainer.train().tokenizer
      case .unigram:
        var trainer = try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 400))
        trainer.add(prose)
        return try trainer.train().tokenizer
      case .words:
        var trainer = try CharacterTrainer(specialTokens: [Array("<unk>".utf8)])
        trainer.add(prose)
        return try trainer.train()
      case .sentencePieces: return try Self.sentencePieces()
      }
    }

    private static func sentencePieces() throws -> PipelineTokenizer {
      var vocabulary = Vocabulary()
      let pieces = [
        "▁", "a", "b", "aa", "aaaa", "▁▁", "▁a", "t", "at", "的", "一", "的一", "e", "\u{301}", "e\u{301}", "\n",
      ]
      for piece in ["<unk>"] + pieces { try vocabulary.insert(Array(piece.utf8), id: vocabulary.size) }
      let model = RankedPairModel(
        unit: .characters, vocabulary: vocabulary, ranks: (0..<UInt32(vocabulary.size)).map { $0 },
        prefersWholeWords: false, unknown: 0)
      let normalizer = Normalizer(steps: [
        .form(.nfc), .sentencePiece(SentencePieceNormalizer(removesExtraSpaces: false)),
      ])
      return PipelineTokenizer(normalizer: normalizer, splitter: Splitter([]), model: .rankedPair(model))
    }
  }

  @Test(arguments: Kind.allCases) func everyModelIsLinear(_ kind: Kind) throws {
    let tokenizer = try kind.tokenizer()
    for text in FearedText.allCases {
      let bytes = text.bytes(4 * Self.quarter)
      let growth = try LinearTime.growth(bytes.count / 4) { size in
        let part = Array(bytes.prefix(size))
        let ids = try tokenizer.encode(part)
        #expect(try tokenizer.countTokens(part) == ids.count)
        #expect(try tokenizer.decode(ids).isEmpty == ids.isEmpty)
        var decoder = StreamingDecoder(tokenizer)
        for id in ids { _ = try decoder.push(id) }
        _ = decoder.finish()
      }
      #expect(growth < LinearTime.limit, "\(kind), \(text): four times the bytes took \(growth) times the time")
      let places = try LinearTime.growth(bytes.count / 8) { size in
        _ = try tokenizer.locate(Array(bytes.prefix(size)), special: .plainText)
      }
      #expect(places < LinearTime.limit, "\(kind), \(text): places took \(places) times the time")
    }
  }

  @Test(arguments: FearedText.allCases) func everyTrainerIsLinear(_ text: FearedText) throws {
    let bytes = text.bytes(Self.quarter)
    // Half a character is no text.
    func part(_ size: Int) -> [UInt8] { Array(String(decoding: bytes.prefix(size), as: UTF8.self).utf8) }
    let pool = ThreadPool(threads: 1)
    let trainers: [(name: String, make: () throws -> any CorpusTrainer)] = [
      ("bpe", { try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300), pool: pool) }),
      ("character-bpe", { try CharacterPairTrainer(CharacterPairTrainer.Options(vocabularySize: 200), pool: pool) }),
      ("wordpiece", { try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 200), pool: pool) }),
      ("unigram", { try UnigramTrainer(UnigramTrainer.Options(vocabularySize: 400), pool: pool) }),
    ]
    for (name, make) in trainers {
      let growth = LinearTime.growth(bytes.count / 4) { size in
        // White space alone is no text for some.
        guard var trainer = try? make() else { return }
        part(size).withUnsafeBufferPointer { try? trainer.add($0) { _ throws(ApusError) in } }
        // How many passes a unigram model takes depends on chance: the candidates and one pass are looked at.
        _ = try? trainer.train { step throws(ApusError) in
          if case .pruning(_, pass: 1, _) = step { throw ApusError(.interrupted, "enough") }
        }
      }
      #expect(growth < LinearTime.limit, "\(name), \(text): four times the bytes took \(growth) times the time")
    }
  }
}

// Generation over mock models: where texts end, what is shown when, what a prompt may be.

import ApusCore
import ApusTokenizers
import Synchronization
import Testing

@testable import ApusGeneration

@Suite struct GeneratorTests {
  static func generator(
    _ model: MockModel, _ options: GenerationOptions = GenerationOptions(sampling: .greedy), prompt: [Int32] = [65],
    isCancelled: @escaping () -> Bool = { false }
  ) throws -> Generator {
    try Generator(
      model, ByteTokenizer(), prompt: prompt, options: options, endOfText: ByteTokenizer.ends, isCancelled: isCancelled)
  }

  @Test func endOfTextIsTheLastTokenAndHasNoText() throws {
    let generator = try Self.generator(.saying("abc"))
    let tokens = Array(generator)
    #expect(tokens.map(\.id) == [97, 98, 99, 256])
    #expect(tokens.map(\.text) == ["a", "b", "c", ""])
    #expect(generator.finishReason == .endOfText)
    #expect(try generator.nextToken() == nil)
  }

  @Test func anyOfSeveralEndsEnds() throws {
    let generator = try Self.generator(.saying([97, 257, 98]))
    #expect(Array(generator).map(\.id) == [97, 257])
    #expect(generator.finishReason == .endOfText)
  }

  @Test func endsAreOrdinaryWhereAsked() throws {
    var options = GenerationOptions(sampling: .greedy, maximumTokens: 4)
    options.stopsAtEndOfText = false
    let generator = try Self.generator(.saying([97, 257, 98, 256]), options)
    let tokens = Array(generator)
    #expect(tokens.map(\.id) == [97, 257, 98, 256])
    #expect(tokens.map(\.text).joined() == "ab")
  }

  @Test func maximumTokensEnd() throws {
    let generator = try Self.generator(.saying("abcdef"), GenerationOptions(sampling: .greedy, maximumTokens: 3))
    #expect(Array(generator).map(\.text).joined() == "abc")
    #expect(generator.finishReason == .maximumTokens)
    #expect(generator.statistics.tokens == 3)
  }

  @Test func nothingIsComputedThatNobodyAskedFor() throws {
    let model = MockModel.saying("abcdef")
    let generator = try Self.generator(model, GenerationOptions(sampling: .greedy, maximumTokens: 3))
    while generator.next() != nil {}
    #expect(model.calls.withLock { $0.appended } == 3)  // the prompt and two tokens: the last one need not be taken
    #expect(model.calls.withLock { $0.logits } == 3)
  }

  @Test func fullContextEndsAfterTheTokenThatIsStillPredicted() throws {
    let generator = try Self.generator(.saying("abcdefghij", contextLength: 4))
    #expect(Array(generator).map(\.text).joined() == "abcd")
    #expect(generator.finishReason == .contextFull)
  }

  @Test func wholeCharactersOnly() throws {
    let text = "né 你好 👩‍👩‍👧 ok"
    let generator = try Self.generator(.saying(text))
    let pieces = Array(generator).map(\.text)
    #expect(Array(pieces.joined().utf8) == Array(text.utf8))
    #expect(!pieces.contains { $0.unicodeScalars.contains("\u{FFFD}") })
  }

  @Test func halfACharacterAtTheEndIsReplaced() throws {
    let bytes = Array("a你".utf8).dropLast().map { Int32($0) }
    #expect(Array(try Self.generator(.saying(bytes))).map(\.text).joined() == "a\u{FFFD}")
    let options = GenerationOptions(sampling: .greedy, maximumTokens: 2)
    #expect(Array(try Self.generator(.saying(bytes), options)).map(\.text).joined() == "a\u{FFFD}")
  }

  @Test(arguments: [
    ("Hello world. END more", ["END"], "Hello world. "), ("aab", ["ab"], "a"), ("xabcabd", ["abd"], "xabc"),
    ("abc", ["zzz"], "abc"), ("abca", ["ab!", "ca"], "ab"), ("ab", ["abc"], "ab"), ("one\n\ntwo", ["\n\n"], "one"),
    ("né!", ["é"], "n"), ("ne\u{301}!", ["é"], "ne\u{301}!"), ("ab", ["b", "ab"], ""),
  ])
  func stopStringsAcrossTokensAreNotShown(text: String, stops: [String], expected: String) throws {
    let options = GenerationOptions(sampling: .greedy, stopStrings: stops)
    let generator = try Self.generator(.saying(text), options)
    let shown = Array(generator).map(\.text).joined()
    #expect(Array(shown.utf8) == Array(expected.utf8))
    let isStopped = Array(text.utf8) != Array(expected.utf8)
    #expect(generator.finishReason == (isStopped ? .stopString : .endOfText))
  }

  @Test func textIsHeldBackOnlyWhileItMayBecomeAStopString() throws {
    let generator = try Self.generator(.saying("xENx"), GenerationOptions(sampling: .greedy, stopStrings: ["END"]))
    #expect(Array(generator).map(\.text) == ["x", "", "", "ENx", ""])
  }

  @Test(arguments: [1, 2, 3, 64, 1000])
  func promptComesInChunks(chunk: Int) throws {
    let model = MockModel.noisy
    let options = GenerationOptions(sampling: SamplingOptions(seed: 5), maximumTokens: 30, promptChunk: chunk)
    let prompt = (0..<130).map { Int32($0 % 200) }
    let expected = GenerationOptions(sampling: SamplingOptions(seed: 5), maximumTokens: 30)
    #expect(
      Array(try Self.generator(model, options, prompt: prompt))
        == Array(try Self.generator(model, expected, prompt: prompt)))
  }

  @Test func seedsDecideAndAreReported() throws {
    func run(_ seed: UInt64?) throws -> (ids: [Int32], seed: UInt64) {
      let options = GenerationOptions(sampling: SamplingOptions(seed: seed), maximumTokens: 20)
      let generator = try Self.generator(.uniform(), options)
      return (Array(generator).map(\.id), generator.seed)
    }
    #expect(try run(1).ids == run(1).ids)
    #expect(try run(1).ids != run(2).ids)
    let drawn = try run(nil)
    #expect(try run(drawn.seed).ids == drawn.ids)
  }

  @Test func cancellationIsSeenBeforeEachChunkAndToken() throws {
    let model = MockModel.saying("abcdef")
    var questions = 0
    let generator = try Self.generator(
      model, GenerationOptions(sampling: .greedy, promptChunk: 10), prompt: [Int32](repeating: 65, count: 100)
    ) {
      questions += 1
      return questions > 5
    }
    #expect(Array(generator).isEmpty)
    #expect(generator.finishReason == .cancelled)
    #expect(model.calls.withLock { $0.appended } == 50)
  }

  @Test(arguments: [
    (prompt: [], options: GenerationOptions(), words: "empty"),
    (prompt: [Int32](repeating: 1, count: 9), options: GenerationOptions(), words: "9 tokens"),
    (prompt: [300], options: GenerationOptions(), words: "300"),
    (prompt: [-1], options: GenerationOptions(), words: "-1"),
    (prompt: [1], options: GenerationOptions(maximumTokens: 0), words: "0 tokens"),
    (prompt: [1], options: GenerationOptions(stopStrings: ["a", ""]), words: "stop string"),
    (prompt: [1], options: GenerationOptions(promptChunk: 0), words: "chunk"),
    (prompt: [1], options: GenerationOptions(sampling: SamplingOptions(topP: 0)), words: "top-p"),
  ])
  func wrongUseIsRefused(prompt: [Int32], options: GenerationOptions, words: String) {
    let error = #expect(throws: ApusError.self) {
      try Self.generator(.saying("a", contextLength: 8), options, prompt: prompt)
    }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains(words) == true)
  }

  @Test func logitsThatAreNoNumbersEndTheSequenceWithItsReason() throws {
    let model = MockModel { sequence in
      [Float](repeating: sequence.count > 3 ? .nan : 0, count: 258)
    }
    let generator = try Self.generator(model)
    #expect(Array(generator).count == 3)
    #expect(generator.failure?.kind == .badData)
  }

  @Test func largestMaximumIsNoOverflow() throws {
    let generator = try Self.generator(.saying("ab"), GenerationOptions(sampling: .greedy, maximumTokens: .max))
    #expect(Array(generator).count == 3)
  }
}

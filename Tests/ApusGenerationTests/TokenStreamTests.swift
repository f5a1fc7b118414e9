// The asynchronous door: the same tokens, few tokens ahead, and an end to the work when nobody listens.

import ApusCore
import Foundation
import Synchronization
import Testing

@testable import ApusGeneration

@Suite struct TokenStreamTests {
  static func stream(
    _ model: MockModel, _ options: GenerationOptions = GenerationOptions(sampling: .greedy), prompt: [Int32] = [65]
  ) -> TokenStream {
    TokenStream { isCancelled throws(ApusError) in
      try Generator(
        model, ByteTokenizer(), prompt: prompt, options: options, endOfText: ByteTokenizer.ends,
        isCancelled: isCancelled)
    }
  }

  /// Waits until the count stays the same for a while; returns it.
  static func settled(_ count: () -> Int) async throws -> Int {
    var last = count()
    var calm = 0
    while calm < 5 {
      try await Task.sleep(for: .milliseconds(10))
      calm = count() == last ? calm + 1 : 0
      last = count()
    }
    return last
  }

  @Test func streamHasTheTokensOfTheGenerator() async throws {
    let options = GenerationOptions(sampling: SamplingOptions(seed: 3), maximumTokens: 100)
    var tokens: [GeneratedToken] = []
    for try await token in Self.stream(.noisy, options) { tokens.append(token) }
    #expect(tokens == Array(try GeneratorTests.generator(.noisy, options)))
    #expect(!tokens.isEmpty)
  }

  @Test func iteratingTwiceGivesTheSameText() async throws {
    let stream = TextStream(Self.stream(.saying("hello 你")))
    for _ in 0..<2 {
      var text = ""
      for try await piece in stream {
        #expect(!piece.isEmpty)
        text += piece
      }
      #expect(text == "hello 你")
    }
  }

  @Test func wrongUseIsThrownByTheFirstNext() async {
    var iterator = Self.stream(.uniform(), prompt: []).makeAsyncIterator()
    await #expect(throws: ApusError.self) { _ = try await iterator.next() }
  }

  @Test func failuresComeAfterTheTokensBeforeThem() async throws {
    let model = MockModel { [Float](repeating: $0.count > 5 ? .nan : 0, count: 258) }
    var count = 0
    let error = await #expect(throws: ApusError.self) {
      for try await _ in Self.stream(model) { count += 1 }
    }
    #expect(count == 5)
    #expect(error?.kind == .badData)
  }

  @Test func slowConsumersHoldTheProducerBack() async throws {
    let model = MockModel.uniform()
    var iterator = Self.stream(model, GenerationOptions(maximumTokens: 1000)).makeAsyncIterator()
    _ = try await iterator.next()
    let computed = try await Self.settled { model.calls.withLock { $0.logits } }
    #expect(computed <= 1 + TokenStream.lookahead)
    _ = iterator
  }

  @Test func leavingTheLoopStopsTheWork() async throws {
    let model = MockModel.uniform()
    for try await _ in Self.stream(model, GenerationOptions(maximumTokens: 100_000)) { break }
    let computed = try await Self.settled { model.calls.withLock { $0.logits } }
    #expect(computed <= 2 + TokenStream.lookahead)
  }

  @Test func cancellingTheTaskStopsTheWorkAndEndsTheLoop() async throws {
    let model = MockModel(contextLength: 1_000_000) { _ in
      Thread.sleep(forTimeInterval: 0.001)
      return [Float](repeating: 0, count: 256)
    }
    let received = Atomic(0)
    let task = Task {
      for try await _ in Self.stream(model, GenerationOptions(maximumTokens: 1_000_000)) {
        received.add(1, ordering: .relaxed)
      }
      return Task.isCancelled
    }
    while received.load(ordering: .relaxed) < 10 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    let start = Clock.seconds()
    #expect(try await task.value)
    #expect(Clock.seconds() - start < 1)
    let before = model.calls.withLock { $0.logits }
    let after = try await Self.settled { model.calls.withLock { $0.logits } }
    #expect(after - before <= 1 + TokenStream.lookahead)
  }

  @Test func cancellingDuringALongPromptStopsIt() async throws {
    let model = MockModel(contextLength: 1_000_000) { _ in [Float](repeating: 0, count: 258) }
    let slow = SlowModel(model)
    let stream = TokenStream { isCancelled throws(ApusError) in
      try Generator(
        slow, ByteTokenizer(), prompt: [Int32](repeating: 1, count: 1_000_000),
        options: GenerationOptions(promptChunk: 10), isCancelled: isCancelled)
    }
    let task = Task {
      var iterator = stream.makeAsyncIterator()
      return try await iterator.next()
    }
    while model.calls.withLock({ $0.appends }) < 3 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    #expect(try await task.value == nil)
    // All of it would take minutes; how far it comes depends on when a busy machine lets the test go on.
    #expect(try await Self.settled { model.calls.withLock { $0.appends } } < 100_000)
  }

  @Test func manyStreamsAtOnceGiveTheTextsOfEachAlone() async throws {
    @Sendable func options(_ seed: Int) -> GenerationOptions {
      GenerationOptions(sampling: SamplingOptions(seed: UInt64(seed)), maximumTokens: 50)
    }
    let together = try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
      for seed in 0..<16 {
        group.addTask {
          var ids: [Int32] = []
          for try await token in Self.stream(.noisy, options(seed)) { ids.append(token.id) }
          return (seed, ids)
        }
      }
      return try await group.reduce(into: [Int: [Int32]]()) { $0[$1.0] = $1.1 }
    }
    for seed in 0..<16 {
      #expect(try together[seed] == Array(GeneratorTests.generator(.noisy, options(seed))).map(\.id))
    }
  }
}

/// A model whose `append` takes a millisecond.
struct SlowModel: NextTokenModel {
  let model: MockModel
  var vocabularySize: Int { model.vocabularySize }
  var contextLength: Int { model.contextLength }

  init(_ model: MockModel) {
    self.model = model
  }

  func sequence(cached: Bool, capacity: Int) throws(ApusError) -> any TokenSequence {
    SlowSequence(model.sequence(cached: cached, capacity: capacity))
  }

  final class SlowSequence: TokenSequence {
    let sequence: any TokenSequence

    init(_ sequence: any TokenSequence) {
      self.sequence = sequence
    }

    func append(_ tokens: ArraySlice<Int32>) throws(ApusError) {
      Thread.sleep(forTimeInterval: 0.001)
      try sequence.append(tokens)
    }

    func logits(into logits: inout [Float]) throws(ApusError) {
      try sequence.logits(into: &logits)
    }
  }
}

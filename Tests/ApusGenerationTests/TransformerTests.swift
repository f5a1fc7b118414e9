// Generation with real (tiny, random) decoders: with and without the cache, in chunks, on any number of threads, in
// company.

import ApusCore
import ApusModels
import Foundation
import Testing

@testable import ApusGeneration

@Suite struct TransformerTests {
  /// One of each kind of decoder, with contexts that hold 500 tokens and more than one page of the cache.
  static let specifications: [Specification] = [
    .gpt2(vocabulary: 61, context: 600, width: 32, layers: 2, heads: 4),
    .llama(vocabulary: 67, context: 600, width: 32, layers: 2, heads: 4, keyValueHeads: 2, feedForwardWidth: 48),
    stretching,
  ]

  /// A rotation that depends on the length that a sequence is made for.
  private static let stretching: Specification = {
    var specification = Specification.llama(
      vocabulary: 67, context: 100, width: 32, layers: 1, heads: 4, feedForwardWidth: 48)
    specification.positions = .rotary(
      RotaryEmbedding(rotatedWidth: 8, scaling: .dynamic(factor: 4, originalContext: 100)))
    return specification
  }()

  static func transformer(
    _ specification: Specification, packing: Bool = true, threads: Int? = nil
  ) throws(ApusError) -> Transformer {
    var specification = specification
    let pool = threads.map { ThreadPool(threads: $0) } ?? .shared
    specification.initialDeviation = 0.2  // wider than for training: logits that differ
    return try Transformer(Model(specification: specification, seed: 4), packing: packing, pool: pool)
  }

  static func generate(
    _ model: Transformer, prompt: [Int32] = [1, 2, 3], sampling: SamplingOptions = .greedy, tokens: Int,
    cached: Bool = true, chunk: Int = 256
  ) throws -> [GeneratedToken] {
    let options = GenerationOptions(
      sampling: sampling, maximumTokens: tokens, usesCache: cached, promptChunk: chunk)
    return Array(try Generator(model, nil, prompt: prompt, options: options))
  }

  @Test func textsBeyondTheMemoryAreRefused() throws {
    // Few weights, and 25 MB of keys and values for each page of 64 tokens.
    let wide = Specification.llama(
      vocabulary: 61, context: 1 << 24, width: 8, layers: 192, heads: 4, headWidth: 64, feedForwardWidth: 8)
    let model = try Self.transformer(wide)
    for cached in [true, false] {
      let error = #expect(throws: ApusError.self) {
        _ = try Self.generate(model, tokens: 1 << 24, cached: cached)
      }
      #expect(error?.kind == .usage && error?.problem.contains("GiB") == true, "\(String(describing: error))")
    }
    #expect(try Self.generate(model, tokens: 2).count == 2)
  }

  @Test(arguments: specifications)
  func cacheChangesNothingOver500Tokens(specification: Specification) throws {
    let model = try Self.transformer(specification)
    let cached = try Self.generate(model, tokens: 500)
    let uncached = try Self.generate(model, tokens: 500, cached: false)
    #expect(cached.count == 500)
    #expect(cached == uncached)  // log-probabilities too
    #expect(Set(cached.map(\.id)).count > 2)
  }

  @Test(arguments: specifications)
  func sampledTextIsTheSameWithoutTheCache(specification: Specification) throws {
    let model = try Self.transformer(specification)
    let sampling = SamplingOptions(temperature: 0.9, topK: 20, topP: 0.9, seed: 11)
    #expect(
      try Self.generate(model, sampling: sampling, tokens: 100)
        == Self.generate(model, sampling: sampling, tokens: 100, cached: false))
  }

  @Test(arguments: specifications)
  func packedWeightsChangeNothing(specification: Specification) throws {
    #expect(
      try Self.generate(Self.transformer(specification), tokens: 80)
        == Self.generate(Self.transformer(specification, packing: false), tokens: 80))
  }

  @Test(arguments: specifications)
  func logitsHaveTheSameBitsForAnyChunksOfThePrompt(specification: Specification) throws {
    let model = try Self.transformer(specification)
    let prompt = (0..<200).map { Int32($0 * 7 % 61) }
    func logits(_ chunk: Int, cached: Bool = true) throws -> [Float] {
      let sequence = try model.sequence(cached: cached, capacity: prompt.count)
      for start in stride(from: 0, to: prompt.count, by: chunk) {
        try sequence.append(prompt[start..<min(prompt.count, start + chunk)])
      }
      var logits = [Float](repeating: 0, count: model.vocabularySize)
      try sequence.logits(into: &logits)
      return logits
    }
    let expected = try logits(200).map(\.bitPattern)
    for chunk in [1, 3, 64] { #expect(try logits(chunk).map(\.bitPattern) == expected, "chunks of \(chunk)") }
    #expect(try logits(200, cached: false).map(\.bitPattern) == expected)
  }

  @Test(arguments: specifications)
  func threadsChangeNothing(specification: Specification) throws {
    let prompt = (0..<150).map { Int32($0 * 5 % 61) }
    let texts = try [1, 2, 3].map { threads in
      try Self.generate(Self.transformer(specification, threads: threads), prompt: prompt, tokens: 60)
    }
    #expect(texts[1] == texts[0])
    #expect(texts[2] == texts[0])
  }

  @Test func growingBeyondTheFirstReserveChangesNothing() throws {
    let specification = Specification.llama(
      vocabulary: 31, context: 5000, width: 8, layers: 1, heads: 1, feedForwardWidth: 8)
    let model = try Self.transformer(specification)
    let prompt = (0..<4500).map { Int32($0 % 31) }
    func last(_ chunk: Int) throws -> [Float] {
      let sequence = try model.sequence(cached: true, capacity: 5000)
      for start in stride(from: 0, to: prompt.count, by: chunk) {
        try sequence.append(prompt[start..<min(prompt.count, start + chunk)])
      }
      var logits = [Float](repeating: 0, count: 31)
      try sequence.logits(into: &logits)
      return logits
    }
    #expect(try last(4500) == last(500))
  }

  @Test func contextIsUsedToItsEnd() throws {
    let specification = Specification.gpt2(vocabulary: 61, context: 16, width: 8, layers: 1, heads: 2)
    let generator = try Generator(
      Self.transformer(specification), nil, prompt: [1, 2, 3], options: GenerationOptions(sampling: .greedy))
    #expect(Array(generator).count == 14)
    #expect(generator.finishReason == .contextFull)
    #expect(generator.failure == nil)
  }

  @Test func manyStreamsOnOneModelGiveTheTextsOfEachAlone() async throws {
    let model = try Self.transformer(Self.specifications[1])
    func options(_ seed: Int) -> GenerationOptions {
      GenerationOptions(sampling: SamplingOptions(seed: UInt64(seed)), maximumTokens: 40)
    }
    let together = try await withThrowingTaskGroup(of: (Int, [GeneratedToken]).self) { group in
      for seed in 0..<8 {
        let options = options(seed)
        group.addTask {
          let stream = TokenStream { isCancelled throws(ApusError) in
            try Generator(model, nil, prompt: [Int32(seed)], options: options, isCancelled: isCancelled)
          }
          return (seed, try await stream.reduce(into: []) { $0.append($1) })
        }
      }
      return try await group.reduce(into: [Int: [GeneratedToken]]()) { $0[$1.0] = $1.1 }
    }
    for seed in 0..<8 {
      #expect(try together[seed] == Array(Generator(model, nil, prompt: [Int32(seed)], options: options(seed))))
    }
  }
}

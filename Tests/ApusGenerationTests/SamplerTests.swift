// Samplers against their definitions, and draws against their probabilities.

import ApusCore
import Foundation
import Testing

@testable import ApusGeneration

@Suite struct SamplerTests {
  static let logits: [Float] = [1, 3, -.infinity, 2, 0, 3, -1]

  static func kept(_ sampler: some Sampler, _ logits: [Float] = Self.logits) -> [Int32] {
    var candidates = Candidates(logits)
    sampler.apply(to: &candidates)
    return candidates.ids
  }

  static func probabilities(_ logits: [Float]) -> [Double] {
    let greatest = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - greatest) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Logits of a size that reaches every branch.
  static func random(_ count: Int, seed: UInt64, step: Float = 0) -> [Float] {
    let philox = Philox(seed: seed)
    return (0..<count).map { index in
      let value = Float(philox.block(UInt64(index))[0]) * 0x1p-32 * 16 - 8
      return step > 0 ? (value / step).rounded() * step : value
    }
  }

  @Test func impossibleTokensAreNoCandidates() {
    #expect(Candidates(Self.logits).ids == [0, 1, 3, 4, 5, 6])
  }

  @Test func greedyTakesTheLowestIdOfEquals() {
    #expect(Self.kept(Greedy()) == [1])
  }

  @Test func temperatureDivides() {
    var candidates = Candidates([1, 2])
    Temperature(0.5).apply(to: &candidates)
    #expect(candidates.logits == [2, 4])
  }

  @Test(
    arguments: [
      (1, [1, 5]), (2, [1, 5]), (3, [1, 3, 5]), (5, [0, 1, 3, 4, 5]), (6, [0, 1, 3, 4, 5, 6]),
      (99, [0, 1, 3, 4, 5, 6]),
    ] as [(Int, [Int32])])
  func topKKeepsTies(count: Int, expected: [Int32]) {
    #expect(Self.kept(TopK(count)) == expected)
  }

  @Test(arguments: [1, 2, 7, 50, 499, 500, 501], [Float(0), 0.5])
  func topKEqualsSorting(count: Int, step: Float) {
    let logits = Self.random(500, seed: 3, step: step)
    let cut = logits.sorted(by: >)[min(count, 500) - 1]
    #expect(Self.kept(TopK(count), logits) == logits.indices.filter { logits[$0] >= cut }.map { Int32($0) })
  }

  @Test(arguments: [0, 0.1, 0.5, 0.9, 0.99, 0.9999, 1], [Float(0), 0.5])
  func topPEqualsSorting(probability: Double, step: Float) {
    let logits = Self.random(500, seed: 5, step: step)
    let probabilities = Self.probabilities(logits)
    let ranked = logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
    var expected: [Int] = []
    var reached = 0.0
    for index in ranked where expected.isEmpty || reached < probability {
      expected.append(index)
      reached += probabilities[index]
    }
    #expect(Self.kept(TopP(probability), logits) == expected.sorted().map { Int32($0) })
  }

  @Test func topPOnEqualTokensKeepsTheLowestIds() {
    #expect(Self.kept(TopP(0.5), [Float](repeating: 1, count: 50)) == Array(0..<25))
  }

  @Test func orderIsTemperatureTopKTopP() {
    let chain = SamplingOptions(temperature: 0.7, topK: 40, topP: 0.9).chain
    #expect(chain.steps.map { "\(type(of: $0))" } == ["Temperature", "TopK", "TopP"])
    #expect(SamplingOptions().chain.steps.isEmpty)
    #expect(SamplingOptions.greedy.chain.steps.count == 1)
  }

  @Test(arguments: [
    SamplingOptions(temperature: -1), SamplingOptions(temperature: .nan), SamplingOptions(temperature: .infinity),
    SamplingOptions(temperature: 1e-9), SamplingOptions(topK: -1), SamplingOptions(topP: 0),
    SamplingOptions(topP: 1.5), SamplingOptions(topP: -0.1), SamplingOptions(topP: .nan),
  ])
  func valuesWithoutMeaningAreRefused(options: SamplingOptions) {
    let error = #expect(throws: ApusError.self) { try options.validate() }
    #expect(error?.kind == .usage)
    #expect(error?.remedy != nil)
  }
}

@Suite struct ChooserTests {
  /// χ² of draws at many positions against the expected probabilities.
  static func chiSquare(_ options: SamplingOptions, _ logits: [Float], expected: [Double], draws: Int) throws -> Double
  {
    var chooser = TokenChooser(options.chain, seed: 20, vocabularySize: logits.count)
    var counts = [Int](repeating: 0, count: logits.count)
    for position in 0..<draws { counts[Int(try chooser.choose(logits, position: position).id)] += 1 }
    return zip(counts, expected).reduce(0) { sum, pair in
      let mean = pair.1 * Double(draws)
      return mean > 0 ? sum + pow(Double(pair.0) - mean, 2) / mean : sum + (pair.0 == 0 ? 0 : .infinity)
    }
  }

  static let logits: [Float] = [0, 1, 2, 0.5, -1, 1.5, -0.5, 0.25]

  /// The definition, by hand: the probabilities of the kept tokens, renormalised.
  static func expected(temperature: Double, kept: (Int) -> Bool) -> [Double] {
    let probabilities = SamplerTests.probabilities(logits.map { $0 / Float(temperature) })
    let sum = probabilities.indices.filter(kept).reduce(0) { $0 + probabilities[$1] }
    return probabilities.indices.map { kept($0) ? probabilities[$0] / sum : 0 }
  }

  // The limits are the 99.9 % quantiles of χ² with (kept − 1) degrees of freedom; the seed is fixed.
  @Test func drawsFollowTheModelsDistribution() throws {
    let expected = Self.expected(temperature: 1) { _ in true }
    #expect(try Self.chiSquare(SamplingOptions(), Self.logits, expected: expected, draws: 20_000) < 24.3)
  }

  @Test func drawsFollowTheTemperature() throws {
    let expected = Self.expected(temperature: 0.5) { _ in true }
    let options = SamplingOptions(temperature: 0.5)
    #expect(try Self.chiSquare(options, Self.logits, expected: expected, draws: 20_000) < 24.3)
    #expect(try Self.chiSquare(SamplingOptions(), Self.logits, expected: expected, draws: 20_000) > 100)
  }

  @Test func drawsFollowTopK() throws {
    let expected = Self.expected(temperature: 1) { [1, 2, 5].contains($0) }
    #expect(try Self.chiSquare(SamplingOptions(topK: 3), Self.logits, expected: expected, draws: 20_000) < 13.8)
  }

  @Test func drawsFollowTopP() throws {
    // 0.38 + 0.23 + 0.14 + 0.08: four tokens reach 0.8.
    let expected = Self.expected(temperature: 1) { [1, 2, 3, 5].contains($0) }
    #expect(try Self.chiSquare(SamplingOptions(topP: 0.8), Self.logits, expected: expected, draws: 20_000) < 16.3)
  }

  @Test func drawsDependOnSeedAndPositionAlone() throws {
    let logits = [Float](repeating: 0, count: 1000)
    func ids(_ seed: UInt64, _ positions: [Int]) throws -> [Int32] {
      var chooser = TokenChooser(SamplingOptions().chain, seed: seed, vocabularySize: 1000)
      return try positions.map { try chooser.choose(logits, position: $0).id }
    }
    let forward = try ids(7, Array(0..<20))
    #expect(try ids(7, Array((0..<20).reversed())) == forward.reversed())
    #expect(try ids(8, Array(0..<20)) != forward)
    #expect(Set(forward).count > 10)
  }

  @Test func logProbabilitiesAreTheModelsOwn() throws {
    var chooser = TokenChooser(SamplingOptions(temperature: 0.1, topK: 1).chain, seed: 0, vocabularySize: 8)
    let choice = try chooser.choose(Self.logits, position: 0)
    #expect(choice.id == 2)
    #expect(abs(Double(choice.logProbability) - log(SamplerTests.probabilities(Self.logits)[2])) < 1e-6)
  }

  @Test(arguments: [[Float.nan, 1, 2], [0, 1, .nan], [.infinity, 0, 0], [-.infinity, -.infinity, -.infinity], []])
  func logitsThatAreNoDistributionAreRefused(logits: [Float]) {
    var chooser = TokenChooser(SamplingOptions.greedy.chain, seed: 0, vocabularySize: 3)
    let error = #expect(throws: ApusError.self) { try chooser.choose(logits, position: 12) }
    #expect(error?.kind == .badData)
    #expect(error?.problem.contains("12") == true)
  }
}

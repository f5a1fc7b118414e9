// Scaled rotations against their definitions, worked out by hand, and how configurations are read and written.

import ApusCore
import ApusTensor
import Foundation
import Testing

@testable import ApusModels

@Suite struct RotaryEmbeddingTests {
  private func read(
    _ text: String, headWidth: Int = 8, context: Int = 64, keys: RotaryEmbedding.Keys = RotaryEmbedding.Keys()
  ) throws -> RotaryEmbedding {
    let reader = JSON.Reader(try JSON.parse(text).object ?? [:], file: "config.json")
    return try RotaryEmbedding(from: reader, headWidth: headWidth, context: context, keys: keys)
  }

  private func frequencies(_ scaling: RotaryScaling, base: Double = 10_000, width: Int = 8, length: Int = 1) -> [Double]
  {
    RotaryEmbedding(base: base, rotatedWidth: width, scaling: scaling).frequencies(length: length)
      .inverseFrequencies.map(Double.init)
  }

  private func isClose(_ left: [Double], _ right: [Double]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) }
  }

  // MARK: Arithmetic

  @Test func linearDividesAllFrequencies() {
    #expect(isClose(frequencies(.none), [1, 0.1, 0.01, 0.001]))
    #expect(isClose(frequencies(.linear(factor: 4)), [0.25, 0.025, 0.0025, 0.00025]))
  }

  // The fastest pair stays, the slowest turns as if interpolated.
  @Test func neuralTangentScalingChangesTheBase() {
    let fixed = frequencies(.ntk(factor: 4))
    #expect(isClose([fixed[0], fixed[3]], [1, 0.001 / 4]))
    let dynamic = RotaryScaling.dynamic(factor: 2, originalContext: 100)
    #expect(frequencies(dynamic, length: 100) == frequencies(.none))
    #expect(frequencies(dynamic, length: 7) == frequencies(.none))
    #expect(isClose(frequencies(dynamic, length: 300), frequencies(.ntk(factor: 5))))
  }

  // Two turns within the original context keep a pair, less than one interpolates it.
  @Test func yarnRampsFromKeptToInterpolated() {
    let context = 2048
    let scaling = RotaryScaling.yarn(YaRN(factor: 8, originalContext: context))
    let (plain, scaled) = (frequencies(.none, width: 64), frequencies(scaling, width: 64))
    var shares: [Double] = []
    for (before, after) in zip(plain, scaled) {
      let turns = Double(context) * before / (2 * .pi)
      let kept = (after - before / 8) / (before - before / 8)
      if turns > 32 * 1.4 { #expect(abs(kept - 1) < 1e-5) }
      if turns < 1 / 1.4 { #expect(abs(kept) < 1e-5) }
      shares.append(kept)
    }
    let ramp = shares.filter { $0 > 1e-4 && $0 < 1 - 1e-4 }
    let steps = zip(ramp, ramp.dropFirst()).map { $0 - $1 }
    #expect(ramp.count > 5 && steps.allSatisfy { abs($0 - steps[0]) < 1e-4 && $0 > 0 })
  }

  @Test func yarnSharpensAttention() {
    func scale(_ yarn: YaRN) -> Double { yarn.attentionScale }
    #expect(abs(scale(YaRN(factor: exp(1), originalContext: 8)) - 1.1) < 1e-12)
    #expect(scale(YaRN(factor: 1, originalContext: 8)) == 1)
    #expect(scale(YaRN(factor: 9, originalContext: 8, attentionFactor: 0.5)) == 0.5)
    let weighted = YaRN(factor: exp(1), originalContext: 8, mscale: 2, mscaleAllDimensions: 1)
    #expect(abs(scale(weighted) - 1.2 / 1.1) < 1e-12)
    #expect(abs(scale(YaRN(factor: exp(1), originalContext: 8, mscale: 2)) - 1.1) < 1e-12)
  }

  @Test func llama3KeepsShortWavesAndStretchesLongOnes() {
    // Wavelengths 2π, 20π, 200π, 2000π; the band lies between 64 / 4 and 64 / 1, or wherever the original context puts
    // it.
    func scaled(_ context: Int) -> [Double] {
      frequencies(
        .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: context))
    }
    #expect(isClose(Array(scaled(64)[...0]), [1]))
    #expect(isClose(Array(scaled(64)[2...]), [0.01 / 8, 0.001 / 8]))
    // Where a wave fills the original context once it is wholly stretched, where four times not at all.
    #expect(isClose([scaled(62)[1]], [0.1 / 8]))
    #expect(abs(scaled(63)[1] - 0.1 / 8) < 1e-4)
    #expect(abs(scaled(251)[1] - 0.1) < 2e-4)
    #expect(isClose([scaled(252)[1]], [0.1]))
    #expect(scaled(150)[1] > 0.1 / 8 && scaled(150)[1] < 0.1)
  }

  @Test func longRopeSwitchesBeyondTheOriginalContext() {
    let scaling = RotaryScaling.longRope(
      shortFactors: [1, 1, 2, 2], longFactors: [1, 2, 4, 8], originalContext: 50, attentionFactor: 1.5)
    #expect(isClose(frequencies(scaling, length: 50), [1, 0.1, 0.005, 0.0005]))
    #expect(isClose(frequencies(scaling, length: 51), [1, 0.05, 0.0025, 0.000125]))
    let rotary = RotaryEmbedding(rotatedWidth: 8, scaling: scaling)
    #expect(rotary.frequencies(length: 3).attentionScale == 1.5)
    let tables = rotary.makeTables()
    #expect(tables.table(forLength: 3) === tables.table(forLength: 50))
    #expect(tables.table(forLength: 51) === tables.table(forLength: 5_000))
    #expect(tables.table(forLength: 50) !== tables.table(forLength: 51))
  }

  @Test func proportionalLeavesTheOtherPairsStill() {
    #expect(isClose(frequencies(.proportional(portion: 0.5, factor: 2)), [0.5, 0.05, 0, 0]))
  }

  // MARK: Reading

  @Test func integersStandForFloats() throws {
    let whole = try read(
      #"{"rope_theta": 500000, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "#
        + #""high_freq_factor": 4, "original_max_position_embeddings": 32.0}}"#)
    let llama3 = RotaryScaling.llama3(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32)
    #expect(whole == RotaryEmbedding(base: 500_000, rotatedWidth: 8, scaling: llama3))
    #expect(try read(#"{"rope_scaling": {"type": "linear", "factor": 2}}"#).scaling == .linear(factor: 2))
    let factors = #"{"rope_scaling": {"type": "su", "short_factor": [1, 1], "long_factor": [2, 3], "factor": 1}}"#
    let longRope = RotaryScaling.longRope(
      shortFactors: [1, 1], longFactors: [2, 3], originalContext: 64, attentionFactor: 1)
    #expect(try read(factors, headWidth: 4).scaling == longRope)
  }

  @Test func partsOfAHeadRotate() throws {
    let neox = RotaryEmbedding.Keys(base: "rotary_emb_base", portion: "rotary_pct", defaultPortion: 0.25)
    #expect(try read("{}", headWidth: 16, keys: neox) == RotaryEmbedding(rotatedWidth: 4))
    let old = #"{"rotary_emb_base": 100, "rotary_pct": 0.5}"#
    #expect(try read(old, headWidth: 16, keys: neox) == RotaryEmbedding(base: 100, rotatedWidth: 8))
    let new = #"{"rope_parameters": {"rope_theta": 7, "partial_rotary_factor": 0.75, "rope_type": "default"}}"#
    #expect(try read(new, headWidth: 16, keys: neox) == RotaryEmbedding(base: 7, rotatedWidth: 12))
  }

  @Test func layersOfEachTypeHaveTheirOwn() throws {
    let new =
      #"{"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8, "rope_theta": 1e6}, "#
      + #""sliding_attention": {"rope_type": "default", "rope_theta": 500}}}"#
    let old = #"{"rope_theta": 1e6, "rope_local_base_freq": 500, "rope_scaling": {"rope_type": "linear", "factor": 8}}"#
    let full = RotaryEmbedding.Keys(layerType: "full_attention")
    let sliding = RotaryEmbedding.Keys(base: "rope_local_base_freq", scaling: nil, layerType: "sliding_attention")
    for text in [new, old] {
      #expect(
        try read(text, keys: full) == RotaryEmbedding(base: 1e6, rotatedWidth: 8, scaling: .linear(factor: 8)))
      #expect(try read(text, keys: sliding) == RotaryEmbedding(base: 500, rotatedWidth: 8))
    }
    #expect(throws: ApusError.self) { try read(new) }
    #expect(try read(#"{"rope_parameters": {"other": {"rope_theta": 3}}}"#, keys: full).base == 10_000)
  }

  @Test func theOriginalContextIsFoundBesideOrInside() throws {
    func original(_ text: String) throws -> Int? {
      guard case .yarn(let yarn) = try read(text).scaling else { return nil }
      return yarn.originalContext
    }
    let inside = #"{"type": "yarn", "factor": 2, "original_max_position_embeddings": 32}"#
    #expect(try original("{\"rope_scaling\": \(inside)}") == 32)
    #expect(try original("{\"rope_scaling\": \(inside), \"original_max_position_embeddings\": 16}") == 16)
    #expect(try original(#"{"rope_scaling": {"type": "yarn", "factor": 2}}"#) == 64)
    let implied = try read(#"{"rope_parameters": {"rope_type": "yarn", "original_max_position_embeddings": 16}}"#)
    #expect(implied.scaling == .yarn(YaRN(factor: 4, originalContext: 16)))
  }

  private static let bad: [(text: String, place: String, problem: String)] = [
    (#"{"rope_scaling": {"type": "spiral"}}"#, "rope_scaling.type", "'spiral'"),
    (#"{"rope_parameters": {"rope_type": "mrope"}}"#, "rope_parameters.rope_type", "'mrope'"),
    (#"{"rope_parameters": {"rope_type": 3}}"#, "rope_parameters.rope_type", "a string"),
    (#"{"rope_scaling": {"type": "linear"}}"#, "rope_scaling.factor", "missing"),
    (#"{"rope_scaling": {"type": "linear", "factor": "8"}}"#, "rope_scaling.factor", "a number"),
    (#"{"rope_scaling": {"type": "linear", "factor": 0}}"#, "rope_scaling.factor", "outside"),
    (#"{"rope_scaling": {"type": "dynamic", "factor": -2}}"#, "rope_scaling.factor", "outside"),
    (#"{"rope_scaling": {"type": "ntk", "factor": 1e30}}"#, "rope_scaling.factor", "outside"),
    (#"{"rope_scaling": {"type": "yarn", "factor": 2, "beta_fast": 1, "beta_slow": 2}}"#, "beta_fast", "below"),
    (#"{"rope_scaling": {"type": "yarn", "factor": 2, "original_max_position_embeddings": 0}}"#, "original_max", "0"),
    (#"{"rope_scaling": {"type": "yarn", "factor": 2, "attention_factor": -1}}"#, "attention_factor", "outside"),
    (#"{"rope_theta": 1, "rope_scaling": {"type": "yarn", "factor": 2}}"#, "`rope_theta`", "above 1"),
    (#"{"rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 1}}"#, "high_freq_factor", "missing"),
    (
      #"{"rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4}}"#,
      "high_freq_factor", "not above"
    ),
    (#"{"rope_scaling": {"type": "longrope", "short_factor": [1, 1, 1, 1]}}"#, "long_factor", "missing"),
    (
      #"{"rope_scaling": {"type": "longrope", "short_factor": [1, 1, 1], "long_factor": [1, 1, 1, 1]}}"#,
      "rope_scaling.short_factor", "3 factors for 4 pairs"
    ),
    (
      #"{"rope_scaling": {"type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [1, 0, 1, 1]}}"#,
      "rope_scaling.long_factor", "outside"
    ),
    (
      #"{"rope_scaling": {"type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [1, "x", 1, 1]}}"#,
      "rope_scaling.long_factor", "index 1"
    ),
    (#"{"partial_rotary_factor": 0.4}"#, "partial_rotary_factor", "even number"),
    (#"{"partial_rotary_factor": 1e300}"#, "partial_rotary_factor", "even number"),
    (#"{"rope_parameters": {"rope_theta": 10, "partial_rotary_factor": 2}}"#, "rope_parameters.partial", "not 16"),
    (#"{"rope_theta": -1}"#, "rope_theta", "base"), (#"{"rope_theta": 1e40}"#, "rope_theta", "base"),
    (#"{"rope_scaling": 4}"#, "rope_scaling", "an object"),
  ]

  @Test func badValuesAreNamed() throws {
    for (text, place, problem) in Self.bad {
      do throws(ApusError) {
        let reader = JSON.Reader(try JSON.parse(text).object ?? [:], file: "config.json")
        let read = try RotaryEmbedding(from: reader, headWidth: 8, context: 64)
        Issue.record("\(text) is read as \(read)")
      } catch {
        let isNamed = error.kind == .badData && error.place?.contains(place) == true && error.file == "config.json"
        #expect(isNamed && error.problem.contains(problem), "\(text): \(error)")
      }
    }
    #expect(throws: ApusError.self) { try read("{}", headWidth: .max) }
    #expect(throws: ApusError.self) { try read(#"{"rope_scaling": {"type": "dynamic", "factor": 2}}"#, headWidth: 2) }
  }

  // MARK: Writing

  private static let scalings: [RotaryScaling] = [
    .none, .linear(factor: 3), .dynamic(factor: 2, originalContext: 64), .yarn(YaRN(factor: 4, originalContext: 16)),
    .yarn(
      YaRN(
        factor: 2, originalContext: 32, attentionFactor: 0.75, betaFast: 16, betaSlow: 2, mscale: 0.7,
        mscaleAllDimensions: 1, truncates: false)),
    .longRope(
      shortFactors: [1, 1.5, 2], longFactors: [1, 2.5, 4], originalContext: 16,
      attentionFactor: RotaryScaling.longRopeAttentionFactor(factor: 4, originalContext: 16)),
    .longRope(shortFactors: [1, 1, 2], longFactors: [1, 2, 4], originalContext: 16, attentionFactor: 1.25),
    .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 16),
    .proportional(portion: 0.5, factor: 2),
  ]

  @Test(arguments: scalings, [6, 14])
  func bothGenerationsReadWhatIsWritten(scaling: RotaryScaling, headWidth: Int) throws {
    var rotary = RotaryEmbedding(base: 5000, rotatedWidth: 6, scaling: scaling)
    if case .proportional = scaling { rotary.rotatedWidth = headWidth }
    for keys in [RotaryEmbedding.Keys(), RotaryEmbedding.Keys(base: "b", portion: "p", defaultPortion: 0.25)] {
      let whole = rotary.configuration(headWidth: headWidth, context: 64, keys: keys)
      var old = whole
      old["rope_parameters"] = nil
      let new: JSON.Object = ["rope_parameters": whole["rope_parameters"] ?? .null]
      for object in [whole, old, new] {
        let text = JSON.object(object).text()
        #expect(try read(text, headWidth: headWidth, keys: keys) == rotary, "\(text)")
      }
    }
  }

  @Test func phi3KeepsThreeKeys() throws {
    let object = RotaryEmbedding(rotatedWidth: 6, scaling: Self.scalings[5]).configuration(headWidth: 6, context: 64)
    #expect(object["rope_scaling"]?.object?.keys == ["type", "short_factor", "long_factor"])
    #expect(object["original_max_position_embeddings"] == 16)
  }

  // No transformers knows the fixed kind, but every one knows a base.
  @Test func fixedNeuralTangentScalingIsWrittenAsItsBase() throws {
    let rotary = RotaryEmbedding(rotatedWidth: 8, scaling: .ntk(factor: 4))
    let object = rotary.configuration(headWidth: 8, context: 64)
    #expect(object["rope_scaling"] == nil)
    let read = try read(JSON.object(object).text())
    #expect(read.scaling == .none)
    #expect(read.frequencies(length: 9).inverseFrequencies == rotary.frequencies(length: 9).inverseFrequencies)
  }
}

// Scaled rotations in GGUF: metadata below `rope.`, and divisors of the frequencies as tensors (LLaMA 3, LongRoPE).
// llama.cpp multiplies YaRN's own attention factor into the one that the file gives.

import ApusCore
import ApusFormats

enum GGUFRotation {
  // MARK: - Reading

  static func scaling(
    _ keys: GGUFKeys, context: Int, _ factors: GGUFSpecification.RotationFactors
  ) throws(ApusError) -> RotaryScaling {
    let original = try keys.int("rope.scaling.original_context_length", default: context)
    let attention = try keys.double("rope.scaling.attn_factor", default: 1)
    if let short = factors.short, let long = factors.long {
      return .longRope(shortFactors: short, longFactors: long, originalContext: original, attentionFactor: attention)
    }
    if let all = factors.all {
      return .longRope(shortFactors: all, longFactors: all, originalContext: context, attentionFactor: 1)
    }
    let linear = try keys.double("rope.scale_linear", default: 1)
    let factor = try keys.double("rope.scaling.factor", default: linear)
    let type = try keys.string("rope.scaling.type", default: factor == 1 ? "none" : "linear")
    switch type {
    case "none": return .none
    case "linear": return factor == 1 ? .none : .linear(factor: factor)
    case "yarn":
      return .yarn(
        YaRN(
          factor: factor, originalContext: original, attentionFactor: attention * attentionFactor(factor),
          betaFast: try keys.double("rope.scaling.yarn_beta_fast", default: YaRN.defaultBetaFast),
          betaSlow: try keys.double("rope.scaling.yarn_beta_slow", default: YaRN.defaultBetaSlow)))
    default:
      throw keys.error("rope.scaling.type", "the rotary scaling '\(type.prefix(60))' is none of none, linear and yarn")
    }
  }

  // MARK: - Writing

  /// The metadata below the architecture's name.
  static func metadata(of rotation: RotaryEmbedding) -> [(String, GGUFValue)] {
    var entries: [(String, GGUFValue)] = [("rope.dimension_count", .count(rotation.rotatedWidth))]
    var base = rotation.base
    switch rotation.scaling {
    case .linear(let factor):
      entries += [("rope.scaling.type", .text("linear")), ("rope.scaling.factor", .real(factor))]
    case .yarn(let yarn):
      entries += [
        ("rope.scaling.type", .text("yarn")), ("rope.scaling.factor", .real(yarn.factor)),
        ("rope.scaling.original_context_length", .count(yarn.originalContext)),
        ("rope.scaling.yarn_beta_fast", .real(yarn.betaFast)),
        ("rope.scaling.yarn_beta_slow", .real(yarn.betaSlow)),
        (
          "rope.scaling.attn_factor",
          .real(rotation.frequencies(length: 1).attentionScale / attentionFactor(yarn.factor))
        ),
      ]
    case .longRope(_, _, let original, let attention):
      entries += [
        ("rope.scaling.original_context_length", .count(original)), ("rope.scaling.attn_factor", .real(attention)),
      ]
    case .ntk: base = rotation.ntkBase
    case .none, .llama3, .dynamic, .proportional: break
    }
    return [("rope.freq_base", .real(base))] + entries
  }

  /// The tensors of divisors, by name.
  static func tensors(of rotation: RotaryEmbedding) -> [(name: String, values: [Float])] {
    switch rotation.scaling {
    case .longRope(let short, let long, _, _):
      if short == long { return [("rope_freqs.weight", short.map { Float($0) })] }
      return [
        ("rope_factors_long.weight", long.map { Float($0) }), ("rope_factors_short.weight", short.map { Float($0) }),
      ]
    case .llama3:
      let plain = RotaryEmbedding(base: rotation.base, rotatedWidth: rotation.rotatedWidth).frequencies(length: 1)
      let scaled = rotation.frequencies(length: 1)
      let divisors = zip(plain.inverseFrequencies, scaled.inverseFrequencies).map { $0 / $1 }
      return [("rope_freqs.weight", divisors)]
    default: return []
    }
  }

  /// What GGUF cannot say of a rotation; nil where it can say all.
  static func obstacle(_ rotation: RotaryEmbedding) -> String? {
    switch rotation.scaling {
    case .dynamic: "a rotation that stretches with the length of the text (dynamic NTK)"
    case .proportional: "a rotation of a proportion of the pairs"
    case .yarn(let yarn) where !yarn.truncates: "a YaRN whose ramp is not cut at whole pairs"
    default: nil
    }
  }

  // Peng et al. 2023, equation 22.
  private static func attentionFactor(_ factor: Double) -> Double { factor <= 1 ? 1 : 0.1 * Double.log(factor) + 1 }
}

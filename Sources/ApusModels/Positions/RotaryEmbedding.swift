// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) as data: how fast each pair of a head's features turns.
// The arithmetic is transformers' (modeling_rope_utils), rounded to float32 where PyTorch rounds, so that long
// positions agree. It knows neither tensors nor the keys of a configuration.

import ApusCore

/// How queries and keys turn with a token's position.
public struct RotaryEmbedding: Sendable, Equatable {
  /// Theta: pair i of `rotatedWidth / 2` turns by `base^(−2i / rotatedWidth)` radians a position, before any scaling.
  public var base: Double
  /// The features of a head that rotate, the first ones; even.
  public var rotatedWidth: Int
  /// Whether features (2i, 2i + 1) are a pair, instead of (i, i + rotatedWidth / 2).
  public var isInterleaved: Bool
  /// How the frequencies are changed for contexts longer than those of the first training.
  public var scaling: RotaryScaling

  /// A rotation of the first `rotatedWidth` features of a head.
  public init(
    base: Double = 10_000, rotatedWidth: Int, isInterleaved: Bool = false, scaling: RotaryScaling = .none
  ) {
    self.base = base
    self.rotatedWidth = rotatedWidth
    self.isInterleaved = isInterleaved
    self.scaling = scaling
  }

  /// The radians per position of each pair, for a sequence that will have at most `length` tokens, and the number by
  /// which cosines and sines are multiplied; call it on what `validate` accepts.
  public func frequencies(length: Int) -> (inverseFrequencies: [Float], attentionScale: Double) {
    switch scaling {
    case .none:
      (inverses(base), 1)
    case .linear(let factor):
      (inverses(base).map { $0 / Float(factor) }, 1)
    case .ntk(let factor):
      (inverses(stretchedBase(factor)), 1)
    case .dynamic(let factor, let originalContext):
      (inverses(stretchedBase(Self.dynamicStretch(factor, originalContext, length))), 1)
    case .yarn(let yarn):
      (yarn.inverseFrequencies(base: base, powers: powers(base)), yarn.attentionScale)
    case .longRope(let shortFactors, let longFactors, let originalContext, let attentionFactor):
      (
        zip(powers(base), length > originalContext ? longFactors : shortFactors).map { 1 / (Float($1) * $0) },
        attentionFactor
      )
    case .llama3(let factor, let low, let high, let originalContext):
      (inverses(base).map { Self.banded($0, factor, low, high, originalContext) }, 1)
    case .proportional(let portion, let factor):
      (
        inverses(base).enumerated().map { pair, inverse in
          pair < Int(portion * Double(rotatedWidth) / 2) ? inverse / Float(factor) : 0
        }, 1
      )
    }
  }

  /// The one length, of all that have the same frequencies as `length`, that stands for them.
  public func representativeLength(_ length: Int) -> Int {
    switch scaling {
    case .dynamic(_, let originalContext): max(length, originalContext)
    case .longRope(_, _, let originalContext, _): length > originalContext ? originalContext + 1 : originalContext
    case .none, .linear, .ntk, .yarn, .llama3, .proportional: 0
    }
  }

  /// The base that NTK-aware scaling by `factor` puts in place of `base`: the slowest pair turns as if positions were
  /// divided by the factor, the fastest as before.
  var ntkBase: Double {
    if case .ntk(let factor) = scaling { stretchedBase(factor) } else { base }
  }

  // base^(2i / rotatedWidth) for each pair.
  private func powers(_ base: Double) -> [Float] {
    (0..<rotatedWidth / 2).map { pair in
      Float(Double.pow(Double(Float(base)), Double(Float(2 * pair) / Float(rotatedWidth))))
    }
  }

  private func inverses(_ base: Double) -> [Float] { powers(base).map { 1 / $0 } }

  private func stretchedBase(_ factor: Double) -> Double {
    base * Double.pow(factor, Double(rotatedWidth) / Double(rotatedWidth - 2))
  }

  private static func dynamicStretch(_ factor: Double, _ originalContext: Int, _ length: Int) -> Double {
    factor * Double(max(length, originalContext)) / Double(originalContext) - (factor - 1)
  }

  // Llama 3.1: short wavelengths stay, long ones are divided by the factor, those between are mixed.
  private static func banded(
    _ inverse: Float, _ factor: Double, _ low: Double, _ high: Double, _ originalContext: Int
  ) -> Float {
    let wavelength = (1 / inverse) * Float(2 * Double.pi)
    if wavelength > Float(Double(originalContext) / low) { return inverse / Float(factor) }
    if wavelength < Float(Double(originalContext) / high) { return inverse }
    let share = ((1 / wavelength) * Float(originalContext) - Float(low)) / Float(high - low)
    return (1 - share) * inverse / Float(factor) + share * inverse
  }
}

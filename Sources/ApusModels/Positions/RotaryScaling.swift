// The known ways to make a rotation serve longer contexts than it was trained for, as data, with what makes each of
// them meaningless. Names in the problems are those of transformers' configurations.

import ApusCore

/// A change of a rotation's frequencies.
public enum RotaryScaling: Sendable, Equatable {
  /// No change.
  case none
  /// Position interpolation (Chen et al. 2023, arXiv:2306.15595): all frequencies are divided by the factor.
  case linear(factor: Double)
  /// NTK-aware with a fixed factor (bloc97, 2023): the base grows by `factor^(w / (w − 2))`, w being the rotated width.
  case ntk(factor: Double)
  /// NTK-aware with a factor that grows with the length of the sequence beyond the original context (emozilla, 2023).
  case dynamic(factor: Double, originalContext: Int)
  /// YaRN (Peng et al. 2023, arXiv:2309.00071).
  case yarn(YaRN)
  /// LongRoPE (Ding et al. 2024, arXiv:2402.13753): each pair has a divisor of its own, one for sequences within the
  /// original context, one for those beyond; cosines and sines are multiplied by `attentionFactor`.
  case longRope(shortFactors: [Double], longFactors: [Double], originalContext: Int, attentionFactor: Double)
  /// Llama 3.1: wavelengths below `originalContext / highFrequencyFactor` stay, those above `originalContext /
  /// lowFrequencyFactor` are multiplied by `factor`, those between are mixed.
  case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContext: Int)
  /// The first `portion` of the pairs turn, with the exponents of the whole head and divided by `factor`; the others
  /// stay.
  case proportional(portion: Double, factor: Double)
}

extension RotaryScaling {
  /// The kind and its factor in a few words after a comma, for people; empty where nothing is scaled.
  public var summary: String {
    switch self {
    case .none: ""
    case .linear(let factor): ", linear by \(factor)"
    case .ntk(let factor): ", NTK-aware by \(factor)"
    case .dynamic(let factor, let original): ", dynamic NTK by \(factor) beyond \(original)"
    case .yarn(let yarn): ", YaRN by \(yarn.factor) from \(yarn.originalContext)"
    case .longRope(_, _, let original, _): ", LongRoPE from \(original)"
    case .llama3(let factor, _, _, let original): ", llama3 by \(factor) from \(original)"
    case .proportional(let portion, let factor): ", proportional with \(portion) of the pairs by \(factor)"
    }
  }

  /// The attention factor that LongRoPE implies where none is given: the original context's entropy of attention is
  /// kept.
  static func longRopeAttentionFactor(factor: Double, originalContext: Int) -> Double {
    factor <= 1 ? 1 : (1 + Double.log(factor) / Double.log(Double(originalContext))).squareRoot()
  }

  /// The first parameter without meaning, as transformers names it, and what is wrong with it.
  func problem(base: Double, rotatedWidth: Int) -> (key: String, text: String)? {
    switch self {
    case .none:
      nil
    case .linear(let factor):
      Self.factorProblem(factor)
    case .ntk(let factor):
      Self.factorProblem(factor) ?? Self.widthProblem(rotatedWidth)
    case .dynamic(let factor, let originalContext):
      Self.factorProblem(factor) ?? Self.contextProblem(originalContext) ?? Self.widthProblem(rotatedWidth)
    case .yarn(let yarn):
      Self.factorProblem(yarn.factor) ?? Self.contextProblem(yarn.originalContext) ?? yarn.problem(base: base)
    case .longRope(let shortFactors, let longFactors, let originalContext, let attentionFactor):
      Self.contextProblem(originalContext) ?? Self.listProblem("short_factor", shortFactors, rotatedWidth)
        ?? Self.listProblem("long_factor", longFactors, rotatedWidth)
        ?? Self.factorProblem(attentionFactor, "attention_factor")
    case .llama3(let factor, let low, let high, let originalContext):
      Self.factorProblem(factor) ?? Self.contextProblem(originalContext)
        ?? Self.factorProblem(low, "low_freq_factor") ?? Self.factorProblem(high, "high_freq_factor")
        ?? (low < high ? nil : ("high_freq_factor", "\(high) is not above low_freq_factor, \(low)"))
    case .proportional(let portion, let factor):
      Self.factorProblem(factor)
        ?? (portion > 0 && portion <= 1 ? nil : ("partial_rotary_factor", "\(portion) is outside 0 ... 1"))
    }
  }

  static func factorProblem(_ factor: Double, _ key: String = "factor") -> (key: String, text: String)? {
    (1e-6...1e6).contains(factor) ? nil : (key, "a rotary \(key) of \(factor) is outside 1e-6 ... 1e6")
  }

  private static func contextProblem(_ context: Int) -> (key: String, text: String)? {
    context > 0 && context <= 1 << 30
      ? nil : ("original_max_position_embeddings", "an original context of \(context) is outside 1 ... \(1 << 30)")
  }

  private static func widthProblem(_ rotatedWidth: Int) -> (key: String, text: String)? {
    rotatedWidth > 2 ? nil : ("factor", "NTK-aware scaling needs more than 2 rotating features, not \(rotatedWidth)")
  }

  private static func listProblem(
    _ key: String, _ factors: [Double], _ rotatedWidth: Int
  ) -> (key: String, text: String)? {
    if factors.count != rotatedWidth / 2 {
      return (key, "\(factors.count) factors for \(rotatedWidth / 2) pairs of rotating features")
    }
    return factors.lazy.compactMap { factorProblem($0, key) }.first
  }
}

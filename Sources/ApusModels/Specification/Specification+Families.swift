// The three families from which others are made by changing a choice or two.

public import ApusTensor

extension Specification {
  /// A decoder in the manner of GPT-2: learned positions, layer norms, GELU, tied output.
  public static func gpt2(
    vocabulary: Int, context: Int, width: Int, layers: Int, heads: Int, feedForwardWidth: Int? = nil,
    activation: ActivationFunction = .geluTanh, biases: Bool = true
  ) -> Specification {
    Specification(
      architecture: "gpt2", vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      keyValueHeads: heads, headWidth: width / max(heads, 1), feedForwardWidth: feedForwardWidth ?? 4 * width,
      positions: .learned, feedForward: .plain(activation), norm: .layer, normEpsilon: 1e-5,
      biases: Biases(everywhere: biases), tiedOutput: true, initialDeviation: 0.02, beginToken: nil, endTokens: [])
  }

  /// A decoder in the manner of LLaMA: rotary positions, root-mean-square norms, SwiGLU, no biases.
  public static func llama(
    vocabulary: Int, context: Int, width: Int, layers: Int, heads: Int, keyValueHeads: Int? = nil,
    headWidth: Int? = nil, feedForwardWidth: Int, tiedOutput: Bool = false, rotaryBase: Double = 10_000
  ) -> Specification {
    let headWidth = headWidth ?? width / max(heads, 1)
    return Specification(
      architecture: "llama", vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      keyValueHeads: keyValueHeads ?? heads, headWidth: headWidth, feedForwardWidth: feedForwardWidth,
      positions: .rotary(RotaryEmbedding(base: rotaryBase, rotatedWidth: headWidth)), feedForward: .gated(.silu),
      norm: .rms, normEpsilon: 1e-5, biases: Biases(everywhere: false), tiedOutput: tiedOutput, initialDeviation: 0.02,
      beginToken: nil, endTokens: [])
  }

  /// An encoder in the manner of BERT: learned positions, layer norms after each half, GELU, a head for masked tokens.
  public static func bert(
    vocabulary: Int, context: Int, width: Int, layers: Int, heads: Int, feedForwardWidth: Int? = nil
  ) -> Specification {
    var specification = Specification.gpt2(
      vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      feedForwardWidth: feedForwardWidth, activation: .geluErf)
    specification.architecture = "bert"
    specification.normEpsilon = 1e-12
    specification.normPlacement = .residual
    specification.hasFinalNorm = false
    specification.biases.output = true
    specification.encoder = EncoderChoices(tokenTypes: 2, maskedHead: .geluErf, hasPooler: false)
    return specification
  }
}

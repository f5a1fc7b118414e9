// Gemma: Mesnard et al., arXiv:2403.08295; transformers' `gemma`. LLaMA with embeddings scaled by the root of the
// width, gains that are kept less 1, GELU in the gate, heads of 256 features, and the output tied to the embedding.

import ApusCore

struct GemmaArchitecture: Architecture {
  let modelType = "gemma"
  let gguf: GGUFDialect? = GemmaFamily.gguf("gemma")

  private let defaults = GemmaFamily.defaults(activationKey: "hidden_act")

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try GemmaFamily.specification(from: config, modelType, defaults)
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "GemmaForCausalLM", defaults)
    config["hidden_activation"] = config["hidden_act"]
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { LLaMAFamily.names }
}

/// What the Gemma models have in common.
enum GemmaFamily {
  static func defaults(activationKey: String, keyValueHeads: Int? = nil) -> LLaMAFamily.Defaults {
    LLaMAFamily.Defaults(
      headWidth: 256, keyValueHeads: keyValueHeads, tiesOutput: true, activationKey: activationKey,
      activation: "gelu_pytorch_tanh", beginTokens: [2], endTokens: [1])
  }

  static func specification(
    from config: JSON.Reader, _ modelType: String, _ defaults: LLaMAFamily.Defaults
  ) throws(ApusError) -> Specification {
    try config.require("use_bidirectional_attention", false)
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: false)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    specification.normGainOffset = 1
    // As transformers computes it: in double, then rounded.
    specification.embeddingScale = Double(specification.width).squareRoot()
    return specification
  }

  /// Scores' scale and caps, and the norms around each half, of Gemma 2 and 3.
  static func readAttention(_ config: JSON.Reader, _ specification: inout Specification, caps: (Double, Double))
    throws(ApusError)
  {
    let scalar = try config.double("query_pre_attn_scalar", default: 256)
    guard scalar > 0 else { throw config.error("query_pre_attn_scalar", "the scalar is \(scalar)") }
    specification.attention.scale = 1 / scalar.squareRoot()
    specification.attention.softCap = try config.cap("attn_logit_softcapping", default: caps.0)
    specification.outputSoftCap = try config.cap("final_logit_softcapping", default: caps.1)
    specification.normPlacement = .around
  }

  static func writeAttention(_ specification: Specification, _ config: inout JSON.Object) {
    let scale = specification.attention.scale ?? 1 / Double(specification.headWidth).squareRoot()
    let scalar = 1 / (scale * scale)
    // A whole number that its root has blurred; transformers takes no 16.0 for 16.
    let isWhole = abs(scalar - scalar.rounded()) < 1e-6 && scalar < 1e9
    config["query_pre_attn_scalar"] = isWhole ? JSON(Int(scalar.rounded())) : JSON(scalar)
    config["attn_logit_softcapping"] =
      specification.attention.softCap > 0 ? JSON(specification.attention.softCap) : .null
    config["final_logit_softcapping"] = specification.outputSoftCap > 0 ? JSON(specification.outputSoftCap) : .null
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    config["sliding_window"] = specification.windowKey
    config["layer_types"] = specification.layerTypes
  }

  /// In GGUF the norms' gains are kept whole.
  static func gguf(_ name: String) -> GGUFDialect {
    var dialect = GGUFDialect.common(name) { $0.gainOffset = 1 }
    dialect.finish = { specification, _ throws(ApusError) in
      specification.embeddingScale = Double(specification.width).squareRoot()
    }
    return dialect
  }

  /// The scores' scale where the file does not say it: by the head's width, in the largest model by the width over the
  /// heads.
  static func settleScale(_ specification: inout Specification, layersOfLargest layers: Int) {
    guard specification.attention.scale == nil else { return }
    let width = specification.layers == layers ? specification.width / specification.heads : specification.headWidth
    specification.attention.scale = 1 / Double(width).squareRoot()
  }

  /// The tensors' names where norms stand around each half.
  static var namesWithNormsAround: TensorNames {
    var names = LLaMAFamily.names
    names.attentionNorms = .init(input: "input_layernorm", output: "post_attention_layernorm")
    names.feedForwardNorms = .init(input: "pre_feedforward_layernorm", output: "post_feedforward_layernorm")
    return names
  }
}

extension JSON.Reader {
  /// A soft cap; null is none.
  fileprivate func cap(_ key: String, default fallback: Double) throws(ApusError) -> Double {
    has(key) ? try double(key, default: 0) : fallback
  }
}

// GPT: Radford et al., "Improving language understanding by generative pre-training" (2018); transformers'
// `openai-gpt`. As GPT-2, but the residual stream is normalised after each half, and nothing after the last block.

import ApusCore
import ApusTensor

struct GPT1Architecture: Architecture {
  let modelType = "openai-gpt"

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    let width = try config.size("n_embd", default: 768)
    let heads = try config.size("n_head", default: 12)
    try config.requireDivision("n_head", width: width, heads: heads)
    let function = try config.activation("afn", default: "gelu")
    var specification = Specification.gpt2(
      vocabulary: try config.size("vocab_size", default: 40_478), context: try config.size("n_positions", default: 512),
      width: width, layers: try config.layers("n_layer", default: 12), heads: heads,
      // What this model calls GELU is the approximation by tanh.
      activation: function == .geluErf ? .geluTanh : function)
    specification.architecture = modelType
    specification.normPlacement = .residual
    specification.hasFinalNorm = false
    specification.normEpsilon = try config.double("layer_norm_epsilon", default: 1e-5)
    specification.tiedOutput = try config.bool("tie_word_embeddings", default: true)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: []).first
    specification.endTokens = try config.tokens("eos_token_id", default: [])
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let spec = specification
    let name = ActivationName.name(of: spec.feedForward.function == .geluTanh ? .geluErf : spec.feedForward.function)
    return [
      "architectures": ["OpenAIGPTLMHeadModel"], "model_type": "openai-gpt", "vocab_size": JSON(spec.vocabulary),
      "n_positions": JSON(spec.context), "n_embd": JSON(spec.width), "n_layer": JSON(spec.layers),
      "n_head": JSON(spec.heads), "afn": JSON(name), "layer_norm_epsilon": JSON(spec.normEpsilon),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
      "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
    ]
  }

  func names(_ specification: Specification) -> TensorNames {
    TensorNames(
      tokens: "transformer.tokens_embed", positions: "transformer.positions_embed", output: "lm_head",
      block: "transformer.h.{}",
      attention: .init(layout: .fused("attn.c_attn"), output: "attn.c_proj"), attentionNorms: .init(residual: "ln_1"),
      feedForward: .init(up: "mlp.c_fc", down: "mlp.c_proj"), feedForwardNorms: .init(residual: "ln_2"),
      isTransposed: true, optionalPrefix: "transformer.",
      ignoredPrefixes: ["transformer.position_ids", "position_ids"],
      ignoredEndings: [".attn.bias"])
  }
}

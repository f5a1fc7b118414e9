// GPT-2: Radford et al., "Language models are unsupervised multitask learners" (2019); transformers' `gpt2`. Learned
// positions, layer norms before each half of a block, GELU by tanh, output tied to the embedding. Its linear weights
// are stored [in, out] and queries, keys and values as one matrix.
//
// Models without biases (nanoGPT) carry the key `"bias": false`; their files hold zeros, so that transformers reads
// them.

import ApusCore
import ApusTensor

struct GPT2Architecture: Architecture {
  let modelType = "gpt2"
  let gguf: GGUFDialect? = .common("gpt2") {
    $0.attention.layout = .fused("attn_qkv")
    $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
  }

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    try config.require("scale_attn_weights", true)
    try config.require("scale_attn_by_inverse_layer_idx", false)
    try config.require("add_cross_attention", false)
    let width = try config.size("n_embd", default: 768)
    let heads = try config.size("n_head", default: 12)
    var specification = Specification.gpt2(
      vocabulary: try config.size("vocab_size", default: 50_257),
      context: try config.size("n_positions", default: 1024),
      width: width, layers: try config.layers("n_layer", default: 12), heads: heads,
      feedForwardWidth: try config.size("n_inner", default: 4 * width),
      activation: try config.activation("activation_function", default: "gelu_new"),
      biases: try config.bool("bias", default: true))
    try config.requireDivision("n_head", width: width, heads: heads)
    if try config.string("position_embeddings", default: "learned") == "sinusoidal" {
      specification.positions = .sinusoidal
    }
    specification.normEpsilon = try config.double("layer_norm_epsilon", default: 1e-5)
    specification.tiedOutput = try config.bool("tie_word_embeddings", default: true)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: [50_256]).first
    specification.endTokens = try config.tokens("eos_token_id", default: [50_256])
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let spec = specification
    var config: JSON.Object = [
      "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": JSON(spec.vocabulary),
      "n_positions": JSON(spec.context), "n_embd": JSON(spec.width), "n_layer": JSON(spec.layers),
      "n_head": JSON(spec.heads), "n_inner": JSON(spec.feedForwardWidth),
      "activation_function": JSON(ActivationName.name(of: spec.feedForward.function)),
      "layer_norm_epsilon": JSON(spec.normEpsilon), "initializer_range": JSON(spec.initialDeviation),
      "tie_word_embeddings": JSON(spec.tiedOutput), "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
    ]
    if !spec.biases.norms { config["bias"] = false }
    if spec.positions == .sinusoidal { config["position_embeddings"] = "sinusoidal" }
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    TensorNames(
      tokens: "transformer.wte", positions: "transformer.wpe", finalNorm: "transformer.ln_f", output: "lm_head",
      block: "transformer.h.{}",
      attention: .init(layout: .fused("attn.c_attn"), output: "attn.c_proj"), attentionNorms: .init(input: "ln_1"),
      feedForward: .init(up: "mlp.c_fc", down: "mlp.c_proj"), feedForwardNorms: .init(input: "ln_2"),
      isTransposed: true, writesZeroBiases: !specification.biases.norms, optionalPrefix: "transformer.",
      ignoredEndings: [".attn.bias", ".attn.masked_bias"])
  }
}

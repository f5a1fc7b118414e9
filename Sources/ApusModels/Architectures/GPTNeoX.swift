// GPT-NeoX and Pythia: Black et al., arXiv:2204.06745; Biderman et al., arXiv:2304.01373; transformers' `gpt_neox`.
// Attention and feed-forward side by side, each behind a layer norm of its own, a quarter of each head rotated.
// Queries, keys and values lie head by head in one tensor.

import ApusCore
import ApusTensor

struct GPTNeoXArchitecture: Architecture {
  let modelType = "gpt_neox"
  // The converter puts all queries, then all keys, then all values.
  let gguf: GGUFDialect? = {
    var dialect = GGUFDialect.common("gptneox") {
      $0.attention.layout = .fused("attn_qkv")
      $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
    }
    dialect.finish = { specification, metadata throws(ApusError) in
      specification.parallel = try metadata.bool("use_parallel_residual", default: true) ? .ownNorms : .none
    }
    return dialect
  }()

  private let defaults = LLaMAFamily.Defaults(
    activation: "gelu", normKey: "layer_norm_eps", normEpsilon: 1e-5, beginTokens: [0], endTokens: [0],
    rotation: RotaryEmbedding.Keys(base: "rotary_emb_base", portion: "rotary_pct", defaultPortion: 0.25),
    rotatesParts: true)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.norm = .layer
    specification.parallel = try config.bool("use_parallel_residual", default: true) ? .ownNorms : .none
    specification.feedForward = .plain(specification.feedForward.function)
    specification.biases = Specification.Biases(everywhere: true)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: true)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "GPTNeoXForCausalLM", defaults)
    config["use_parallel_residual"] = JSON(specification.parallel == .ownNorms)
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    TensorNames(
      tokens: "gpt_neox.embed_in", finalNorm: "gpt_neox.final_layer_norm", output: "embed_out",
      block: "gpt_neox.layers.{}",
      attention: .init(layout: .byGroup("attention.query_key_value"), output: "attention.dense"),
      attentionNorms: .init(input: "input_layernorm"),
      feedForward: .init(up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h"),
      feedForwardNorms: .init(input: "post_attention_layernorm"), optionalPrefix: "gpt_neox.",
      ignoredEndings: [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"])
  }
}

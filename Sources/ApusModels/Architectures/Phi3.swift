// Phi-3 and 3.5: Abdin et al., arXiv:2404.14219; transformers' `phi3`. LLaMA with queries, keys and values in one
// tensor, gate and up in another, part of each head rotated, and LongRoPE.

import ApusCore

struct Phi3Architecture: Architecture {
  let modelType = "phi3"
  let gguf: GGUFDialect? = .common("phi3") {
    $0.attention.layout = .fused("attn_qkv")
    $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
  }

  private let defaults = LLaMAFamily.Defaults(normEpsilon: 1e-5, endTokens: [32_000], rotatesParts: true)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.attention.window = try config.window(default: 0)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Phi3ForCausalLM", defaults)
    config["sliding_window"] = specification.windowKey
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    var names = LLaMAFamily.names
    names.attention.layout = .fused("self_attn.qkv_proj")
    names.feedForward = .init(up: "mlp.gate_up_proj", down: "mlp.down_proj")
    return names
  }
}

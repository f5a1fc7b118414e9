// LLaMA: Touvron et al., arXiv:2302.13971 and 2307.09288; Dubey et al., arXiv:2407.21783; transformers' `llama`.
// Root-mean-square norms, rotary positions in halves, SwiGLU, grouped key-value heads. Files keep queries, keys,
// values, gate and up apart; the body fuses them.

import ApusCore

struct LLaMAArchitecture: Architecture {
  let modelType = "llama"
  // The converter orders each head's rows for rotation of neighbours.
  let gguf: GGUFDialect? = {
    var dialect = GGUFDialect.common("llama") { $0.attention.interleavesRotation = true }
    dialect.accepts = { metadata throws(ApusError) in
      guard try metadata.int("expert_count", default: 0) == 0 else { return false }
      return try metadata.int("attention.sliding_window", default: 0) == 0
    }
    return dialect
  }()

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: false)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    specification.biases.feedForward = try config.bool("mlp_bias", default: false)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "LlamaForCausalLM")
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    config["mlp_bias"] = JSON(specification.biases.feedForward)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { LLaMAFamily.names }
}

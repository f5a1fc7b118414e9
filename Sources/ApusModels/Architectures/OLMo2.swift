// OLMo 2: Walsh et al., arXiv:2501.00656; transformers' `olmo2`. LLaMA with norms of what each half adds, and of all
// queries and all keys together.

import ApusCore

struct OLMo2Architecture: Architecture {
  let modelType = "olmo2"
  let gguf: GGUFDialect? = .common("olmo2")

  private let defaults = LLaMAFamily.Defaults(normEpsilon: 1e-5, beginTokens: [], endTokens: [50_279])

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: false)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    specification.normPlacement = .after
    specification.attention.queryKeyNorm = .allHeads
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Olmo2ForCausalLM", defaults)
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    var names = LLaMAFamily.names
    names.attentionNorms = .init(output: "post_attention_layernorm")
    names.feedForwardNorms = .init(output: "post_feedforward_layernorm")
    return names
  }
}

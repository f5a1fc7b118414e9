// Qwen 3: Yang et al., arXiv:2505.09388; transformers' `qwen3` and `qwen3_moe`. Norms of each query and key head, heads
// of 128 features, no biases; the mixture has no shared expert.

import ApusCore

struct Qwen3Architecture: Architecture {
  let modelType = "qwen3"
  let gguf: GGUFDialect? = .common("qwen3")

  static let defaults: LLaMAFamily.Defaults = {
    var defaults = QwenFamily.defaults
    defaults.headWidth = 128
    return defaults
  }()

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try Self.specification(from: config, modelType)
  }

  static func specification(from config: JSON.Reader, _ modelType: String) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: false)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    specification.attention.queryKeyNorm = .eachHead
    try QwenFamily.readWindow(config, &specification)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    Self.configuration(of: specification, "Qwen3ForCausalLM")
  }

  static func configuration(of specification: Specification, _ className: String) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, className, defaults)
    config["attention_bias"] = JSON(specification.biases.queriesKeysValues)
    QwenFamily.writeWindow(specification, &config)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { LLaMAFamily.names }
}

struct Qwen3MoEArchitecture: Architecture {
  let modelType = "qwen3_moe"
  let gguf: GGUFDialect? = .common("qwen3moe")

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try Qwen3Architecture.specification(from: config, modelType)
    specification.experts = try QwenFamily.experts(config, layers: specification.layers, width: 768, count: 128)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = Qwen3Architecture.configuration(of: specification, "Qwen3MoeForCausalLM")
    QwenFamily.writeExperts(specification, &config)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { QwenFamily.expertNames }
}

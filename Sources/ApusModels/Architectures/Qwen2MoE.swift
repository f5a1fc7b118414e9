// Qwen 1.5 and 2 with experts: transformers' `qwen2_moe`. Qwen 2 with a sparse mixture and one expert that every token
// passes, weighted by a sigmoid.

import ApusCore

struct Qwen2MoEArchitecture: Architecture {
  let modelType = "qwen2_moe"
  let gguf: GGUFDialect? = .common("qwen2moe")

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, QwenFamily.defaults)
    specification.biases.queriesKeysValues = try config.bool("qkv_bias", default: true)
    try QwenFamily.readWindow(config, &specification)
    var experts = try QwenFamily.experts(config, layers: specification.layers, width: 1408, count: 60)
    experts.sharedWidth = try config.int("shared_expert_intermediate_size", default: 5632)
    specification.experts = experts
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Qwen2MoeForCausalLM", QwenFamily.defaults)
    config["qkv_bias"] = JSON(specification.biases.queriesKeysValues)
    config["shared_expert_intermediate_size"] = JSON(specification.experts?.sharedWidth ?? 0)
    QwenFamily.writeWindow(specification, &config)
    QwenFamily.writeExperts(specification, &config)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { QwenFamily.expertNames }
}

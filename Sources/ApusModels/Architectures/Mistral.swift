// Mistral: Jiang et al., arXiv:2310.06825; transformers' `mistral`. LLaMA with a sliding window, heads of any width,
// and no biases.

import ApusCore

struct MistralArchitecture: Architecture {
  let modelType = "mistral"
  // GGUF knows it as a LLaMA; files read as that.
  let gguf: GGUFDialect? = {
    var dialect = GGUFDialect.common("llama") { $0.attention.interleavesRotation = true }
    dialect.accepts = { metadata throws(ApusError) in
      guard try metadata.int("expert_count", default: 0) == 0 else { return false }
      return try metadata.int("attention.sliding_window", default: 0) != 0
    }
    return dialect
  }()

  private let defaults = LLaMAFamily.Defaults(keyValueHeads: 8)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.attention.window = try config.window(default: 4096)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "MistralForCausalLM", defaults)
    config["sliding_window"] = specification.windowKey
    return config
  }

  func names(_ specification: Specification) -> TensorNames { LLaMAFamily.names }
}

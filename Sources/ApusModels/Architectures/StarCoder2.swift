// StarCoder 2: Lozhkov et al., arXiv:2402.19173; transformers' `starcoder2`. Layer norms and a plain feed-forward with
// biases on LLaMA's attention, with a sliding window.

import ApusCore
import ApusTensor

struct StarCoder2Architecture: Architecture {
  let modelType = "starcoder2"
  let gguf: GGUFDialect? = .common("starcoder2") { $0.feedForward = .init(up: "ffn_up", down: "ffn_down") }

  private let defaults = LLaMAFamily.Defaults(
    keyValueHeads: 2, tiesOutput: true, activation: "gelu_pytorch_tanh", normKey: "norm_epsilon", normEpsilon: 1e-5,
    beginTokens: [50_256], endTokens: [50_256])

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.norm = .layer
    specification.feedForward = .plain(specification.feedForward.function)
    specification.biases = Specification.Biases(everywhere: try config.bool("use_bias", default: true))
    specification.biases.norms = true
    specification.attention.window = try config.window(default: 0)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Starcoder2ForCausalLM", defaults)
    config["use_bias"] = JSON(specification.biases.feedForward)
    config["sliding_window"] = specification.windowKey
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    var names = LLaMAFamily.names
    names.feedForward = .init(up: "mlp.c_fc", down: "mlp.c_proj")
    return names
  }
}

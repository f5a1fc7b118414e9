// Phi-1, 1.5 and 2: Li et al., arXiv:2309.05463; transformers' `phi`. Attention and feed-forward side by side behind
// one layer norm, half of each head rotated, biases everywhere, also in the output.

import ApusCore
import ApusTensor

struct PhiArchitecture: Architecture {
  let modelType = "phi"
  let gguf: GGUFDialect? = .common("phi2") {
    $0.attention.layout = .fused("attn_qkv")
    $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
  }

  private let defaults = LLaMAFamily.Defaults(
    activation: "gelu_new", normKey: "layer_norm_eps", normEpsilon: 1e-5,
    rotation: RotaryEmbedding.Keys(defaultPortion: 0.5), rotatesParts: true)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.require("qk_layernorm", false)
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.norm = .layer
    specification.parallel = .sharedNorm
    specification.feedForward = .plain(specification.feedForward.function)
    specification.biases = Specification.Biases(everywhere: true)
    specification.biases.output = true
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    LLaMAFamily.configuration(of: specification, "PhiForCausalLM", defaults)
  }

  func names(_ specification: Specification) -> TensorNames {
    var names = LLaMAFamily.names
    names.finalNorm = "model.final_layernorm"
    names.attention.output = "self_attn.dense"
    names.feedForward = .init(up: "mlp.fc1", down: "mlp.fc2")
    return names
  }
}

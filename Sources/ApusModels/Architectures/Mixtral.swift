// Mixtral: Jiang et al., arXiv:2401.04088; transformers' `mixtral`. Mistral with a sparse mixture of experts in every
// layer: the router's softmax, the best two, their probabilities scaled to sum to 1.

import ApusCore

struct MixtralArchitecture: Architecture {
  let modelType = "mixtral"
  // GGUF knows it as a LLaMA with experts.
  let gguf: GGUFDialect? = {
    var dialect = GGUFDialect.common("llama") { $0.attention.interleavesRotation = true }
    dialect.accepts = { metadata throws(ApusError) in try metadata.int("expert_count", default: 0) > 0 }
    return dialect
  }()

  private let defaults = LLaMAFamily.Defaults(keyValueHeads: 8, normEpsilon: 1e-5)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, defaults)
    specification.attention.window = try config.window(default: 0)
    var experts = Specification.Experts(
      count: try config.int("num_local_experts", default: 8),
      perToken: try config.int("num_experts_per_tok", default: 2),
      normalisesWeights: true, width: specification.feedForwardWidth)
    experts.balancing = try config.double("router_aux_loss_coef", default: 0.001)
    specification.experts = experts
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "MixtralForCausalLM", defaults)
    config["sliding_window"] = specification.windowKey
    guard let experts = specification.experts else { return config }
    config["intermediate_size"] = JSON(experts.width)
    config["num_local_experts"] = JSON(experts.count)
    config["num_experts_per_tok"] = JSON(experts.perToken)
    config["router_aux_loss_coef"] = JSON(experts.balancing)
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    var names = LLaMAFamily.names
    names.experts = .init(
      router: "block_sparse_moe.gate",
      each: .init(
        gate: "block_sparse_moe.experts.{}.w1", up: "block_sparse_moe.experts.{}.w3",
        down: "block_sparse_moe.experts.{}.w2"))
    return names
  }
}

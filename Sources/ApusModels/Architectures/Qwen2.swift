// Qwen 2 and 2.5: Yang et al., arXiv:2407.10671; transformers' `qwen2`. LLaMA with biases of queries, keys and values,
// and windows in the upper layers where the configuration asks for them.

import ApusCore

struct Qwen2Architecture: Architecture {
  let modelType = "qwen2"
  let gguf: GGUFDialect? = .common("qwen2")

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try LLaMAFamily.specification(from: config, modelType, QwenFamily.defaults)
    specification.biases.queriesKeysValues = true
    try QwenFamily.readWindow(config, &specification)
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Qwen2ForCausalLM", QwenFamily.defaults)
    QwenFamily.writeWindow(specification, &config)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { LLaMAFamily.names }
}

/// What the Qwen models have in common.
enum QwenFamily {
  static let defaults = LLaMAFamily.Defaults(beginTokens: [], endTokens: [])

  /// The window of the layers from `max_window_layers` on, or of those that `layer_types` names.
  static func readWindow(_ config: JSON.Reader, _ specification: inout Specification) throws(ApusError) {
    guard try config.bool("use_sliding_window", default: false) else { return }
    let first = try config.int("max_window_layers", default: 28)
    specification.attention.window = try config.window(default: 4096)
    specification.attention.localLayers = try config.localLayers(specification.layers) { $0 >= first }
  }

  static func writeWindow(_ specification: Specification, _ config: inout JSON.Object) {
    let layers = 0..<specification.layers
    config["use_sliding_window"] = JSON(specification.attention.window > 0)
    config["sliding_window"] = specification.windowKey
    config["max_window_layers"] = JSON(
      layers.first { specification.attention.isLocal(layer: $0) } ?? specification.layers)
    config["layer_types"] = specification.layerTypes
  }

  /// The experts of Qwen's mixtures, but for the shared one.
  static func experts(_ config: JSON.Reader, layers: Int, width: Int, count: Int) throws(ApusError)
    -> Specification.Experts
  {
    var experts = Specification.Experts(
      count: try config.int(["num_experts", "num_local_experts"], default: count),
      perToken: try config.int("num_experts_per_tok", default: 4),
      normalisesWeights: try config.bool("norm_topk_prob", default: false),
      width: try config.int("moe_intermediate_size", default: width))
    experts.balancing = try config.double("router_aux_loss_coef", default: 0.001)
    let step = try config.int("decoder_sparse_step", default: 1)
    guard step > 0 else { throw config.error("decoder_sparse_step", "a step of \(step) names no layer") }
    let listed = try config.array("mlp_only_layers") ?? []
    let dense = listed.compactMap(\.int)
    guard dense.count == listed.count else { throw config.error("mlp_only_layers", "numbers of layers are expected") }
    experts.denseLayers = Set((0..<layers).filter { dense.contains($0) || ($0 + 1) % step != 0 })
    return experts
  }

  static func writeExperts(_ specification: Specification, _ config: inout JSON.Object) {
    guard let experts = specification.experts else { return }
    config["num_experts"] = JSON(experts.count)
    config["num_experts_per_tok"] = JSON(experts.perToken)
    config["norm_topk_prob"] = JSON(experts.normalisesWeights)
    config["moe_intermediate_size"] = JSON(experts.width)
    config["router_aux_loss_coef"] = JSON(experts.balancing)
    config["decoder_sparse_step"] = 1
    config["mlp_only_layers"] = JSON(experts.denseLayers.sorted())
  }

  /// The names of a mixture's tensors.
  static var expertNames: TensorNames {
    var names = LLaMAFamily.names
    names.experts = .init(
      router: "mlp.gate",
      each: .init(
        gate: "mlp.experts.{}.gate_proj", up: "mlp.experts.{}.up_proj", down: "mlp.experts.{}.down_proj"),
      shared: .init(
        gate: "mlp.shared_expert.gate_proj", up: "mlp.shared_expert.up_proj", down: "mlp.shared_expert.down_proj"),
      sharedGate: "mlp.shared_expert_gate")
    return names
  }
}

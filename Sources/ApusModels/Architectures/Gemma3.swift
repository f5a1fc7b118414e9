// Gemma 3, its text model: Kamath et al., arXiv:2503.19786; transformers' `gemma3_text`. Norms of query and key heads
// in place of soft caps; of six layers five have a window and a rotation of their own.

import ApusCore

struct Gemma3Architecture: Architecture {
  let modelType = "gemma3_text"
  let gguf: GGUFDialect? = {
    var dialect = GemmaFamily.gguf("gemma3")
    dialect.computesWindows = true
    let finish = dialect.finish
    dialect.finish = { specification, metadata throws(ApusError) in
      try finish(&specification, metadata)
      specification.attention.localLayers = Set((0..<specification.layers).filter { ($0 + 1) % Self.pattern != 0 })
      GemmaFamily.settleScale(&specification, layersOfLargest: 62)
      guard case .rotary(let rotation, _) = specification.positions else { return }
      let local = RotaryEmbedding(base: 10_000, rotatedWidth: rotation.rotatedWidth)
      specification.positions = .rotary(rotation, local: local)
    }
    return dialect
  }()

  private static let pattern = 6
  private static let localBase = "rope_local_base_freq"

  private let defaults: LLaMAFamily.Defaults = {
    var defaults = GemmaFamily.defaults(activationKey: "hidden_activation", keyValueHeads: 4)
    defaults.rotation = RotaryEmbedding.Keys(layerType: "full_attention", defaultBase: 1_000_000)
    return defaults
  }()
  private let localRotation = RotaryEmbedding.Keys(base: Self.localBase, scaling: nil, layerType: "sliding_attention")

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try GemmaFamily.specification(from: config, modelType, defaults)
    try GemmaFamily.readAttention(config, &specification, caps: (0, 0))
    specification.attention.queryKeyNorm = .eachHead
    specification.attention.window = try config.window(default: 4096)
    let pattern = try config.int(["sliding_window_pattern", "_sliding_window_pattern"], default: Self.pattern)
    guard pattern > 0 else { throw config.error("sliding_window_pattern", "a pattern of \(pattern) layers") }
    specification.attention.localLayers = try config.localLayers(specification.layers) { ($0 + 1) % pattern != 0 }
    if case .rotary(let rotation, _) = specification.positions {
      let local = try RotaryEmbedding(
        from: config, headWidth: specification.headWidth, context: specification.context, keys: localRotation)
      specification.positions = .rotary(rotation, local: local)
    }
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Gemma3ForCausalLM", defaults)
    GemmaFamily.writeAttention(specification, &config)
    guard case .rotary(let global, let local?) = specification.positions else { return config }
    let (width, context) = (specification.headWidth, specification.context)
    let outer = global.configuration(headWidth: width, context: context, keys: defaults.rotation)
    let inner = local.configuration(headWidth: width, context: context, keys: localRotation)
    for (key, value) in outer { config[key] = value }
    config[Self.localBase] = inner[Self.localBase]
    config["rope_parameters"] = [
      "full_attention": outer["rope_parameters"]?["full_attention"] ?? .null,
      "sliding_attention": inner["rope_parameters"]?["sliding_attention"] ?? .null,
    ]
    return config
  }

  func names(_ specification: Specification) -> TensorNames { GemmaFamily.namesWithNormsAround }
}

// Gemma 2: Riviere et al., arXiv:2408.00118; transformers' `gemma2`. Norms around each half, soft caps of scores and
// logits, every other layer with a window.

import ApusCore

struct Gemma2Architecture: Architecture {
  let modelType = "gemma2"
  let gguf: GGUFDialect? = {
    var dialect = GemmaFamily.gguf("gemma2")
    dialect.computesWindows = true
    let finish = dialect.finish
    dialect.finish = { specification, metadata throws(ApusError) in
      try finish(&specification, metadata)
      specification.attention.localLayers = Set((0..<specification.layers).filter { $0 % 2 == 0 })
      // The largest model scales by the width, the others by the head.
      GemmaFamily.settleScale(&specification, layersOfLargest: 46)
    }
    return dialect
  }()

  private let defaults = GemmaFamily.defaults(activationKey: "hidden_activation", keyValueHeads: 4)

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    var specification = try GemmaFamily.specification(from: config, modelType, defaults)
    try GemmaFamily.readAttention(config, &specification, caps: (50, 30))
    specification.attention.window = try config.window(default: 4096)
    specification.attention.localLayers = try config.localLayers(specification.layers) { $0 % 2 == 0 }
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    var config = LLaMAFamily.configuration(of: specification, "Gemma2ForCausalLM", defaults)
    GemmaFamily.writeAttention(specification, &config)
    return config
  }

  func names(_ specification: Specification) -> TensorNames { GemmaFamily.namesWithNormsAround }
}

// Meta's LLaMA in its versions, and two small models of its shape.

import ApusCore

extension PresetFamily {
  static let llama1 = PresetFamily(
    source: "Touvron et al., arXiv:2302.13971, table 2",
    common: llama(vocabulary: 32_000, context: 2048, epsilon: 1e-6),
    members: [
      .init("llama-7b", shape(4096, layers: 32, heads: 32, 32, inner: 11_008)),
      .init("llama-13b", shape(5120, layers: 40, heads: 40, 40, inner: 13_824)),
      .init("llama-30b", shape(6656, layers: 60, heads: 52, 52, inner: 17_920)),
      .init("llama-65b", shape(8192, layers: 80, heads: 64, 64, inner: 22_016)),
    ])

  static let llama2 = PresetFamily(
    source: "Touvron et al., arXiv:2307.09288; meta-llama/Llama-2",
    common: llama(vocabulary: 32_000, context: 4096),
    members: [
      .init("llama-2-7b", shape(4096, layers: 32, heads: 32, 32, inner: 11_008)),
      .init("llama-2-13b", shape(5120, layers: 40, heads: 40, 40, inner: 13_824)),
      .init("llama-2-70b", shape(8192, layers: 80, heads: 64, 8, inner: 28_672)),
    ])

  static let llama3 = PresetFamily(
    source: "Dubey et al., arXiv:2407.21783; meta-llama/Meta-Llama-3",
    common: llama(vocabulary: 128_256, context: 8192, base: 500_000),
    members: [
      .init("llama-3-8b", shape(4096, layers: 32, heads: 32, 8, inner: 14_336)),
      .init("llama-3-70b", shape(8192, layers: 80, heads: 64, 8, inner: 28_672)),
    ])

  static let llama31 = PresetFamily(
    source: "Dubey et al., arXiv:2407.21783, table 3; meta-llama/Llama-3.1",
    common: llama(vocabulary: 128_256, context: 131_072, base: 500_000, stretched: 8),
    members: [
      .init("llama-3.1-8b", shape(4096, layers: 32, heads: 32, 8, inner: 14_336)),
      .init("llama-3.1-70b", shape(8192, layers: 80, heads: 64, 8, inner: 28_672)),
      .init("llama-3.1-405b", shape(16_384, layers: 126, heads: 128, 8, inner: 53_248)),
    ])

  static let llama32 = PresetFamily(
    source: "model card meta-llama/Llama-3.2",
    common: llama(vocabulary: 128_256, context: 131_072, base: 500_000, stretched: 32, tied: true),
    members: [
      .init("llama-3.2-1b", shape(2048, layers: 16, heads: 32, 8, inner: 8192)),
      .init("llama-3.2-3b", shape(3072, layers: 28, heads: 24, 8, inner: 8192)),
    ])

  static let tinyLLaMA = PresetFamily(
    source: "Zhang et al., arXiv:2401.02385; TinyLlama/TinyLlama_v1.1",
    common: llama(vocabulary: 32_000, context: 2048),
    members: [.init("tinyllama-1.1b", shape(2048, layers: 22, heads: 32, 4, inner: 5632))])

  static let smolLM2 = PresetFamily(
    source: "Allal et al., arXiv:2502.02737; HuggingFaceTB/SmolLM2",
    common: llama(vocabulary: 49_152, context: 8192, base: 100_000, tied: true),
    members: [
      .init("smollm2-135m", shape(576, layers: 30, heads: 9, 3, inner: 1536)),
      .init("smollm2-360m", shape(960, layers: 32, heads: 15, 5, inner: 2560)),
      .init("smollm2-1.7b", shape(2048, layers: 24, heads: 32, 32, inner: 8192) + ["rope_theta": 130_000]),
    ])

  private static func llama(
    vocabulary: Int, context: Int, base: Int = 10_000, stretched factor: Double? = nil, epsilon: Double = 1e-5,
    tied: Bool = false
  ) -> JSON.Object {
    var keys: JSON.Object = [
      "model_type": "llama", "vocab_size": JSON(vocabulary), "max_position_embeddings": JSON(context),
      "rope_theta": JSON(base), "hidden_act": "silu", "rms_norm_eps": JSON(epsilon),
      "tie_word_embeddings": JSON(tied),
    ]
    if let factor {
      keys["rope_scaling"] = [
        "rope_type": "llama3", "factor": JSON(factor), "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
      ]
    }
    return keys
  }

  /// The keys in which models of LLaMA's kind differ: width, layers, heads, key-value heads, inner width.
  static func shape(_ width: Int, layers: Int, heads: Int, _ keyValueHeads: Int, inner: Int) -> JSON.Object {
    [
      "hidden_size": JSON(width), "num_hidden_layers": JSON(layers), "num_attention_heads": JSON(heads),
      "num_key_value_heads": JSON(keyValueHeads), "intermediate_size": JSON(inner),
    ]
  }
}

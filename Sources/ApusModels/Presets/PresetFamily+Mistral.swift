// Mistral's dense model and its mixtures of experts.

import ApusCore

extension PresetFamily {
  static let mistral = PresetFamily(
    source: "Jiang et al., arXiv:2310.06825, table 1; mistralai",
    common: [
      "model_type": "mistral", "vocab_size": 32_000, "max_position_embeddings": 32_768, "rope_theta": 10_000,
      "sliding_window": 4096, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false,
    ],
    members: [.init("mistral-7b", shape(4096, layers: 32, heads: 32, 8, inner: 14_336))])

  static let mistral3 = PresetFamily(
    source: "model card mistralai/Mistral-7B-v0.3",
    common: mistral.common + ["vocab_size": 32_768, "rope_theta": 1_000_000, "sliding_window": .null],
    members: [.init("mistral-7b-v0.3", shape(4096, layers: 32, heads: 32, 8, inner: 14_336))])

  static let mixtral = PresetFamily(
    source: "Jiang et al., arXiv:2401.04088, table 1; mistralai",
    common: [
      "model_type": "mixtral", "vocab_size": 32_000, "max_position_embeddings": 32_768, "rope_theta": 1_000_000,
      "sliding_window": .null, "rms_norm_eps": 1e-5, "hidden_act": "silu", "num_local_experts": 8,
      "num_experts_per_tok": 2, "tie_word_embeddings": false,
    ],
    members: [.init("mixtral-8x7b", shape(4096, layers: 32, heads: 32, 8, inner: 14_336))])

  static let mixtral22 = PresetFamily(
    source: "model card mistralai/Mixtral-8x22B-v0.1",
    common: mixtral.common + ["max_position_embeddings": 65_536],
    members: [.init("mixtral-8x22b", shape(6144, layers: 56, heads: 48, 8, inner: 16_384))])
}

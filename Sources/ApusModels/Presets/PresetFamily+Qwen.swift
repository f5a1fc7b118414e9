// Alibaba's Qwen models, dense and mixtures. Small ones tie the output to the embedding.

import ApusCore

extension PresetFamily {
  static let qwen25 = PresetFamily(
    source: "Qwen Team, arXiv:2412.15115, table 1; Qwen/Qwen2.5",
    common: [
      "model_type": "qwen2", "vocab_size": 152_064, "max_position_embeddings": 131_072, "rope_theta": 1_000_000,
      "rms_norm_eps": 1e-6, "hidden_act": "silu", "use_sliding_window": false, "tie_word_embeddings": false,
    ],
    members: [
      .init("qwen2.5-0.5b", shape(896, layers: 24, heads: 14, 2, inner: 4864) + small),
      .init("qwen2.5-1.5b", shape(1536, layers: 28, heads: 12, 2, inner: 8960) + small),
      .init("qwen2.5-3b", shape(2048, layers: 36, heads: 16, 2, inner: 11_008) + small),
      .init("qwen2.5-7b", shape(3584, layers: 28, heads: 28, 4, inner: 18_944)),
      .init("qwen2.5-14b", shape(5120, layers: 48, heads: 40, 8, inner: 13_824)),
      .init("qwen2.5-32b", shape(5120, layers: 64, heads: 40, 8, inner: 27_648)),
      .init("qwen2.5-72b", shape(8192, layers: 80, heads: 64, 8, inner: 29_568)),
    ])

  private static let small: JSON.Object = [
    "vocab_size": 151_936, "max_position_embeddings": 32_768, "tie_word_embeddings": true,
  ]

  static let qwen15MoE = PresetFamily(
    source: "Qwen Team, \"Qwen1.5-MoE\", March 2024; Qwen/Qwen1.5-MoE-A2.7B",
    common: [
      "model_type": "qwen2_moe", "vocab_size": 151_936, "max_position_embeddings": 8192, "rope_theta": 1_000_000,
      "rms_norm_eps": 1e-6, "hidden_act": "silu", "use_sliding_window": false, "tie_word_embeddings": false,
      "num_experts": 60, "num_experts_per_tok": 4, "norm_topk_prob": false, "moe_intermediate_size": 1408,
      "shared_expert_intermediate_size": 5632,
    ],
    members: [.init("qwen1.5-moe-a2.7b", shape(2048, layers: 24, heads: 16, 16, inner: 5632))])

  static let qwen3 = PresetFamily(
    source: "Qwen Team, arXiv:2505.09388, table 1; Qwen/Qwen3",
    common: [
      "model_type": "qwen3", "vocab_size": 151_936, "max_position_embeddings": 40_960, "head_dim": 128,
      "rope_theta": 1_000_000, "rms_norm_eps": 1e-6, "hidden_act": "silu", "use_sliding_window": false,
      "tie_word_embeddings": false,
    ],
    members: [
      .init("qwen3-0.6b", shape(1024, layers: 28, heads: 16, 8, inner: 3072) + tied),
      .init("qwen3-1.7b", shape(2048, layers: 28, heads: 16, 8, inner: 6144) + tied),
      .init("qwen3-4b", shape(2560, layers: 36, heads: 32, 8, inner: 9728) + tied),
      .init("qwen3-8b", shape(4096, layers: 36, heads: 32, 8, inner: 12_288)),
      .init("qwen3-14b", shape(5120, layers: 40, heads: 40, 8, inner: 17_408)),
      .init("qwen3-32b", shape(5120, layers: 64, heads: 64, 8, inner: 25_600)),
    ])

  private static let tied: JSON.Object = ["tie_word_embeddings": true]

  static let qwen3MoE = PresetFamily(
    source: "Qwen Team, arXiv:2505.09388, table 2; Qwen/Qwen3",
    common: qwen3.common + [
      "model_type": "qwen3_moe", "num_experts": 128, "num_experts_per_tok": 8, "norm_topk_prob": true,
    ],
    members: [
      .init(
        "qwen3-30b-a3b", shape(2048, layers: 48, heads: 32, 4, inner: 6144) + ["moe_intermediate_size": 768]),
      .init(
        "qwen3-235b-a22b", shape(4096, layers: 94, heads: 64, 4, inner: 12_288) + ["moe_intermediate_size": 1536]),
    ])
}

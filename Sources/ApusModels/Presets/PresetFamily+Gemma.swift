// Google's Gemma models; of the third generation those that are text alone.

import ApusCore

extension PresetFamily {
  static let gemma = PresetFamily(
    source: "Mesnard et al., arXiv:2403.08295, table 1; google/gemma",
    common: [
      "model_type": "gemma", "vocab_size": 256_000, "max_position_embeddings": 8192, "head_dim": 256,
      "rope_theta": 10_000, "rms_norm_eps": 1e-6, "hidden_act": "gelu_pytorch_tanh",
    ],
    members: [
      .init("gemma-2b", shape(2048, layers: 18, heads: 8, 1, inner: 16_384)),
      .init("gemma-7b", shape(3072, layers: 28, heads: 16, 16, inner: 24_576)),
    ])

  static let gemma2 = PresetFamily(
    source: "Riviere et al., arXiv:2408.00118, table 1; google/gemma-2",
    common: [
      "model_type": "gemma2", "vocab_size": 256_000, "max_position_embeddings": 8192, "head_dim": 256,
      "rope_theta": 10_000, "rms_norm_eps": 1e-6, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 4096,
      "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "query_pre_attn_scalar": 256,
    ],
    members: [
      .init("gemma-2-2b", shape(2304, layers: 26, heads: 8, 4, inner: 9216)),
      .init("gemma-2-9b", shape(3584, layers: 42, heads: 16, 8, inner: 14_336)),
      .init(
        "gemma-2-27b",
        shape(4608, layers: 46, heads: 32, 16, inner: 36_864) + ["head_dim": 128, "query_pre_attn_scalar": 144]),
    ])

  static let gemma3 = PresetFamily(
    source: "Kamath et al., arXiv:2503.19786; google/gemma-3",
    common: [
      "model_type": "gemma3_text", "vocab_size": 262_144, "max_position_embeddings": 32_768, "head_dim": 256,
      "rope_theta": 1_000_000, "rope_local_base_freq": 10_000, "rms_norm_eps": 1e-6,
      "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 512, "sliding_window_pattern": 6,
      "query_pre_attn_scalar": 256,
    ],
    members: [
      .init("gemma-3-270m", shape(640, layers: 18, heads: 4, 1, inner: 2048)),
      .init("gemma-3-1b", shape(1152, layers: 26, heads: 4, 1, inner: 6912)),
    ])
}

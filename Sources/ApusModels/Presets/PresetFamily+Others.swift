// Phi, OLMo 2, Falcon and StarCoder 2.

import ApusCore

extension PresetFamily {
  static let phi = PresetFamily(
    source: "Li et al., arXiv:2309.05463; microsoft/phi",
    common: [
      "model_type": "phi", "vocab_size": 51_200, "max_position_embeddings": 2048, "partial_rotary_factor": 0.5,
      "rope_theta": 10_000, "layer_norm_eps": 1e-5, "hidden_act": "gelu_new", "tie_word_embeddings": false,
    ],
    members: [
      .init("phi-1.5", shape(2048, layers: 24, heads: 32, 32, inner: 8192)),
      .init("phi-2", shape(2560, layers: 32, heads: 32, 32, inner: 10_240) + ["partial_rotary_factor": 0.4]),
    ])

  static let phi3 = PresetFamily(
    source: "Abdin et al., arXiv:2404.14219; microsoft/Phi-3-mini-4k",
    common: [
      "model_type": "phi3", "vocab_size": 32_064, "max_position_embeddings": 4096, "sliding_window": 2047,
      "rope_theta": 10_000, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false,
    ],
    members: [.init("phi-3-mini", shape(3072, layers: 32, heads: 32, 32, inner: 8192))])

  static let olmo2 = PresetFamily(
    source: "OLMo Team, arXiv:2501.00656; allenai/OLMo-2",
    common: [
      "model_type": "olmo2", "vocab_size": 100_352, "max_position_embeddings": 4096, "rope_theta": 500_000,
      "rms_norm_eps": 1e-6, "hidden_act": "silu", "tie_word_embeddings": false,
    ],
    members: [
      .init("olmo-2-1b", shape(2048, layers: 16, heads: 16, 16, inner: 8192)),
      .init("olmo-2-7b", shape(4096, layers: 32, heads: 32, 32, inner: 11_008)),
      .init("olmo-2-13b", shape(5120, layers: 40, heads: 40, 40, inner: 13_824)),
    ])

  static let falcon = PresetFamily(
    source: "Almazrouei et al., arXiv:2311.16867; tiiuae/falcon",
    common: [
      "model_type": "falcon", "vocab_size": 65_024, "max_position_embeddings": 2048, "parallel_attn": true,
      "bias": false, "alibi": false, "rope_theta": 10_000, "layer_norm_epsilon": 1e-5,
    ],
    members: [
      .init(
        "falcon-7b",
        ["hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71, "multi_query": true]),
      .init(
        "falcon-40b",
        [
          "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128, "num_kv_heads": 8,
          "new_decoder_architecture": true,
        ]),
    ])

  static let starCoder2 = PresetFamily(
    source: "Lozhkov et al., arXiv:2402.19173; bigcode/starcoder2",
    common: [
      "model_type": "starcoder2", "vocab_size": 49_152, "max_position_embeddings": 16_384, "sliding_window": 4096,
      "norm_epsilon": 1e-5, "hidden_act": "gelu_pytorch_tanh", "use_bias": true, "tie_word_embeddings": true,
    ],
    members: [
      .init(
        "starcoder2-3b", shape(3072, layers: 30, heads: 24, 2, inner: 12_288) + ["rope_theta": 999_999.4420358813]),
      .init("starcoder2-7b", shape(4608, layers: 32, heads: 36, 4, inner: 18_432) + ["rope_theta": 1_000_000]),
    ])
}

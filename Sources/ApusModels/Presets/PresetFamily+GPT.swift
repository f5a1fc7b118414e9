// OpenAI's GPT models and EleutherAI's Pythia. What was published of GPT-3 is a table, of GPT-4 nothing; the notes say
// what was made of that.

import ApusCore

extension PresetFamily {
  static let gpt1 = PresetFamily(
    source: "Radford et al. 2018; openai-community/openai-gpt",
    common: ["model_type": "openai-gpt", "vocab_size": 40_478, "n_positions": 512, "afn": "gelu"],
    members: [.init("gpt1", ["n_embd": 768, "n_layer": 12, "n_head": 12])])

  static let gpt2 = PresetFamily(
    source: "Radford et al. 2019; openai-community/gpt2",
    common: [
      "model_type": "gpt2", "vocab_size": 50_257, "n_positions": 1024, "activation_function": "gelu_new",
      "layer_norm_epsilon": 1e-5,
    ],
    members: [
      .init("gpt2", ["n_embd": 768, "n_layer": 12, "n_head": 12]),
      .init("gpt2-medium", ["n_embd": 1024, "n_layer": 24, "n_head": 16]),
      .init("gpt2-large", ["n_embd": 1280, "n_layer": 36, "n_head": 20]),
      .init("gpt2-xl", ["n_embd": 1600, "n_layer": 48, "n_head": 25]),
    ])

  static let gpt3 = PresetFamily(
    source: "Brown et al., arXiv:2005.14165, table 2.1",
    common: [
      "model_type": "gpt2", "vocab_size": 50_257, "n_positions": 2048, "activation_function": "gelu_new",
      "layer_norm_epsilon": 1e-5,
    ],
    members: [
      .init("gpt3-125m", ["n_embd": 768, "n_layer": 12, "n_head": 12], note: banded),
      .init("gpt3-350m", ["n_embd": 1024, "n_layer": 24, "n_head": 16], note: banded),
      .init("gpt3-760m", ["n_embd": 1536, "n_layer": 24, "n_head": 16], note: banded),
      .init(
        "gpt3-1.3b", ["n_embd": 2048, "n_layer": 24, "n_head": 16],
        note: "the table's 24 heads of 128 do not make its width of 2048; 16 do"),
      .init("gpt3-2.7b", ["n_embd": 2560, "n_layer": 32, "n_head": 32], note: banded),
      .init("gpt3-6.7b", ["n_embd": 4096, "n_layer": 32, "n_head": 32], note: banded),
      .init(
        "gpt3-13b", ["n_embd": 5120, "n_layer": 40, "n_head": 40],
        note: "the table's width of 5140 is not its 40 heads of 128; 5120 is"),
      .init("gpt3-175b", ["n_embd": 12_288, "n_layer": 96, "n_head": 96], note: banded),
    ])

  private static let banded = "every other layer's locally banded attention counts as dense"

  // 120 blocks of 16 experts of about 111 G, two for a token, and about 55 G of attention with one key-value head are
  // what the source says; width and inner width are the round numbers that give these counts on Mixtral's body.
  static let gpt4 = PresetFamily(
    source: "Patel and Wong, SemiAnalysis, July 2023",
    common: [
      "model_type": "mixtral", "vocab_size": 100_277, "max_position_embeddings": 8192, "num_local_experts": 16,
      "num_experts_per_tok": 2,
    ],
    members: [
      .init(
        "gpt4-rumoured",
        [
          "hidden_size": 15_104, "num_hidden_layers": 120, "num_attention_heads": 118, "num_key_value_heads": 1,
          "intermediate_size": 20_352,
        ], note: "estimated, unpublished: the widths are fitted to rumoured counts")
    ])

  static let pythia = PresetFamily(
    source: "Biderman et al., arXiv:2304.01373, table 1",
    common: [
      "model_type": "gpt_neox", "vocab_size": 50_304, "max_position_embeddings": 2048, "hidden_act": "gelu",
      "rotary_pct": 0.25, "rotary_emb_base": 10_000, "layer_norm_eps": 1e-5, "use_parallel_residual": true,
      "tie_word_embeddings": false,
    ],
    members: [
      neoX("pythia-70m", 512, layers: 6, heads: 8),
      neoX("pythia-160m", 768, layers: 12, heads: 12),
      neoX("pythia-410m", 1024, layers: 24, heads: 16),
      neoX("pythia-1b", 2048, layers: 16, heads: 8),
      neoX("pythia-1.4b", 2048, layers: 24, heads: 16),
      neoX("pythia-2.8b", 2560, layers: 32, heads: 32),
      neoX("pythia-6.9b", 4096, layers: 32, heads: 32, vocabulary: 50_432),
      neoX("pythia-12b", 5120, layers: 36, heads: 40, vocabulary: 50_688),
    ])

  // The vocabulary is padded, further in the largest models.
  private static func neoX(
    _ name: String, _ width: Int, layers: Int, heads: Int, vocabulary: Int = 50_304
  ) -> Member {
    Member(
      name,
      [
        "vocab_size": JSON(vocabulary), "hidden_size": JSON(width), "num_hidden_layers": JSON(layers),
        "num_attention_heads": JSON(heads), "intermediate_size": JSON(4 * width),
      ])
  }
}

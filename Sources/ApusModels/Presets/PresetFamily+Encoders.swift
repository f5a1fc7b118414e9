// BERT and RoBERTa with their heads for masked tokens, without the pooler that some checkpoints have.

import ApusCore

extension PresetFamily {
  static let bert = PresetFamily(
    source: "Devlin et al., arXiv:1810.04805; google-bert",
    common: [
      "model_type": "bert", "max_position_embeddings": 512, "type_vocab_size": 2, "hidden_act": "gelu",
      "layer_norm_eps": 1e-12,
    ],
    members: [
      base("bert-base-uncased", vocabulary: 30_522), base("bert-base-cased", vocabulary: 28_996),
      large("bert-large-uncased", vocabulary: 30_522), large("bert-large-cased", vocabulary: 28_996),
    ])

  static let roberta = PresetFamily(
    source: "Liu et al., arXiv:1907.11692; FacebookAI/roberta",
    common: [
      "model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1, "type_vocab_size": 1,
      "hidden_act": "gelu", "layer_norm_eps": 1e-5,
    ],
    members: [base("roberta-base", vocabulary: 50_265), large("roberta-large", vocabulary: 50_265)])

  private static func base(_ name: String, vocabulary: Int) -> Member {
    Member(
      name,
      [
        "vocab_size": JSON(vocabulary), "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
        "intermediate_size": 3072,
      ])
  }

  private static func large(_ name: String, vocabulary: Int) -> Member {
    Member(
      name,
      [
        "vocab_size": JSON(vocabulary), "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
        "intermediate_size": 4096,
      ])
  }
}

// BERT: Devlin et al., arXiv:1810.04805; transformers' `bert`. An encoder: attention in both directions, the residual
// stream normalised after each half, token types, a head for masked tokens, a pooler. Checkpoints come with or without
// the last two.

import ApusCore
import ApusTensor

struct BERTArchitecture: Architecture {
  let modelType = "bert"
  let gguf: GGUFDialect? = dialect()

  /// How GGUF files hold the family.
  static func dialect(_ change: @escaping @Sendable (inout TensorNames) -> Void = { _ in }) -> GGUFDialect {
    .common("bert") {
      $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
      change(&$0)
    }
  }

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try BERTFamily.specification(from: config, modelType, vocabulary: 30_522, types: 2, offset: 0)
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let className = specification.encoder?.maskedHead == nil ? "BertModel" : "BertForMaskedLM"
    return BERTFamily.configuration(of: specification, className)
  }

  func names(_ specification: Specification) -> TensorNames {
    BERTFamily.names("bert", dense: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm") {
      $0.output = "cls.predictions.decoder"
      $0.outputBias = "cls.predictions.bias"
      $0.copies = ["cls.predictions.decoder.weight", "cls.predictions.decoder.bias"]
      $0.ignoredPrefixes += ["cls.seq_relationship."]
    }
  }

  func settle(_ specification: inout Specification, has: (String) -> Bool) {
    BERTFamily.settle(&specification, "bert", names(specification), has)
  }
}

/// What BERT and RoBERTa have in common.
enum BERTFamily {
  static func specification(
    from config: JSON.Reader, _ modelType: String, vocabulary: Int, types: Int, offset: Int
  ) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    try config.require("is_decoder", false)
    try config.require("add_cross_attention", false)
    try config.require("position_embedding_type", "absolute")
    let width = try config.size("hidden_size", default: 768)
    let heads = try config.size("num_attention_heads", default: 12)
    try config.requireDivision("num_attention_heads", width: width, heads: heads)
    var specification = Specification.bert(
      vocabulary: try config.size("vocab_size", default: vocabulary),
      context: try config.size("max_position_embeddings", default: 512) - offset, width: width,
      layers: try config.layers("num_hidden_layers", default: 12), heads: heads,
      feedForwardWidth: try config.size("intermediate_size", default: 3072))
    let function = try config.activation("hidden_act", default: "gelu")
    specification.architecture = modelType
    specification.positions = .learned(offset: offset)
    specification.feedForward = .plain(function)
    specification.normEpsilon = try config.double("layer_norm_eps", default: 1e-12)
    specification.tiedOutput = try config.bool("tie_word_embeddings", default: true)
    specification.encoder = Specification.EncoderChoices(
      tokenTypes: try config.int("type_vocab_size", default: types), maskedHead: function, hasPooler: false)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: []).first
    specification.endTokens = try config.tokens("eos_token_id", default: [])
    return specification
  }

  static func configuration(of spec: Specification, _ className: String) -> JSON.Object {
    var offset = 0
    if case .learned(let first) = spec.positions { offset = first }
    return [
      "architectures": [JSON.string(className)], "model_type": .string(spec.architecture),
      "vocab_size": JSON(spec.vocabulary), "max_position_embeddings": JSON(spec.context + offset),
      "hidden_size": JSON(spec.width), "num_hidden_layers": JSON(spec.layers),
      "num_attention_heads": JSON(spec.heads), "intermediate_size": JSON(spec.feedForwardWidth),
      "hidden_act": JSON(ActivationName.name(of: spec.feedForward.function)), "layer_norm_eps": JSON(spec.normEpsilon),
      "type_vocab_size": JSON(spec.encoder?.tokenTypes ?? 0), "initializer_range": JSON(spec.initialDeviation),
      "tie_word_embeddings": JSON(spec.tiedOutput), "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
    ]
  }

  /// The names below `prefix`, with those of the head as `change` completes them.
  static func names(_ prefix: String, dense: String, norm: String, _ change: (inout TensorNames) -> Void) -> TensorNames
  {
    let embeddings = "\(prefix).embeddings"
    var names = TensorNames(
      tokens: "\(embeddings).word_embeddings", positions: "\(embeddings).position_embeddings", output: "",
      block: "\(prefix).encoder.layer.{}",
      attention: .init(
        layout: .separate(query: "attention.self.query", key: "attention.self.key", value: "attention.self.value"),
        output: "attention.output.dense"),
      attentionNorms: .init(residual: "attention.output.LayerNorm"),
      feedForward: .init(up: "intermediate.dense", down: "output.dense"),
      feedForwardNorms: .init(residual: "output.LayerNorm"),
      encoder: .init(
        types: "\(embeddings).token_type_embeddings", embeddingNorm: "\(embeddings).LayerNorm", head: (dense, norm),
        pooler: "\(prefix).pooler.dense"),
      optionalPrefix: "\(prefix).", ignoredEndings: ["embeddings.position_ids"])
    change(&names)
    return names
  }

  /// Whether there are a head and a pooler is for the files to say.
  static func settle(
    _ specification: inout Specification, _ prefix: String, _ names: TensorNames, _ has: (String) -> Bool
  ) {
    guard let encoder = names.encoder, var choices = specification.encoder else { return }
    if let head = encoder.head, !has("\(head.dense).weight") { choices.maskedHead = nil }
    choices.hasPooler = has("\(prefix).pooler.dense.weight") || has("pooler.dense.weight")
    specification.encoder = choices
    specification.biases.output = choices.maskedHead != nil
  }
}

// Falcon: Almazrouei et al., arXiv:2311.16867; transformers' `falcon`. Attention and feed-forward side by side, one
// key-value head for all queries (7B) or one for each group (40B, "new decoder architecture"), rotary positions.

import ApusCore
import ApusTensor

struct FalconArchitecture: Architecture {
  let modelType = "falcon"
  // The converter puts all queries, then all keys, then all values; of two norms the attention's is the second.
  let gguf: GGUFDialect? = {
    let common = GGUFDialect.common("falcon") {
      $0.attention.layout = .fused("attn_qkv")
      $0.feedForward = .init(up: "ffn_up", down: "ffn_down")
    }
    var dialect = common
    dialect.names = { specification in
      var names = common.names(specification)
      guard specification.parallel == .ownNorms else { return names }
      names.attentionNorms.input = "attn_norm_2"
      names.feedForwardNorms.input = "attn_norm"
      return names
    }
    dialect.finish = { specification, metadata throws(ApusError) in
      if metadata.hasTensor("blk.0.attn_norm_2.weight") { specification.parallel = .ownNorms }
    }
    return dialect
  }()

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    try config.require("alibi", false)
    let width = try config.size("hidden_size", default: 4544)
    let heads = try config.size("num_attention_heads", default: 71)
    try config.requireDivision("num_attention_heads", width: width, heads: heads)
    let isNew = try config.bool("new_decoder_architecture", default: false)
    let isMultiQuery = try config.bool("multi_query", default: true)
    var specification = Specification.llama(
      vocabulary: try config.size("vocab_size", default: 65_024),
      context: try config.size("max_position_embeddings", default: 2048), width: width,
      layers: try config.layers("num_hidden_layers", default: 32), heads: heads,
      keyValueHeads: isNew || !isMultiQuery ? try config.size("num_kv_heads", default: heads) : 1,
      feedForwardWidth: try config.size("ffn_hidden_size", default: 4 * width),
      tiedOutput: try config.bool("tie_word_embeddings", default: true))
    specification.architecture = modelType
    specification.positions = .rotary(
      try RotaryEmbedding(from: config, headWidth: specification.headWidth, context: specification.context))
    specification.feedForward = .plain(try config.activation("activation", default: "gelu"))
    specification.norm = .layer
    specification.normEpsilon = try config.double("layer_norm_epsilon", default: 1e-5)
    specification.biases = Specification.Biases(everywhere: try config.bool("bias", default: false))
    specification.biases.norms = true
    specification.parallel = try parallel(config, isNew: isNew)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: [11]).first
    specification.endTokens = try config.tokens("eos_token_id", default: [11])
    return specification
  }

  private func parallel(_ config: JSON.Reader, isNew: Bool) throws(ApusError) -> Specification.ParallelHalves {
    if isNew {
      let norms = try config.int("num_ln_in_parallel_attn", default: 2)
      guard (1...2).contains(norms) else { throw config.error("num_ln_in_parallel_attn", "\(norms) norms of a block") }
      return norms == 2 ? .ownNorms : .sharedNorm
    }
    return try config.bool("parallel_attn", default: true) ? .sharedNorm : .none
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let spec = specification
    let isNew = isNew(spec)
    var config: JSON.Object = [
      "architectures": ["FalconForCausalLM"], "model_type": "falcon", "vocab_size": JSON(spec.vocabulary),
      "max_position_embeddings": JSON(spec.context), "hidden_size": JSON(spec.width),
      "num_hidden_layers": JSON(spec.layers), "num_attention_heads": JSON(spec.heads),
      "num_kv_heads": JSON(spec.keyValueHeads), "multi_query": JSON(!isNew && spec.keyValueHeads == 1),
      "new_decoder_architecture": JSON(isNew), "parallel_attn": JSON(spec.parallel != .none),
      "num_ln_in_parallel_attn": isNew ? JSON(spec.parallel == .ownNorms ? 2 : 1) : .null, "alibi": false,
      "ffn_hidden_size": JSON(spec.feedForwardWidth),
      "activation": JSON(ActivationName.name(of: spec.feedForward.function)),
      "layer_norm_epsilon": JSON(spec.normEpsilon), "bias": JSON(spec.biases.feedForward),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
    ]
    if case .rotary(let rotation, _) = spec.positions {
      let object = rotation.configuration(headWidth: spec.headWidth, context: spec.context)
      for (key, value) in object { config[key] = value }
    }
    return config
  }

  // Grouped heads, or two norms side by side, are what the new architecture is for.
  private func isNew(_ spec: Specification) -> Bool {
    spec.parallel == .ownNorms || (spec.keyValueHeads > 1 && spec.keyValueHeads < spec.heads)
  }

  func names(_ specification: Specification) -> TensorNames {
    let hasTwoNorms = specification.parallel == .ownNorms
    return TensorNames(
      tokens: "transformer.word_embeddings", finalNorm: "transformer.ln_f", output: "lm_head",
      block: "transformer.h.{}",
      attention: .init(layout: .byGroup("self_attention.query_key_value"), output: "self_attention.dense"),
      attentionNorms: .init(input: hasTwoNorms ? "ln_attn" : "input_layernorm"),
      feedForward: .init(up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h"),
      feedForwardNorms: .init(input: hasTwoNorms ? "ln_mlp" : "post_attention_layernorm"),
      optionalPrefix: "transformer.", ignoredEndings: [".rotary_emb.inv_freq"])
  }
}

// What the configurations and checkpoints of LLaMA's many relatives in transformers have in common; each relative's own file
// says what it does otherwise.

import ApusCore
import ApusTensor

/// Keys and names shared by LLaMA, Mistral, Mixtral, Qwen, Gemma, OLMo and others.
enum LLaMAFamily {
  /// The specification in the common keys, with transformers' defaults for LLaMA where `defaults` does not differ.
  static func specification(
    from config: JSON.Reader, modelType: String, defaults: Defaults = Defaults()
  ) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    let width = try config.int("hidden_size", default: 4096)
    let heads = try config.int("num_attention_heads", default: 32)
    let headWidth = try config.int("head_dim") ?? defaults.headWidth
    if headWidth == nil { try config.requireDivision("num_attention_heads", width: width, heads: heads) }
    var specification = Specification.llama(
      vocabulary: try config.int("vocab_size", default: 32_000),
      context: try config.int("max_position_embeddings", default: 2048), width: width,
      layers: try config.int("num_hidden_layers", default: 32), heads: heads,
      keyValueHeads: try config.int("num_key_value_heads", default: defaults.keyValueHeads ?? heads),
      headWidth: headWidth, feedForwardWidth: try config.int("intermediate_size", default: 11_008),
      tiedOutput: try config.bool("tie_word_embeddings", default: defaults.tiesOutput))
    specification.architecture = modelType
    specification.positions = .rotary(try rotation(from: config, specification))
    specification.feedForward = .gated(try config.activation("hidden_act", default: "silu"))
    specification.normEpsilon = try config.double("rms_norm_eps", default: 1e-6)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: defaults.beginTokens).first
    specification.endTokens = try config.tokens("eos_token_id", default: defaults.endTokens)
    return specification
  }

  /// The rotation; one of a part of each head is an error, since transformers does not compute it.
  private static func rotation(
    from config: JSON.Reader, _ spec: Specification
  ) throws(ApusError) -> RotaryEmbedding {
    let rotation = try RotaryEmbedding(from: config, headWidth: spec.headWidth, context: spec.context)
    if rotation.rotatedWidth != spec.headWidth {
      throw config.error(
        "partial_rotary_factor",
        "\(rotation.rotatedWidth) of \(spec.headWidth) features would rotate; in this architecture all do")
    }
    return rotation
  }

  /// Values of absent keys that differ between relatives.
  struct Defaults {
    var headWidth: Int?
    var keyValueHeads: Int?
    var tiesOutput = false
    var beginTokens = [1]
    var endTokens = [2]
  }

  /// The common keys.
  static func configuration(of specification: Specification, className: String) -> JSON.Object {
    let spec = specification
    var config: JSON.Object = [
      "architectures": [JSON.string(className)], "model_type": .string(spec.architecture),
      "vocab_size": JSON(spec.vocabulary), "max_position_embeddings": JSON(spec.context),
      "hidden_size": JSON(spec.width), "num_hidden_layers": JSON(spec.layers),
      "num_attention_heads": JSON(spec.heads), "num_key_value_heads": JSON(spec.keyValueHeads),
      "head_dim": JSON(spec.headWidth), "intermediate_size": JSON(spec.feedForwardWidth),
      "hidden_act": JSON(ActivationName.name(of: spec.feedForward.function)), "rms_norm_eps": JSON(spec.normEpsilon),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
    ]
    if case .rotary(let rotation, local: nil) = spec.positions {
      let object = rotation.configuration(headWidth: spec.headWidth, context: spec.context)
      for (key, value) in object { config[key] = value }
    }
    return config
  }

  /// The tensors' names.
  static let names = TensorNames(
    tokens: "model.embed_tokens", finalNorm: "model.norm", output: "lm_head", block: "model.layers.{}",
    attention: .init(
      layout: .separate(query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj"),
      output: "self_attn.o_proj", queryNorm: "self_attn.q_norm", keyNorm: "self_attn.k_norm"),
    attentionNorms: .init(input: "input_layernorm"),
    feedForward: .init(gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj"),
    feedForwardNorms: .init(input: "post_attention_layernorm"), optionalPrefix: "model.",
    ignoredEndings: [".rotary_emb.inv_freq"])
}

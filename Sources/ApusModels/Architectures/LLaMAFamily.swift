// What the configurations and checkpoints of LLaMA's many relatives in transformers have in common; each relative's own
// file says what it does otherwise.

import ApusCore
import ApusTensor

/// Keys and names shared by LLaMA, Mistral, Mixtral, Qwen, Gemma, OLMo and others.
enum LLaMAFamily {
  /// Values of absent keys, and keys, that differ between relatives.
  struct Defaults {
    var headWidth: Int?
    var keyValueHeads: Int?
    var tiesOutput = false
    var activationKey = "hidden_act"
    var activation = "silu"
    var normKey = "rms_norm_eps"
    var normEpsilon = 1e-6
    var beginTokens = [1]
    var endTokens = [2]
    var rotation = RotaryEmbedding.Keys()
    /// Whether a part of a head may rotate.
    var rotatesParts = false
  }

  /// The specification in the common keys.
  static func specification(
    from config: JSON.Reader, _ modelType: String, _ defaults: Defaults = Defaults()
  ) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    let width = try config.size("hidden_size", default: 4096)
    let heads = try config.size("num_attention_heads", default: 32)
    let headWidth = try config.int("head_dim") ?? defaults.headWidth
    if headWidth == nil { try config.requireDivision("num_attention_heads", width: width, heads: heads) }
    var specification = Specification.llama(
      vocabulary: try config.size("vocab_size", default: 32_000),
      context: try config.size("max_position_embeddings", default: 2048), width: width,
      layers: try config.layers("num_hidden_layers", default: 32), heads: heads,
      keyValueHeads: try config.size("num_key_value_heads", default: defaults.keyValueHeads ?? heads),
      headWidth: headWidth, feedForwardWidth: try config.size("intermediate_size", default: 11_008),
      tiedOutput: try config.bool("tie_word_embeddings", default: defaults.tiesOutput))
    specification.architecture = modelType
    specification.positions = .rotary(try rotation(from: config, specification, defaults))
    specification.feedForward = .gated(try config.activation(defaults.activationKey, default: defaults.activation))
    specification.normEpsilon = try config.double(defaults.normKey, default: defaults.normEpsilon)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: defaults.beginTokens).first
    specification.endTokens = try config.tokens("eos_token_id", default: defaults.endTokens)
    return specification
  }

  /// The rotation; one of a part of each head is an error where transformers does not compute it.
  private static func rotation(
    from config: JSON.Reader, _ spec: Specification, _ defaults: Defaults
  ) throws(ApusError) -> RotaryEmbedding {
    let rotation = try RotaryEmbedding(
      from: config, headWidth: spec.headWidth, context: spec.context, keys: defaults.rotation)
    if rotation.rotatedWidth != spec.headWidth && !defaults.rotatesParts {
      throw config.error(
        defaults.rotation.portion,
        "\(rotation.rotatedWidth) of \(spec.headWidth) features would rotate; in this architecture all do")
    }
    return rotation
  }

  /// The common keys.
  static func configuration(
    of spec: Specification, _ className: String, _ defaults: Defaults = Defaults()
  ) -> JSON.Object {
    var config: JSON.Object = [
      "architectures": [JSON.string(className)], "model_type": .string(spec.architecture),
      "vocab_size": JSON(spec.vocabulary), "max_position_embeddings": JSON(spec.context),
      "hidden_size": JSON(spec.width), "num_hidden_layers": JSON(spec.layers),
      "num_attention_heads": JSON(spec.heads), "num_key_value_heads": JSON(spec.keyValueHeads),
      "head_dim": JSON(spec.headWidth), "intermediate_size": JSON(spec.feedForwardWidth),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
    ]
    config[defaults.activationKey] = JSON(ActivationName.name(of: spec.feedForward.function))
    config[defaults.normKey] = JSON(spec.normEpsilon)
    if case .rotary(let rotation, local: nil) = spec.positions {
      let object = rotation.configuration(headWidth: spec.headWidth, context: spec.context, keys: defaults.rotation)
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

// MARK: - Windows

extension JSON.Reader {
  /// The layers that see a window only: by `layer_types`, else by the rule of files that lack it.
  func localLayers(_ layers: Int, else isLocal: (Int) -> Bool) throws(ApusError) -> Set<Int> {
    guard let types = try array("layer_types") else { return Set((0..<layers).filter(isLocal)) }
    guard types.count == layers else {
      throw error("layer_types", "there are \(types.count) types for \(layers) layers")
    }
    var local: Set<Int> = []
    for (layer, type) in types.enumerated() {
      switch type.string {
      case "sliding_attention": local.insert(layer)
      case "full_attention": break
      default: throw error("layer_types", "layer \(layer) is neither full_attention nor sliding_attention")
      }
    }
    return local
  }

  /// The window of all layers; 0 where there is none.
  func window(default fallback: Int) throws(ApusError) -> Int {
    guard has("sliding_window") else { return fallback }
    guard let window = try int("sliding_window") else { return 0 }
    guard window >= 0 else { throw error("sliding_window", "the window is \(window)") }
    return window
  }
}

extension Specification {
  /// The value of `sliding_window`.
  var windowKey: JSON { attention.window > 0 ? JSON(attention.window) : .null }

  /// The value of `layer_types`.
  var layerTypes: JSON {
    .array((0..<layers).map { attention.isLocal(layer: $0) ? "sliding_attention" : "full_attention" })
  }
}

// LLaMA: Touvron et al., arXiv:2302.13971 and 2307.09288; Dubey et al., arXiv:2407.21783; transformers' `llama`. Root-mean-
// square norms, rotary positions in halves, SwiGLU, grouped key-value heads. Files keep queries, keys, values, gate and up
// apart; the body fuses them.

import ApusCore
import ApusTensor

struct LLaMAArchitecture: Architecture {
  let modelType = "llama"

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    let width = try config.int("hidden_size", default: 4096)
    let heads = try config.int("num_attention_heads", default: 32)
    var specification = Specification.llama(
      vocabulary: try config.int("vocab_size", default: 32_000),
      context: try config.int("max_position_embeddings", default: 2048), width: width,
      layers: try config.int("num_hidden_layers", default: 32), heads: heads,
      keyValueHeads: try config.int("num_key_value_heads", default: heads),
      feedForwardWidth: try config.int("intermediate_size", default: 11_008),
      tiedOutput: try config.bool("tie_word_embeddings", default: false), rotaryBase: try rotaryBase(config))
    if let headWidth = try config.int("head_dim") {
      specification.headWidth = headWidth
    } else if heads <= 0 || width % heads != 0 {
      throw config.error("num_attention_heads", "\(width) features do not divide by \(heads) heads")
    }
    specification.feedForward = .gated(try config.activation("hidden_act", default: "silu"))
    specification.normEpsilon = try config.double("rms_norm_eps", default: 1e-6)
    specification.biases.queriesKeysValues = try config.bool("attention_bias", default: false)
    specification.biases.attentionOutput = specification.biases.queriesKeysValues
    specification.biases.feedForward = try config.bool("mlp_bias", default: false)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: [1]).first
    specification.endTokens = try config.tokens("eos_token_id", default: [2])
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let spec = specification
    var function = ActivationFunction.silu
    if case .gated(let chosen) = spec.feedForward { function = chosen }
    var base = 10_000.0
    if case .rotary(let chosen) = spec.positions { base = chosen }
    return [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": JSON(spec.vocabulary),
      "max_position_embeddings": JSON(spec.context), "hidden_size": JSON(spec.width),
      "num_hidden_layers": JSON(spec.layers), "num_attention_heads": JSON(spec.heads),
      "num_key_value_heads": JSON(spec.keyValueHeads), "head_dim": JSON(spec.headWidth),
      "intermediate_size": JSON(spec.feedForwardWidth), "hidden_act": JSON(ActivationName.name(of: function)),
      "rms_norm_eps": JSON(spec.normEpsilon), "rope_theta": JSON(base),
      "rope_parameters": ["rope_type": "default", "rope_theta": JSON(base)],
      "attention_bias": JSON(spec.biases.queriesKeysValues), "mlp_bias": JSON(spec.biases.feedForward),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
    ]
  }

  func weights(of decoder: Decoder) -> WeightMap {
    var map = WeightMap()
    map.optionalPrefix = "model."
    map.ignoredEndings = [".rotary_emb.inv_freq"]
    map.matrix("model.embed_tokens.weight", decoder.tokens)
    for (layer, block) in decoder.blocks.enumerated() {
      attention(&map, "model.layers.\(layer)", block.attention, decoder.specification)
      feedForward(&map, "model.layers.\(layer)", block.feedForward, decoder.specification)
    }
    map.norm("model.norm", decoder.finalNorm)
    if decoder.specification.tiedOutput {
      map.copies = ["lm_head.weight"]
    } else {
      map.matrix("lm_head.weight", decoder.output)
    }
    return map
  }

  // Both the old key and the new object; scaled rotations are refused.
  private func rotaryBase(_ config: JSON.Reader) throws(ApusError) -> Double {
    var base = try config.double("rope_theta", default: 10_000)
    for key in ["rope_scaling", "rope_parameters"] {
      guard let rope = try config.object(key) else { continue }
      try rope.require("rope_type", "default")
      try rope.require("type", "default")
      try rope.require("partial_rotary_factor", 1, 1.0)
      base = try rope.double("rope_theta", default: base)
    }
    try config.require("partial_rotary_factor", 1, 1.0)
    return base
  }

  private func attention(_ map: inout WeightMap, _ name: String, _ layer: SelfAttention, _ spec: Specification) {
    map.norm("\(name).input_layernorm", layer.norm)
    let (queries, keys) = (spec.heads * spec.headWidth, spec.keyValueHeads * spec.headWidth)
    let parts = [("q", 0..<queries), ("k", queries..<queries + keys), ("v", queries + keys..<queries + 2 * keys)]
    for (part, rows) in parts {
      map.matrix("\(name).self_attn.\(part)_proj.weight", layer.queriesKeysValues.weight, rows: rows)
      map.vector("\(name).self_attn.\(part)_proj.bias", layer.queriesKeysValues.bias, range: rows)
    }
    map.matrix("\(name).self_attn.o_proj.weight", layer.output.weight)
    map.vector("\(name).self_attn.o_proj.bias", layer.output.bias)
  }

  private func feedForward(_ map: inout WeightMap, _ name: String, _ layer: FeedForwardLayer, _ spec: Specification) {
    map.norm("\(name).post_attention_layernorm", layer.norm)
    let inner = spec.feedForwardWidth
    for (part, rows) in [("gate", 0..<inner), ("up", inner..<2 * inner)] {
      map.matrix("\(name).mlp.\(part)_proj.weight", layer.up.weight, rows: rows)
      map.vector("\(name).mlp.\(part)_proj.bias", layer.up.bias, range: rows)
    }
    map.matrix("\(name).mlp.down_proj.weight", layer.down.weight)
    map.vector("\(name).mlp.down_proj.bias", layer.down.bias)
  }
}

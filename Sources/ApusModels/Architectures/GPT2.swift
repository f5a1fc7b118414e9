// GPT-2: Radford et al., "Language models are unsupervised multitask learners" (2019); transformers' `gpt2`. Learned
// positions, layer norms before each half of a block, GELU by tanh, output tied to the embedding. Its linear weights are
// stored [in, out] and queries, keys and values as one matrix.
//
// Models without biases (nanoGPT) carry the key `"bias": false`; their files hold zeros, so that transformers reads them.

import ApusCore
import ApusTensor

struct GPT2Architecture: Architecture {
  let modelType = "gpt2"

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    try config.requirePlainWeights()
    try config.require("scale_attn_weights", true)
    try config.require("scale_attn_by_inverse_layer_idx", false)
    try config.require("add_cross_attention", false)
    let width = try config.int("n_embd", default: 768)
    let heads = try config.int("n_head", default: 12)
    var specification = Specification.gpt2(
      vocabulary: try config.int("vocab_size", default: 50_257), context: try config.int("n_positions", default: 1024),
      width: width, layers: try config.int("n_layer", default: 12), heads: heads,
      feedForwardWidth: try config.int("n_inner") ?? width.multipliedReportingOverflow(by: 4).partialValue,
      activation: try config.activation("activation_function", default: "gelu_new"),
      biases: try config.bool("bias", default: true))
    guard heads > 0, width % heads == 0 else {
      throw config.error("n_head", "\(width) features do not divide by \(heads) heads")
    }
    specification.normEpsilon = try config.double("layer_norm_epsilon", default: 1e-5)
    specification.tiedOutput = try config.bool("tie_word_embeddings", default: true)
    specification.initialDeviation = try config.double("initializer_range", default: 0.02)
    specification.beginToken = try config.tokens("bos_token_id", default: [50_256]).first
    specification.endTokens = try config.tokens("eos_token_id", default: [50_256])
    return specification
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let spec = specification
    var function = ActivationFunction.geluTanh
    if case .plain(let chosen) = spec.feedForward { function = chosen }
    var config: JSON.Object = [
      "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": JSON(spec.vocabulary),
      "n_positions": JSON(spec.context), "n_embd": JSON(spec.width), "n_layer": JSON(spec.layers),
      "n_head": JSON(spec.heads), "n_inner": JSON(spec.feedForwardWidth),
      "activation_function": JSON(ActivationName.name(of: function)), "layer_norm_epsilon": JSON(spec.normEpsilon),
      "initializer_range": JSON(spec.initialDeviation), "tie_word_embeddings": JSON(spec.tiedOutput),
      "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
    ]
    if !spec.biases.norms { config["bias"] = false }
    return config
  }

  func weights(of decoder: Decoder) -> WeightMap {
    let width = decoder.specification.width
    var map = WeightMap()
    map.optionalPrefix = "transformer."
    map.ignoredEndings = [".attn.bias", ".attn.masked_bias"]
    map.matrix("transformer.wte.weight", decoder.tokens)
    if let positions = decoder.positions { map.matrix("transformer.wpe.weight", positions) }
    for (layer, block) in decoder.blocks.enumerated() {
      let name = "transformer.h.\(layer)"
      map.norm("\(name).ln_1", block.attention.norm, zeroBias: width)
      projection(&map, "\(name).attn.c_attn", block.attention.queriesKeysValues)
      projection(&map, "\(name).attn.c_proj", block.attention.output)
      map.norm("\(name).ln_2", block.feedForward.norm, zeroBias: width)
      projection(&map, "\(name).mlp.c_fc", block.feedForward.up)
      projection(&map, "\(name).mlp.c_proj", block.feedForward.down)
    }
    map.norm("transformer.ln_f", decoder.finalNorm, zeroBias: width)
    if decoder.specification.tiedOutput {
      map.copies = ["lm_head.weight"]
    } else {
      map.matrix("lm_head.weight", decoder.output)
    }
    return map
  }

  private func projection(_ map: inout WeightMap, _ name: String, _ projection: Projection) {
    map.matrix("\(name).weight", projection.weight, transposed: true)
    map.vector("\(name).bias", projection.bias, zeros: projection.weight.value.rows)
  }
}

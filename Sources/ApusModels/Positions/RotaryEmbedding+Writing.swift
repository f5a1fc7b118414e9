// Rotations in `config.json`, written twice: as the object of transformers 5 and as the keys of transformers 4, so that
// both read the same function. Three things transformers 4 cannot say: a YaRN whose factor is not the context over the
// original one, a YaRN ramp that is not cut at whole pairs, and the proportional rotation.

public import ApusCore

extension RotaryEmbedding {
  /// The keys of `config.json` for this rotation.
  /// - Parameters:
  ///   - headWidth: the features of a head.
  ///   - context: `max_position_embeddings`.
  ///   - keys: where the family of models has them; with a layer type, `rope_parameters` holds that one alone.
  public func configuration(headWidth: Int, context: Int, keys: Keys = Keys()) -> JSON.Object {
    let portion = portion(headWidth)
    var object: JSON.Object = [keys.base: JSON(ntkBase)]
    if portion != keys.defaultPortion { object[keys.portion] = JSON(portion) }
    var fields = scaling.fields(context: context)
    if let key = keys.scaling, let name = scaling.name {
      if case .proportional = scaling { fields["partial_rotary_factor"] = JSON(portion) }
      // Phi-3 of transformers 4 takes three keys and this name of the type alone.
      let typeKey = if case .longRope = scaling { "type" } else { "rope_type" }
      object[key] = .object(JSON.Object([(typeKey, JSON(name))] + Array(fields)))
    }
    if case .longRope(_, _, let original, _) = scaling { object["original_max_position_embeddings"] = JSON(original) }
    let defaultPortion = keys.defaultPortion
    let inner = JSON.object(parameters(headWidth: headWidth, context: context, defaultPortion: defaultPortion))
    object["rope_parameters"] = keys.layerType.map { .object([$0: inner]) } ?? inner
    return object
  }

  /// The object that transformers 5 keeps under `rope_parameters`, or in it under the name of a layer type.
  public func parameters(headWidth: Int, context: Int, defaultPortion: Double = 1) -> JSON.Object {
    let portion = portion(headWidth)
    var object: JSON.Object = ["rope_type": JSON(scaling.name ?? "default"), "rope_theta": JSON(ntkBase)]
    if portion != 1 || defaultPortion != 1 { object["partial_rotary_factor"] = JSON(portion) }
    for (key, value) in scaling.fields(context: context) { object[key] = value }
    if case .longRope(_, _, let original, _) = scaling { object["original_max_position_embeddings"] = JSON(original) }
    return object
  }

  // The least factor of few digits whose product with the head's width, rounded down, is the rotated width.
  private func portion(_ headWidth: Int) -> Double {
    if case .proportional(let portion, _) = scaling { return portion }
    let quotient = Double(rotatedWidth) / Double(headWidth)
    return Int(quotient * Double(headWidth)) == rotatedWidth ? quotient : quotient.nextUp
  }
}

extension RotaryScaling {
  // As in transformers; nil where a plain rotation says it all (a fixed NTK-aware factor is another base).
  fileprivate var name: String? {
    switch self {
    case .none, .ntk: nil
    case .linear: "linear"
    case .dynamic: "dynamic"
    case .yarn: "yarn"
    case .longRope: "longrope"
    case .llama3: "llama3"
    case .proportional: "proportional"
    }
  }

  // What both generations keep beside the type.
  fileprivate func fields(context: Int) -> JSON.Object {
    switch self {
    case .none, .ntk:
      return [:]
    case .linear(let factor), .dynamic(let factor, _), .proportional(_, let factor):
      return ["factor": JSON(factor)]
    case .yarn(let yarn):
      return yarn.fields
    case .longRope(let shortFactors, let longFactors, let original, let attentionFactor):
      var object: JSON.Object = [
        "short_factor": .array(shortFactors.map { JSON($0) }), "long_factor": .array(longFactors.map { JSON($0) }),
      ]
      let implied = Self.longRopeAttentionFactor(factor: Double(context) / Double(original), originalContext: original)
      if attentionFactor != implied { object["attention_factor"] = JSON(attentionFactor) }
      return object
    case .llama3(let factor, let low, let high, let original):
      return [
        "factor": JSON(factor), "low_freq_factor": JSON(low), "high_freq_factor": JSON(high),
        "original_max_position_embeddings": JSON(original),
      ]
    }
  }
}

extension YaRN {
  fileprivate var fields: JSON.Object {
    var object: JSON.Object = [
      "factor": JSON(factor), "original_max_position_embeddings": JSON(originalContext), "beta_fast": JSON(betaFast),
      "beta_slow": JSON(betaSlow),
    ]
    let optional = [
      ("attention_factor", attentionFactor), ("mscale", mscale), ("mscale_all_dim", mscaleAllDimensions),
    ]
    for (key, value) in optional { object[key] = value.map { JSON($0) } }
    if !truncates { object["truncate"] = false }
    return object
  }
}

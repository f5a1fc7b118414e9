// What a specification says of a model's shape.

import ApusCore
import ApusModels
import ApusTensor

/// A model's shape in facts.
struct ShapeFacts {
  let specification: Specification

  var facts: Facts {
    let spec = specification
    var facts: Facts = [
      ("architecture", spec.architecture),
      ("blocks", "\(spec.layers) of width \(spec.width), feed-forward \(feedForward)"),
      (
        "attention",
        "\(Quantity.counted(spec.heads, "head")) of \(spec.headWidth) over "
          + Quantity.counted(spec.keyValueHeads, "key-value head")
      ),
    ]
    if let experts = spec.experts {
      facts.append(("experts", "\(experts.count) of width \(experts.width), \(experts.perToken) for each token"))
    }
    if windowed > 0 {
      facts.append(("window", "\(spec.attention.window) tokens in \(windowed) of \(spec.layers) layers"))
    }
    facts += [("positions", positions), ("context", "\(spec.context) tokens")]
    facts.append(
      ("vocabulary", "\(spec.vocabulary) tokens, output \(spec.tiedOutput ? "tied to the embedding" : "of its own")"))
    return facts
  }

  var fields: [(String, JSON)] {
    let spec = specification
    var fields: [(String, JSON)] = [
      ("architecture", .string(spec.architecture)), ("layers", JSON(spec.layers)), ("width", JSON(spec.width)),
      ("heads", JSON(spec.heads)), ("key_value_heads", JSON(spec.keyValueHeads)), ("head_width", JSON(spec.headWidth)),
      ("feed_forward_width", JSON(spec.feedForwardWidth)), ("context", JSON(spec.context)),
      ("vocabulary", JSON(spec.vocabulary)), ("tied_output", JSON(spec.tiedOutput)),
      ("window", JSON(spec.attention.window)), ("windowed_layers", JSON(windowed)),
    ]
    if let experts = spec.experts {
      fields += [
        ("experts", JSON(experts.count)), ("experts_per_token", JSON(experts.perToken)),
        ("expert_width", JSON(experts.width)), ("shared_expert_width", JSON(experts.sharedWidth)),
      ]
    }
    return fields
  }

  private var windowed: Int {
    (0..<specification.layers).count { specification.attention.isLocal(layer: $0) }
  }

  private var positions: String {
    switch specification.positions {
    case .none: "none"
    case .learned: "learned"
    case .sinusoidal: "sinusoidal"
    case .rotary(let rotation, _): "rotary (base \(Quantity.short(rotation.base))\(rotation.scaling.summary))"
    }
  }

  private var feedForward: String {
    switch specification.feedForward {
    case .plain(let function): "\(specification.feedForwardWidth) (\(function.title))"
    case .gated(let function): "\(specification.feedForwardWidth) (gated, \(function.title))"
    }
  }
}

extension ActivationFunction {
  /// As papers call it.
  fileprivate var title: String {
    switch self {
    case .none: "linear"
    case .relu: "ReLU"
    case .geluErf: "GELU"
    case .geluTanh: "GELU by tanh"
    case .silu: "SiLU"
    }
  }
}

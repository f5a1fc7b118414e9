// Rotations in `config.json`, read: the object `rope_parameters` of transformers 5, flat or by layer type, and the keys
// `rope_theta` and `rope_scaling` of transformers 4 and the Hub. Where both stand, `rope_scaling` wins, as in
// transformers 5. What transformers would only warn of, and what Apus does not know, is an error that names the key.

public import ApusCore

extension RotaryEmbedding {
  /// Under which keys a family of models keeps its rotation, and what holds where they are missing.
  public struct Keys: Sendable, Equatable {
    /// Theta, beside or instead of `rope_parameters`.
    public var base: String
    /// The part of a head's features that rotates.
    public var portion: String
    /// The scaling in files of transformers 4; nil: those files scale other layers only.
    public var scaling: String?
    /// The layers asked for, where `rope_parameters` has an object for each type of layer.
    public var layerType: String?
    /// Theta where no key names it.
    public var defaultBase: Double
    /// The rotating part where no key names it.
    public var defaultPortion: Double

    /// LLaMA's keys and defaults, but for those given.
    public init(
      base: String = "rope_theta", portion: String = "partial_rotary_factor", scaling: String? = "rope_scaling",
      layerType: String? = nil, defaultBase: Double = 10_000, defaultPortion: Double = 1
    ) {
      self.base = base
      self.portion = portion
      self.scaling = scaling
      self.layerType = layerType
      self.defaultBase = defaultBase
      self.defaultPortion = defaultPortion
    }
  }

  /// Reads a configuration.
  /// - Parameters:
  ///   - config: the file's own object.
  ///   - headWidth: the features of a head.
  ///   - context: `max_position_embeddings`, which stands for an original context that is not given.
  ///   - keys: where to look.
  ///   - isInterleaved: the layout, which configurations leave to the architecture.
  /// - Throws: `badData` with the key for unknown types of scaling and for missing or meaningless values.
  public init(
    from config: JSON.Reader, headWidth: Int, context: Int, keys: Keys = Keys(), isInterleaved: Bool = false
  ) throws(ApusError) {
    let parameters = try Self.parameters(config, keys.layerType)
    let legacy = try Self.legacyScaling(config, keys.scaling)
    let rope = legacy ?? parameters ?? JSON.Reader(JSON.Object(), file: config.file)
    let outerPortion = try config.double(keys.portion, default: keys.defaultPortion)
    let portion = try rope.double("partial_rotary_factor", default: outerPortion)
    let innerBase = try parameters?.double("rope_theta") ?? keys.defaultBase
    let outerBase = try config.double(keys.base, default: innerBase)
    self.init(
      base: try rope.double("rope_theta", default: outerBase),
      rotatedWidth: Int(exactly: (Double(headWidth) * portion).rounded(.towardZero)) ?? 0, isInterleaved: isInterleaved,
      scaling: try RotaryScaling(from: rope, config, portion: portion, context: context))
    if case .proportional = scaling { rotatedWidth = headWidth }
    if let problem = problem(headWidth: headWidth) {
      let outerKeys = ["rope_theta": keys.base, "partial_rotary_factor": keys.portion]
      throw rope.has(problem.key)
        ? rope.error(problem.key, problem.text) : config.error(outerKeys[problem.key] ?? problem.key, problem.text)
    }
  }

  /// The first parameter without meaning, as transformers names it, and what is wrong with it.
  func problem(headWidth: Int) -> (key: String, text: String)? {
    guard (1e-30...1e30).contains(base) else { return ("rope_theta", "the rotary base is \(base)") }
    guard rotatedWidth > 0, rotatedWidth <= headWidth, rotatedWidth % 2 == 0 else {
      let text = "an even number of a head's \(headWidth) features must rotate, not \(rotatedWidth)"
      return ("partial_rotary_factor", text)
    }
    return scaling.problem(base: base, rotatedWidth: rotatedWidth)
  }

  // What transformers 5 wrote for these layers; nil where it did not, or left the layer type out.
  private static func parameters(_ config: JSON.Reader, _ layerType: String?) throws(ApusError) -> JSON.Reader? {
    guard let parameters = try config.object("rope_parameters") else { return nil }
    guard let nested = parameters.object.first(where: { $0.1.object != nil }) else { return parameters }
    guard let layerType else {
      throw parameters.error(nested.0, "rotations by type of layer are not supported for this architecture")
    }
    return try parameters.object(layerType)
  }

  private static func legacyScaling(_ config: JSON.Reader, _ key: String?) throws(ApusError) -> JSON.Reader? {
    guard let key, let scaling = try config.object(key), !scaling.object.isEmpty else { return nil }
    return scaling
  }
}

extension RotaryScaling {
  // `rope` is the object with the type, `config` the one around it.
  fileprivate init(
    from rope: JSON.Reader, _ config: JSON.Reader, portion: Double, context: Int
  ) throws(ApusError) {
    let typeKey = rope.value("rope_type") == nil ? "type" : "rope_type"
    let type = try rope.string(typeKey, default: "default")
    switch type {
    case "default":
      self = .none
    case "linear":
      self = .linear(factor: try rope.requiredDouble("factor"))
    case "ntk":
      self = .ntk(factor: try rope.requiredDouble("factor"))
    case "dynamic":
      // transformers takes no other original context than the whole one here.
      self = .dynamic(factor: try rope.requiredDouble("factor"), originalContext: context)
    case "yarn" where !rope.has("short_factor"):
      self = .yarn(try YaRN(from: rope, config, context: context))
    case "longrope", "su", "yarn":
      self = try .longRope(from: rope, config, context: context)
    case "llama3":
      self = .llama3(
        factor: try rope.requiredDouble("factor"), lowFrequencyFactor: try rope.requiredDouble("low_freq_factor"),
        highFrequencyFactor: try rope.requiredDouble("high_freq_factor"),
        originalContext: try readOriginalContext(rope, config) ?? context)
    case "proportional":
      self = .proportional(portion: portion, factor: try rope.double("factor", default: 1))
    default:
      throw rope.error(
        typeKey, "the rotary scaling '\(type.prefix(60))' is not supported",
        remedy: "use one of: default, linear, ntk, dynamic, yarn, longrope, llama3, proportional")
    }
  }

  private static func longRope(
    from rope: JSON.Reader, _ config: JSON.Reader, context: Int
  ) throws(ApusError) -> RotaryScaling {
    let original = try readOriginalContext(rope, config) ?? context
    let factor = try rope.double("factor", default: Double(context) / Double(original))
    return .longRope(
      shortFactors: try numbers(rope, "short_factor"), longFactors: try numbers(rope, "long_factor"),
      originalContext: original,
      attentionFactor: try rope.double(
        "attention_factor", default: longRopeAttentionFactor(factor: factor, originalContext: original)))
  }

  private static func numbers(_ rope: JSON.Reader, _ key: String) throws(ApusError) -> [Double] {
    guard let values = try rope.array(key) else {
      throw rope.error(key, "an array of numbers is expected and the key is missing", remedy: "add it")
    }
    let numbers = values.compactMap(\.double)
    if let index = values.firstIndex(where: { $0.double == nil }) {
      throw rope.error(key, "a number is expected at index \(index), not \(values[index].kindName)")
    }
    return numbers
  }
}

extension YaRN {
  // Zeros are what transformers takes for absent.
  fileprivate init(from rope: JSON.Reader, _ config: JSON.Reader, context: Int) throws(ApusError) {
    func beta(_ key: String, _ fallback: Double) throws(ApusError) -> Double {
      let value = try rope.double(key, default: fallback)
      return value == 0 ? fallback : value
    }
    let original = try readOriginalContext(rope, config)
    var factor = 0.0
    if let original {
      factor = try rope.double("factor", default: Double(context) / Double(original))
    } else {
      factor = try rope.requiredDouble("factor")
    }
    self.init(
      factor: factor, originalContext: original ?? context,
      attentionFactor: try rope.double("attention_factor"), betaFast: try beta("beta_fast", Self.defaultBetaFast),
      betaSlow: try beta("beta_slow", Self.defaultBetaSlow), mscale: try rope.double("mscale"),
      mscaleAllDimensions: try rope.double("mscale_all_dim"), truncates: try rope.bool("truncate", default: true))
  }
}

// Phi-3 keeps it beside the object, and that one counts in transformers.
private func readOriginalContext(_ rope: JSON.Reader, _ config: JSON.Reader) throws(ApusError) -> Int? {
  let key = "original_max_position_embeddings"
  if let outer = try config.int(key) { return outer }
  return try rope.int(key)
}

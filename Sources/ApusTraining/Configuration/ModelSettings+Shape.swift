// The architectures that can be pretrained, and what a configuration's model settings mean in each: the families of
// ApusModels with a choice or two changed. What an architecture does not know is refused, not ignored.

import ApusCore
import ApusModels
import ApusTensor

extension ModelSettings {
  /// An architecture, the optional settings that it knows, and the model that they describe.
  private struct Kind: Sendable {
    var name: String
    var knowsKeyValueHeads = false
    var knowsWindow = false
    var knowsExperts = false
    let shape: @Sendable (ModelSettings, Int) -> Specification
  }

  private static let kinds: [Kind] = [
    Kind(name: "gpt2") { settings, vocabulary in
      .gpt2(
        vocabulary: vocabulary, context: settings.context, width: settings.width, layers: settings.layers,
        heads: settings.heads, feedForwardWidth: settings.feedForward > 0 ? settings.feedForward : nil)
    },
    Kind(name: "llama", knowsKeyValueHeads: true) { $0.llama(vocabulary: $1) },
    Kind(name: "mistral", knowsKeyValueHeads: true, knowsWindow: true) { $0.llama(vocabulary: $1) },
    Kind(name: "mixtral", knowsKeyValueHeads: true, knowsWindow: true, knowsExperts: true) { settings, vocabulary in
      var result = settings.llama(vocabulary: vocabulary)
      result.experts = .init(
        count: settings.experts, perToken: settings.expertsPerToken, normalisesWeights: true,
        width: result.feedForwardWidth)
      result.experts?.balancing = settings.loadBalancing
      return result
    },
    Kind(name: "gemma", knowsKeyValueHeads: true) { $0.gemma(vocabulary: $1) },
    Kind(name: "gemma3_text", knowsKeyValueHeads: true, knowsWindow: true) { $0.gemma3(vocabulary: $1) },
    Kind(name: "bert") { settings, vocabulary in
      .bert(
        vocabulary: vocabulary, context: settings.context, width: settings.width, layers: settings.layers,
        heads: settings.heads, feedForwardWidth: settings.feedForward > 0 ? settings.feedForward : nil)
    },
  ]

  /// The names of the architectures, for people.
  static let architectures = kinds.map(\.name).joined(separator: ", ")

  /// The model of the settings' architecture.
  /// - Throws: `usage` for an unknown one, or a setting that it does not know.
  func shape(vocabulary: Int) throws(ApusError) -> Specification {
    guard let kind = Self.kinds.first(where: { $0.name == architecture }) else {
      throw ApusError(
        .usage, "model.architecture '\(architecture)' cannot be pretrained",
        remedy: "choose one of \(Self.architectures)")
    }
    let defaults = ModelSettings()
    try require(
      kind.knowsKeyValueHeads || keyValueHeads == 0 || keyValueHeads == heads, "key_value_heads", keyValueHeads, "0")
    try require(kind.knowsWindow || slidingWindow == 0, "sliding_window", slidingWindow, "0")
    try require(kind.knowsExperts || experts == defaults.experts, "experts", experts, "\(defaults.experts)")
    try require(
      kind.knowsExperts || expertsPerToken == defaults.expertsPerToken, "experts_per_token", expertsPerToken,
      "\(defaults.expertsPerToken)")
    var result = kind.shape(self, vocabulary)
    result.architecture = kind.name
    result.attention.window = slidingWindow
    return result
  }

  private func require(_ isKnown: Bool, _ key: String, _ value: Int, _ plain: String) throws(ApusError) {
    guard !isKnown else { return }
    throw ApusError(
      .usage, "model.\(key) is \(value), which \(architecture) does not know",
      remedy: "set \(plain), or choose another architecture")
  }

  private func llama(vocabulary: Int) -> Specification {
    .llama(
      vocabulary: vocabulary, context: context, width: width, layers: layers, heads: heads,
      keyValueHeads: keyValueHeads > 0 ? keyValueHeads : nil,
      feedForwardWidth: feedForward > 0 ? feedForward : (8 * width / 3 + 31) / 32 * 32, rotaryBase: ropeTheta)
  }

  private func gemma(vocabulary: Int) -> Specification {
    var result = llama(vocabulary: vocabulary)
    result.feedForward = .gated(.geluTanh)
    result.embeddingScale = Double(width).squareRoot()
    result.normGainOffset = 1
    result.tiedOutput = true
    return result
  }

  /// Of six layers five see the window, and rotate by a base of their own; norms of each head, and around each half.
  private func gemma3(vocabulary: Int) -> Specification {
    var result = gemma(vocabulary: vocabulary)
    result.attention.queryKeyNorm = .eachHead
    result.attention.localLayers = Set((0..<layers).filter { ($0 + 1) % 6 != 0 })
    result.normPlacement = .around
    let width = result.headWidth
    // As its configuration says it, so that what is written and read again is the same.
    result.attention.scale = 1 / Double(width).squareRoot()
    result.positions = .rotary(
      RotaryEmbedding(base: ropeTheta, rotatedWidth: width), local: RotaryEmbedding(base: 10_000, rotatedWidth: width))
    return result
  }
}

// How GGUF files, as llama.cpp's converter writes them, hold an architecture: its name there, the tensors' names and
// row orders, and what its metadata leave unsaid. Plain data, one value for each architecture; GGUFSpecification reads
// and writes the metadata that all have in common.

import ApusCore
import ApusFormats

/// An architecture in GGUF files.
struct GGUFDialect: Sendable {
  /// The value of `general.architecture`, which begins the names of all its metadata.
  var name: String
  /// Names and orders of the tensors.
  var names: @Sendable (Specification) -> TensorNames
  /// Whether a file of that name is this architecture, where several share one name.
  var accepts: @Sendable (_ metadata: GGUFKeys) throws(ApusError) -> Bool = { _ throws(ApusError) in true }
  /// Whether llama.cpp computes the windows that the metadata state; for most architectures it looks back over all.
  var computesWindows = false
  /// Settles what the metadata leave to the architecture, when all that is common has been read.
  var finish: @Sendable (_ specification: inout Specification, _ metadata: GGUFKeys) throws(ApusError) -> Void = {
    _, _ throws(ApusError) in
  }

  /// The dialect that most architectures share, with other names where `change` says so.
  static func common(_ name: String, _ change: @escaping @Sendable (inout TensorNames) -> Void = { _ in })
    -> GGUFDialect
  {
    GGUFDialect(
      name: name,
      names: { specification in
        var names = commonNames
        // Rotation factors are read with the metadata; a tied output may be there as a copy.
        names.ignoredPrefixes = ["rope_freqs.", "rope_factors_long.", "rope_factors_short."]
        if specification.parallel == .sharedNorm { names.feedForwardNorms.input = nil }
        change(&names)
        return names
      })
  }

  private static let commonNames = TensorNames(
    tokens: "token_embd", positions: "position_embd", finalNorm: "output_norm", output: "output", block: "blk.{}",
    attention: .init(
      layout: .separate(query: "attn_q", key: "attn_k", value: "attn_v"), output: "attn_output",
      queryNorm: "attn_q_norm", keyNorm: "attn_k_norm"),
    attentionNorms: .init(input: "attn_norm", output: "post_attention_norm", residual: "attn_output_norm"),
    feedForward: .init(gate: "ffn_gate", up: "ffn_up", down: "ffn_down"),
    feedForwardNorms: .init(input: "ffn_norm", output: "post_ffw_norm", residual: "layer_output_norm"),
    experts: .init(
      router: "ffn_gate_inp", each: .init(gate: "ffn_gate_exps", up: "ffn_up_exps", down: "ffn_down_exps"),
      shared: .init(gate: "ffn_gate_shexp", up: "ffn_up_shexp", down: "ffn_down_shexp"),
      sharedGate: "ffn_gate_inp_shexp"),
    encoder: .init(types: "token_types", embeddingNorm: "token_embd_norm"))
}

/// The metadata of one file, read by keys below the architecture's name, and the names of its tensors.
struct GGUFKeys {
  let metadata: GGUFMetadata
  let prefix: String
  /// Whether the file holds a tensor of this name.
  let hasTensor: (String) -> Bool

  func int(_ key: String) throws(ApusError) -> Int? { try metadata.int(full(key)) }
  func int(_ key: String, default fallback: Int) throws(ApusError) -> Int { try int(key) ?? fallback }
  /// A size of the model, small enough that what reads it may compute with it before the whole is validated.
  func size(
    _ key: String, default fallback: Int? = nil, upTo most: Int = Specification.greatestSize
  ) throws(ApusError) -> Int {
    let size = try metadata.required(full(key), int(key) ?? fallback)
    guard (1...most).contains(size) else { throw error(key, "\(size) is outside 1 ... \(most)") }
    return size
  }
  func requiredInt(_ key: String) throws(ApusError) -> Int { try metadata.required(full(key), int(key)) }
  func double(_ key: String) throws(ApusError) -> Double? { try metadata.double(full(key)) }
  func double(_ key: String, default fallback: Double) throws(ApusError) -> Double { try double(key) ?? fallback }
  func bool(_ key: String, default fallback: Bool) throws(ApusError) -> Bool {
    try metadata.bool(full(key)) ?? fallback
  }
  func string(_ key: String, default fallback: String) throws(ApusError) -> String {
    try metadata.string(full(key)) ?? fallback
  }

  func error(_ key: String, _ problem: String) -> ApusError { metadata.error(full(key), problem) }

  private func full(_ key: String) -> String { "\(prefix).\(key)" }
}

// What an architecture is to the house: data on the shared body. It reads and writes the keys of config.json and says
// where each tensor of a checkpoint lies in the body's parameters. It computes nothing.

import ApusCore
import ApusTensor

/// One model type of the Hugging Face layout, expressed on the decoder body.
protocol Architecture: Sendable {
  /// The value of `model_type`.
  var modelType: String { get }

  /// Reads the configuration; throws `badData` for values that the body cannot compute, rather than ignoring them.
  func specification(from config: JSON.Reader) throws(ApusError) -> Specification

  /// The configuration that transformers reads as this specification.
  func configuration(of specification: Specification) -> JSON.Object

  /// Where each tensor of a checkpoint lies.
  func weights(of decoder: Decoder) -> WeightMap
}

/// The architectures that are known. A new one is one file and one line here.
enum Registry {
  static let architectures: [any Architecture] = [
    GPT2Architecture(),
    LLaMAArchitecture(),
  ]

  /// The architecture of a configuration's `model_type`.
  static func architecture(named name: String, file: String?) throws(ApusError) -> any Architecture {
    if let found = architectures.first(where: { $0.modelType == name }) { return found }
    let known = architectures.map(\.modelType).joined(separator: ", ")
    throw ApusError(
      .badData, "the architecture '\(name)' is not supported", file: file, place: "key `model_type`",
      remedy: "use one of: \(known)")
  }
}

extension JSON.Reader {
  /// Throws unless the key is missing, null or one of the values under which the body is right.
  func require(_ key: String, _ accepted: JSON...) throws(ApusError) {
    guard let value = value(key), !accepted.contains(value) else { return }
    let wanted = accepted.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined(separator: " or ")
    throw error(
      key,
      "the value \(String(decoding: value.serialized().prefix(60), as: UTF8.self)) is not supported, only \(wanted)")
  }

  /// The activation that Hugging Face names so.
  func activation(_ key: String, default fallback: String) throws(ApusError) -> ActivationFunction {
    let name = try string(key, default: fallback)
    guard let function = ActivationName.functions.first(where: { $0.name == name })?.function else {
      let known = ActivationName.functions.map(\.name).joined(separator: ", ")
      throw error(key, "the activation '\(name)' is not supported", remedy: "use one of: \(known)")
    }
    return function
  }

  /// One id or several; a missing key gives the default, null gives none.
  func tokens(_ key: String, default fallback: [Int]) throws(ApusError) -> [Int] {
    guard has(key) else { return fallback }
    guard let value = value(key) else { return [] }
    let ids = value.array?.map(\.int) ?? [value.int]
    guard !ids.contains(where: { $0 == nil || ($0 ?? 0) < 0 }) else {
      throw error(key, "a token id or an array of them is expected")
    }
    return ids.compactMap { $0 }
  }

  /// What every architecture refuses: weights that are not plain matrices.
  func requirePlainWeights() throws(ApusError) {
    if value("quantization_config") != nil {
      throw error("quantization_config", "quantised checkpoints of this kind are not supported")
    }
  }
}

/// Names of activations in configurations; the first of several for one function is the one that is written.
enum ActivationName {
  static let functions: [(name: String, function: ActivationFunction)] = [
    ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu", .geluErf), ("relu", .relu), ("silu", .silu),
    ("swish", .silu),
  ]

  static func name(of function: ActivationFunction) -> String {
    functions.first { $0.function == function }?.name ?? "linear"
  }
}

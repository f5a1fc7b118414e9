// What an architecture is to the house: data on the shared bodies. It reads and writes the keys of config.json and
// names the tensors of a checkpoint. It computes nothing.

package import ApusCore
import ApusTensor

/// One model type of the Hugging Face layout, expressed on a shared body.
protocol Architecture: Sendable {
  /// The value of `model_type`.
  var modelType: String { get }

  /// Reads the configuration; throws `badData` for values that the body cannot compute, rather than ignoring them.
  func specification(from config: JSON.Reader) throws(ApusError) -> Specification

  /// The configuration that transformers reads as this specification.
  func configuration(of specification: Specification) -> JSON.Object

  /// The tensors of a checkpoint in the Hugging Face layout.
  func names(_ specification: Specification) -> TensorNames

  /// How GGUF files hold it; nil where GGUF does not know it.
  var gguf: GGUFDialect? { get }

  /// Settles what a configuration leaves to the tensors that are there; `has` says whether a file holds a name.
  func settle(_ specification: inout Specification, has: (String) -> Bool)
}

extension Architecture {
  var gguf: GGUFDialect? { nil }

  func settle(_ specification: inout Specification, has: (String) -> Bool) {}
}

/// The architectures that are known. A new one is one file and one line here.
enum Registry {
  static let architectures: [any Architecture] = [
    BERTArchitecture(),
    FalconArchitecture(),
    GemmaArchitecture(),
    Gemma2Architecture(),
    Gemma3Architecture(),
    GPT1Architecture(),
    GPT2Architecture(),
    GPTNeoXArchitecture(),
    LLaMAArchitecture(),
    MistralArchitecture(),
    MixtralArchitecture(),
    OLMo2Architecture(),
    PhiArchitecture(),
    Phi3Architecture(),
    Qwen2Architecture(),
    Qwen2MoEArchitecture(),
    Qwen3Architecture(),
    Qwen3MoEArchitecture(),
    RoBERTaArchitecture(),
    StarCoder2Architecture(),
  ]

  /// What cannot be computed on the shared bodies, and why.
  static let refused = [
    "deepseek_v3":
      "its multi-head latent attention and grouped routing need a body of their own, which Apus does not have"
  ]

  /// The architecture of a configuration's `model_type`.
  static func architecture(named name: String, file: String?) throws(ApusError) -> any Architecture {
    if let found = architectures.first(where: { $0.modelType == name }) { return found }
    if let reason = refused[name] {
      throw ApusError(
        .badData, "the architecture '\(name)' is not supported: \(reason)", file: file, place: "key `model_type`",
        remedy: "use another model")
    }
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

  /// Throws unless the features divide by the heads, which says how wide a head is where the configuration does not.
  func requireDivision(_ key: String, width: Int, heads: Int) throws(ApusError) {
    guard width % heads == 0 else { throw error(key, "\(width) features do not divide by \(heads) heads") }
  }

  /// A size of the model, small enough that what reads it may compute with it before the whole is validated.
  func size(
    _ key: String, default fallback: Int, upTo most: Int = Specification.greatestSize
  ) throws(ApusError) -> Int {
    let size = try int(key, default: fallback)
    guard (1...most).contains(size) else { throw error(key, "\(size) is outside 1 ... \(most)") }
    return size
  }

  /// How many blocks the model has.
  func layers(_ key: String, default fallback: Int) throws(ApusError) -> Int {
    try size(key, default: fallback, upTo: Specification.mostLayers)
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

  /// A whole number under the first of these keys that is there.
  func int(_ keys: [String], default fallback: Int) throws(ApusError) -> Int {
    for key in keys {
      if let value = try int(key) { return value }
    }
    return fallback
  }

  /// One id or several; a missing key gives the default, null gives none.
  package func tokens(_ key: String, default fallback: [Int] = []) throws(ApusError) -> [Int] {
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

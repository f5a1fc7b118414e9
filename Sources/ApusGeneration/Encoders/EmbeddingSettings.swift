// How one vector is made of a text: what the sentence-transformers library writes beside a model (`modules.json`, the
// pooling's `config.json`, `sentence_bert_config.json`). It reads these files and computes nothing.

public import ApusCore
import ApusFormats
public import ApusModels

/// How texts become vectors.
public struct EmbeddingSettings: Sendable, Equatable {
  /// How the vectors of a text's tokens become one.
  public var pooling: Pooling
  /// Whether vectors have the length 1.
  public var isNormalised: Bool
  /// The most tokens of a text, those round it included; what is beyond is left out. Nil: as many as the model takes.
  public var maximumTokens: Int?
  /// Whether texts are put into lower case first.
  public var lowercases: Bool

  /// Settings of one's own.
  public init(
    pooling: Pooling = .mean, isNormalised: Bool = true, maximumTokens: Int? = nil, lowercases: Bool = false
  ) {
    self.pooling = pooling
    self.isNormalised = isNormalised
    self.maximumTokens = maximumTokens
    self.lowercases = lowercases
  }

  /// What the files of a folder say; where they say nothing, the mean, normalised.
  /// - Parameters:
  ///   - folder: the model's.
  ///   - pooling: in place of what the folder names.
  /// - Throws: `badData` where a file is damaged or asks for what is not supported and `pooling` does not replace it.
  public init(folder: String, pooling: Pooling? = nil) throws(ApusError) {
    let modules = try Modules(folder)
    self.init(isNormalised: modules?.has("Normalize") ?? true)
    if let pooling { self.pooling = pooling } else { self.pooling = try Self.pooling(folder, modules) }
    try readLimits(folder)
  }

  /// What the model at a place says of its vectors, in its folder or its GGUF file.
  /// - Parameters:
  ///   - location: the model's.
  ///   - pooling: in place of what is said there.
  /// - Throws: as `init(folder:pooling:)`.
  init(_ location: ModelLocation, pooling: Pooling?) throws(ApusError) {
    if let gguf = location.gguf {
      try self.init(gguf: GGUFFile(gguf).metadata, pooling: pooling)
    } else {
      try self.init(folder: location.folder, pooling: pooling)
    }
  }

  // MARK: - Pooling

  private static func pooling(_ folder: String, _ modules: Modules?) throws(ApusError) -> Pooling {
    try modules?.requireKnown()
    let name = modules?.path(of: "Pooling") ?? poolingFolder
    guard let config = try reader(folder, "\(name)/config.json") else { return .mean }
    let pooled = config.object.keys.filter { $0.hasPrefix("pooling_mode_") && config.value($0)?.bool == true }
    let modes = pooled.isEmpty ? [try config.string("pooling_mode", default: "mean")] : pooled
    switch modes {
    case ["pooling_mode_mean_tokens"], ["mean"]: return .mean
    case ["pooling_mode_cls_token"], ["cls"]: return .first
    default:
      throw config.error(
        modes[0], "the pooling \(modes.joined(separator: " with ")) is not supported",
        remedy: "choose one with --pooling; its vectors are not those that the model was trained for")
    }
  }

  /// The library's list of the steps from a text to its vector.
  static let modulesFile = "modules.json"
  /// Where the library keeps the pooling, unless its list says otherwise.
  static let poolingFolder = "1_Pooling"

  /// The steps that the library takes, of which a pooling and a normalisation are known.
  private struct Modules {
    let file: String
    let entries: [(type: String, path: String)]

    init?(_ folder: String) throws(ApusError) {
      file = FileSystem.join(folder, modulesFile)
      guard FileSystem.isFile(file) else { return nil }
      entries = (try JSON.read(file).array ?? []).map { entry in
        let type = entry["type"]?.string ?? ""
        return (String(type.split(separator: ".").last ?? ""), entry["path"]?.string ?? "")
      }
    }

    func has(_ type: String) -> Bool { entries.contains { $0.type == type } }

    func path(of type: String) -> String? { entries.first { $0.type == type }?.path }

    func requireKnown() throws(ApusError) {
      guard let other = entries.first(where: { !["Transformer", "Pooling", "Normalize"].contains($0.type) }) else {
        return
      }
      throw ApusError(
        .badData, "the step '\(other.type)' is not supported", file: file,
        remedy: "choose a pooling with --pooling to do without it")
    }
  }

  // MARK: - Limits

  /// The library's names for its file on the encoder, which depend on the architecture.
  static let limitFiles = [
    "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_xlm-roberta_config.json",
    "sentence_camembert_config.json", "sentence_distilbert_config.json",
  ]

  private mutating func readLimits(_ folder: String) throws(ApusError) {
    for name in Self.limitFiles {
      guard let config = try Self.reader(folder, name) else { continue }
      lowercases = try config.bool("do_lower_case", default: false)
      maximumTokens = try Self.limit(config, "max_seq_length")
      break
    }
    // A tokenizer without a limit of its own has one of 10³⁰.
    if maximumTokens == nil, let config = try Self.reader(folder, "tokenizer_config.json") {
      maximumTokens = try Self.limit(config, "model_max_length")
    }
  }

  private static func limit(_ config: JSON.Reader, _ key: String) throws(ApusError) -> Int? {
    guard let value = try config.double(key), value < 1e9 else { return nil }
    guard value >= 1, value == value.rounded() else { throw config.error(key, "the limit \(value) is no length") }
    return Int(value)
  }

  private static func reader(_ folder: String, _ name: String) throws(ApusError) -> JSON.Reader? {
    let path = FileSystem.join(folder, name)
    return FileSystem.isFile(path) ? try JSON.Reader(JSON.read(path), file: path) : nil
  }
}

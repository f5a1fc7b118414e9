// Where a model lies: a GGUF file, a Hugging Face folder, a file in one, or a run folder, whose finished model or
// latest checkpoint is taken. What looks at names only comes first; what reads follows.

public import ApusCore
import ApusFormats
public import ApusModels
public import ApusTokenizers

/// A GGUF file, or a folder that holds a model in Hugging Face layout.
public struct ModelLocation: Sendable, Equatable {
  /// The folder with `config.json`, or that of the GGUF file.
  public let folder: String
  /// The GGUF file; nil for a folder.
  public let gguf: String?

  /// Finds the model that `path` means.
  /// - Throws: `missingInput` where nothing is there, `badData` where it is no model.
  public init(_ path: String) throws(ApusError) {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard FileSystem.exists(path) else {
      throw ApusError(
        .missingInput, "there is nothing", file: path, remedy: "give a model folder, a run folder or a model file")
    }
    gguf = GGUFFile.isName(path) && FileSystem.isFile(path) ? path : nil
    if gguf != nil {
      folder = Self.parent(path)
    } else {
      folder = FileSystem.isFolder(path) ? try Self.model(inFolder: path) : try Self.folder(ofFile: path)
    }
  }

  /// What errors and reports call the model.
  public var name: String { gguf ?? folder }

  /// The path of a file of the model.
  public func file(_ name: String) -> String { FileSystem.join(folder, name) }

  /// Whether the model, in a folder, has a file of this name.
  public func has(_ name: String) -> Bool { gguf == nil && FileSystem.isFile(file(name)) }

  private static func model(inFolder path: String) throws(ApusError) -> String {
    let candidates = [path, "\(path)/final"] + checkpoints(path)
    guard let found = candidates.first(where: { FileSystem.isFile(FileSystem.join($0, "config.json")) }) else {
      throw ApusError(
        .badData, "holds no model: neither config.json, nor final/, nor checkpoints/step-…", file: path,
        remedy: "give a folder in Hugging Face layout or the folder of a run that has saved a checkpoint")
    }
    return found
  }

  /// The checkpoints of a run, latest first; names that begin otherwise are half made.
  private static func checkpoints(_ run: String) -> [String] {
    let names = (try? FileSystem.list("\(run)/checkpoints")) ?? []
    let steps = names.compactMap { name in
      name.hasPrefix("step-") ? Int(name.dropFirst(5)).map { (name, $0) } : nil
    }
    return steps.sorted { $0.1 > $1.1 }.map { "\(run)/checkpoints/\($0.0)" }
  }

  private static func folder(ofFile path: String) throws(ApusError) -> String {
    let folder = parent(path)
    let isModelFile = path.hasSuffix(".safetensors") || path.hasSuffix(".json")
    guard isModelFile, FileSystem.isFile("\(folder)/config.json") else {
      throw ApusError(
        .badData, "is no model file with a config.json beside it", file: path,
        remedy: "give a folder with config.json and model.safetensors, a run folder, or a .gguf file")
    }
    return folder
  }

  private static func parent(_ path: String) -> String {
    let parent = FileSystem.parent(of: path)
    return parent.isEmpty ? "." : parent
  }
}

// MARK: - Reading

extension ModelLocation {
  /// The files that a folder's tokenizer may lie in.
  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "encoder.json",
  ]

  /// What the files say of the model; no weight is read.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged or of an unknown architecture.
  public func describe() throws(ApusError) -> ModelDescription {
    if let gguf { return try ModelDescription(gguf: try GGUFCheckpoint(gguf)) }
    return try ModelDescription(folder: folder)
  }

  /// The model.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged or of an unknown architecture.
  public func loadModel(for purpose: Model.Purpose = .inference) throws(ApusError) -> Model {
    if let gguf { return try Model.load(gguf: gguf, for: purpose) }
    return try Model.load(folder: folder, for: purpose)
  }

  /// The model's tokenizer; nil where there is none.
  /// - Throws: `badData` where it is damaged or uses what is not supported.
  public func loadTokenizer() throws(ApusError) -> (any Tokenizer)? {
    if let gguf { return try TokenizerFile.load(gguf: gguf) }
    return Self.tokenizerFiles.contains(where: has) ? try TokenizerFile.load(path: folder) : nil
  }

  /// The template, in Jinja, that turns a conversation into a prompt; nil where there is none.
  /// - Throws: `badData` where a file is damaged.
  public func chatTemplate() throws(ApusError) -> String? {
    if let gguf { return try GGUFCheckpoint(gguf).metadata.string("tokenizer.chat_template") }
    if has("chat_template.jinja") {
      return String(decoding: try FileSystem.readAll(file("chat_template.jinja")), as: UTF8.self)
    }
    guard has("tokenizer_config.json") else { return nil }
    return try JSON.read(file("tokenizer_config.json"))["chat_template"]?.string
  }
}

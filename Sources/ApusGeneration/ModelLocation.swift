// Where a model lies: a Hugging Face folder, a file in one, or a run folder, whose finished model or latest checkpoint
// is taken. It looks at names only and reads nothing.

public import ApusCore

/// A folder that holds a model in Hugging Face layout.
public struct ModelLocation: Sendable, Equatable {
  /// The folder with `config.json`.
  public let folder: String

  /// Finds the model that `path` means.
  /// - Throws: `missingInput` where nothing is there, `badData` where it is no model.
  public init(_ path: String) throws(ApusError) {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard FileSystem.exists(path) else {
      throw ApusError(
        .missingInput, "there is nothing", file: path, remedy: "give a model folder, a run folder or a model file")
    }
    folder = FileSystem.isFolder(path) ? try Self.model(inFolder: path) : try Self.folder(ofFile: path)
  }

  /// The path of a file of the model.
  public func file(_ name: String) -> String { FileSystem.join(folder, name) }

  /// Whether the model has a file of this name.
  public func has(_ name: String) -> Bool { FileSystem.isFile(file(name)) }

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
    let parent = FileSystem.parent(of: path)
    let folder = parent.isEmpty ? "." : parent
    let isModelFile = path.hasSuffix(".safetensors") || path.hasSuffix(".json")
    guard isModelFile, FileSystem.isFile("\(folder)/config.json") else {
      throw ApusError(
        .badData, "is no model file with a config.json beside it", file: path,
        remedy: "give a folder with config.json and model.safetensors, or a run folder")
    }
    return folder
  }
}

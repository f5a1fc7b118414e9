// The weights of a checkpoint folder, in one safetensors file or in several with an index, seen as one. It knows no
// model.

public import ApusCore

/// All tensors of a checkpoint folder in Hugging Face's layout.
public final class SafetensorsFolder: Sendable {
  /// The name of a folder's single weight file.
  public static let singleName = "model.safetensors"
  /// The name of the index of several weight files.
  public static let indexName = "model.safetensors.index.json"

  /// The folder.
  public let path: String
  /// The weight files, in the order of their names.
  public let files: [SafetensorsFile]

  /// Opens the weights in `folder`: `model.safetensors`, else what `model.safetensors.index.json` names.
  public init(_ folder: String) throws(ApusError) {
    path = folder
    guard FileSystem.isFolder(folder) else {
      throw ApusError(.missingInput, "there is no such folder", file: folder, remedy: "check the path")
    }
    let single = FileSystem.join(folder, Self.singleName)
    let index = FileSystem.join(folder, Self.indexName)
    if FileSystem.exists(single) {
      files = [try SafetensorsFile(single)]
    } else if FileSystem.exists(index) {
      files = try Self.shards(index, in: folder)
    } else {
      throw ApusError(
        .missingInput, "the folder has neither \(Self.singleName) nor \(Self.indexName)", file: folder,
        remedy: "name the folder of a checkpoint, or fetch its weights too")
    }
  }

  /// The tensor called `name` and the file that holds it.
  public func tensor(_ name: String) -> (file: SafetensorsFile, entry: TensorEntry)? {
    for file in files {
      if let entry = file.tensor(name) { return (file, entry) }
    }
    return nil
  }

  /// All tensors, file after file.
  public var tensors: [TensorEntry] { files.flatMap(\.tensors) }

  private static func shards(_ index: String, in folder: String) throws(ApusError) -> [SafetensorsFile] {
    guard let map = try JSON.read(index)["weight_map"]?.object, !map.isEmpty else {
      throw ApusError(.badData, "`weight_map` is missing or no object", file: index, remedy: "fetch the file again")
    }
    var files: [String: SafetensorsFile] = [:]
    for (name, value) in map {
      // A bare name: an index must not reach out of its folder.
      guard let shard = value.string, shard.hasSuffix(".safetensors"), !shard.utf8.contains(UInt8(ascii: "/")) else {
        throw ApusError(
          .badData, "\(value.text().prefix(80)) is no name of a safetensors file in the folder", file: index,
          place: "tensor `\(name)`", remedy: "fetch the file again")
      }
      let file: SafetensorsFile
      if let open = files[shard] { file = open } else { file = try SafetensorsFile(FileSystem.join(folder, shard)) }
      files[shard] = file
      if file.tensor(name) == nil {
        throw ApusError(
          .badData, "the index places tensor `\(name)` in this file, which lacks it", file: file.path,
          remedy: "fetch the checkpoint again")
      }
    }
    return try refusingDuplicates(files.sorted { $0.key < $1.key }.map(\.value))
  }

  private static func refusingDuplicates(_ files: [SafetensorsFile]) throws(ApusError) -> [SafetensorsFile] {
    var seen: Set<[UInt8]> = []
    for file in files {
      for tensor in file.tensors where !seen.insert(Array(tensor.name.utf8)).inserted {
        throw ApusError(
          .badData, "the tensor is in another file of the checkpoint too", file: file.path,
          place: "tensor `\(tensor.name)`", remedy: "fetch the checkpoint again")
      }
    }
    return files
  }
}

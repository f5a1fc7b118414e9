// What files say of a model, from their headers alone: a specification against which the names, shapes and types of all
// tensors have been checked. It reads no weight, so that the size of the files does not matter.

public import ApusCore
public import ApusFormats
import ApusTensor

/// A model as its files describe it.
public struct ModelDescription: Sendable {
  /// What the model is.
  public let specification: Specification
  /// The files that hold its tensors.
  public let files: [any TensorFile]

  /// All tensors, file after file.
  public var tensors: [TensorEntry] { files.flatMap(\.tensors) }

  /// Reads `config.json` and the headers of the safetensors of a folder.
  /// - Throws: what `Model.load(folder:for:)` throws, but for the values of weights and a lack of memory.
  public init(folder: String) throws(ApusError) {
    let read = try CheckpointFolder.configuration(FileSystem.join(folder, "config.json"))
    let files = try SafetensorsFolder(folder).files
    let specification = CheckpointFolder.settled(read.1, read.0, by: files.flatMap(\.storedTensors))
    try self.init(specification, read.0.names(specification), files)
  }

  /// Reads the header of a GGUF file, or of all parts of a split one.
  /// - Throws: what `Model.load(gguf:for:)` throws, but for the values of weights and a lack of memory.
  public init(gguf checkpoint: GGUFCheckpoint) throws(ApusError) {
    let read = try checkpoint.specification()
    try self.init(read.specification, read.dialect.names(read.specification), checkpoint.files)
  }

  private init(
    _ specification: Specification, _ names: TensorNames, _ files: [any TensorFile]
  ) throws(ApusError) {
    let tensors = files.flatMap(\.storedTensors)
    try CheckpointFolder.requirePlausibleSize(specification, tensors)
    let body = Model.body(specification) { shape in
      Parameter(name: shape.name, rows: shape.rows, columns: shape.columns, decays: shape.isMatrix)
    }
    try WeightLoader(map: WeightMap(body, names), tensors: tensors, multiplied: []).check()
    self.specification = specification
    self.files = files
  }
}

// A model as files: config.json and safetensors in Hugging Face's layout, both ways. What does not fit is listed whole,
// in one error. It knows no architecture; the registry's weight maps say what lies where.

public import ApusCore
import ApusFormats
import ApusTensor

extension Model {
  /// Loads `config.json` and the safetensors of a folder, in one file or in several with an index.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged, of an unknown architecture, or
  ///   does not fit the other.
  public static func load(folder: String) throws(ApusError) -> Model {
    let (architecture, specification) = try CheckpointFolder.configuration(FileSystem.join(folder, "config.json"))
    return try CheckpointFolder.load(specification, architecture, from: try SafetensorsFolder(folder).files)
  }

  /// Writes `config.json` and `model.safetensors`, each atomically, so that transformers loads the folder.
  public func save(to folder: String) throws(ApusError) {
    try FileSystem.makeFolders(folder)
    try CheckpointFolder.writeWeights(weightMap, to: FileSystem.join(folder, SafetensorsFolder.singleName))
    var configuration = JSON.object(CheckpointFolder.configuration(of: self)).serialized(pretty: true)
    configuration.append(UInt8(ascii: "\n"))
    try AtomicFile.write(configuration, to: FileSystem.join(folder, "config.json"))
  }

  /// Where the tensors of this model's files lie in its parameters.
  var weightMap: WeightMap { WeightMap(body, architecture.names(specification)) }
}

/// Reading and writing of a checkpoint's files.
enum CheckpointFolder {
  /// The specification in a `config.json`, checked.
  static func configuration(_ path: String) throws(ApusError) -> (any Architecture, Specification) {
    try configuration(try JSON.read(path), file: path)
  }

  /// The specification in a configuration, checked.
  static func configuration(
    _ config: JSON, file: String
  ) throws(ApusError) -> (any Architecture, Specification) {
    let reader = try JSON.Reader(config, file: file)
    let architecture = try Registry.architecture(named: try reader.requiredString("model_type"), file: file)
    let specification = try architecture.specification(from: reader)
    try specification.validate(file: file)
    return (architecture, specification)
  }

  /// The keys of `config.json`.
  static func configuration(of model: Model) -> JSON.Object {
    let specification = model.specification
    var object = model.architecture.configuration(of: specification)
    let ends = specification.endTokens
    object["bos_token_id"] = specification.beginToken.map { JSON($0) } ?? .null
    object["eos_token_id"] = ends.count > 1 ? JSON(ends) : ends.first.map { JSON($0) } ?? .null
    object["dtype"] = "float32"
    object["torch_dtype"] = "float32"
    return object
  }

  /// The model of a specification with the weights of files.
  static func load(
    _ specification: Specification, _ architecture: any Architecture, from files: [SafetensorsFile]
  ) throws(ApusError) -> Model {
    var specification = specification
    architecture.settle(&specification) { name in files.contains { $0.tensor(name) != nil } }
    try requirePlausibleSize(specification, files)
    try specification.requireMemory(
      for: .weights, .badData, file: files.first?.path, remedy: "choose a smaller model or a larger machine")
    let body = Model.body(specification) { shape in
      Parameter(name: shape.name, value: Tensor(rows: shape.rows, columns: shape.columns), decays: shape.isMatrix)
    }
    try WeightLoader(map: WeightMap(body, architecture.names(specification)), files: files).load()
    return Model(body, architecture)
  }

  // Memory is asked for by the configuration, so it must not be out of all proportion to what the files hold.
  private static func requirePlausibleSize(
    _ specification: Specification, _ files: [SafetensorsFile]
  ) throws(ApusError) {
    let values = files.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.count } }
    if specification.parameterCount / 2 > values + 1 << 20 {
      throw ApusError(
        .badData, "the configuration describes \(specification.parameterCount) weights and the files hold \(values)",
        file: files.first?.path, remedy: "fetch configuration and weights of the same model")
    }
  }

  /// Writes all tensors in float32. The parts of a stacked tensor are neighbours in the map.
  static func writeWeights(_ map: WeightMap, to path: String) throws(ApusError) {
    var parts: [String: [WeightMap.Entry]] = [:]
    var tensors: [TensorDescription] = []
    for entry in map.entries {
      if parts[entry.name] == nil {
        tensors.append(TensorDescription(name: entry.name, type: .float32, shape: entry.shape))
      }
      parts[entry.name, default: []].append(entry)
    }
    try SafetensorsWriter.write(to: path, metadata: ["format": "pt"], tensors: tensors) {
      tensor, sink throws(ApusError) in
      for entry in parts[tensor.name] ?? [] { try entry.fileValues.withBytes(sink) }
    }
  }
}

extension [Float] {
  // `withUnsafeBytes` with typed errors.
  fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws(ApusError) -> Void) throws(ApusError) {
    let result = withUnsafeBytes { bytes -> Result<Void, ApusError> in
      do throws(ApusError) {
        try body(bytes)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

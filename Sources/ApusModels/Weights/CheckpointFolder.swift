// A model as files: config.json and safetensors in Hugging Face's layout, both ways. What does not fit is listed whole,
// in one error. It knows no architecture; the registry's weight maps say what lies where.

public import ApusCore
public import ApusFormats
import ApusTensor

extension Model {
  /// What a model is loaded for, which decides the form of its weights.
  public enum Purpose: Sendable {
    /// Float32 masters of all weights, which may be changed.
    case training
    /// Weights to compute with alone: 16-bit ones stay in the files' memory, float32 ones are laid out for products.
    case inference
  }

  /// Loads `config.json` and the safetensors of a folder, in one file or in several with an index.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged, of an unknown architecture, or
  ///   does not fit the other.
  public static func load(folder: String, for purpose: Purpose = .training) throws(ApusError) -> Model {
    let (architecture, specification) = try CheckpointFolder.configuration(FileSystem.join(folder, "config.json"))
    let tensors = try SafetensorsFolder(folder).files.flatMap(\.storedTensors)
    return try CheckpointFolder.load(specification, architecture, from: tensors, for: purpose)
  }

  /// Writes `config.json` and `model.safetensors`, each atomically, so that transformers loads the folder.
  ///
  /// - Parameters:
  ///   - folder: the folder, made if it is missing.
  ///   - type: how matrices are written; nil: as they are held, block types as float32.
  ///   - check: asked before each tensor; what it throws ends the writing.
  /// - Throws: `inputOutput` where the disk refuses.
  public func save(
    to folder: String, as type: ElementType? = nil, check: () throws(ApusError) -> Void = {}
  ) throws(ApusError) {
    try FileSystem.makeFolders(folder)
    let weights = FileSystem.join(folder, SafetensorsFolder.singleName)
    try CheckpointFolder.writeWeights(weightMap, as: type, to: weights, check: check)
    var configuration = JSON.object(CheckpointFolder.configuration(of: self, as: type)).serialized(pretty: true)
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
  static func configuration(of model: Model, as type: ElementType?) -> JSON.Object {
    let specification = model.specification
    var object = model.architecture.configuration(of: specification)
    let ends = specification.endTokens
    object["bos_token_id"] = specification.beginToken.map { JSON($0) } ?? .null
    object["eos_token_id"] = ends.count > 1 ? JSON(ends) : ends.first.map { JSON($0) } ?? .null
    let name = Self.typeName(
      type ?? model.body.multiplied.first?.storedNumbers.flatMap { ElementType(rawValue: $0.rawValue) })
    object["dtype"] = .string(name)
    object["torch_dtype"] = .string(name)
    return object
  }

  private static func typeName(_ type: ElementType?) -> String {
    switch type {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    default: "float32"
    }
  }

  /// The model of a specification with the weights of files.
  static func load(
    _ specification: Specification, _ architecture: any Architecture, from tensors: [StoredTensor],
    for purpose: Model.Purpose = .training
  ) throws(ApusError) -> Model {
    let specification = settled(specification, architecture, by: tensors)
    return try load(
      specification, architecture, names: architecture.names(specification), from: tensors, for: purpose)
  }

  /// A configuration's specification with what only the names of the tensors say.
  static func settled(
    _ specification: Specification, _ architecture: any Architecture, by tensors: [StoredTensor]
  ) -> Specification {
    var specification = specification
    let present = Set(tensors.map { Array($0.name.utf8) })
    architecture.settle(&specification) { present.contains(Array($0.utf8)) }
    return specification
  }

  /// The model of a settled specification with the weights of files of any format.
  static func load(
    _ specification: Specification, _ architecture: any Architecture, names: TensorNames,
    from tensors: [StoredTensor], for purpose: Model.Purpose
  ) throws(ApusError) -> Model {
    try requirePlausibleSize(specification, tensors)
    // Compact weights stay in the files' memory.
    if purpose == .training || !tensors.contains(where: { $0.numbers?.isCompact == true }) {
      try specification.requireMemory(
        for: .weights, .badData, file: tensors.first?.file, remedy: "choose a smaller model or a larger machine")
    }
    let body = Model.body(specification) { shape in
      purpose == .inference && shape.isMatrix
        ? Parameter(name: shape.name, rows: shape.rows, columns: shape.columns, decays: true)
        : Parameter(name: shape.name, value: Tensor(rows: shape.rows, columns: shape.columns), decays: shape.isMatrix)
    }
    let map = WeightMap(body, names)
    try WeightLoader(map: map, tensors: tensors, multiplied: body.multiplied).load()
    return Model(body, architecture)
  }

  /// Memory is asked for by the configuration, so it must not be out of all proportion to what the files hold.
  static func requirePlausibleSize(
    _ specification: Specification, _ tensors: [StoredTensor]
  ) throws(ApusError) {
    let values = tensors.reduce(0) { $0 + $1.count }
    if specification.parameterCount / 2 > values + 1 << 20 {
      throw ApusError(
        .badData, "the configuration describes \(specification.parameterCount) weights and the files hold \(values)",
        file: tensors.first?.file, remedy: "fetch configuration and weights of the same model")
    }
  }

  /// Writes all tensors, matrices as `type`; nil: as they are held, block types as float32.
  static func writeWeights(
    _ map: WeightMap, as type: ElementType?, to path: String, check: () throws(ApusError) -> Void
  ) throws(ApusError) {
    let output = StoredOutput(map, as: type, keepingSmallTensors: false)
    let kernels = try Kernels.select()
    try SafetensorsWriter.write(to: path, metadata: ["format": "pt"], tensors: output.descriptions) {
      tensor, sink throws(ApusError) in
      try check()
      try output.write(tensor, kernels, to: sink)
    }
  }
}

extension Array where Element: BitwiseCopyable {
  // `withUnsafeBytes` with typed errors.
  func withBytes(_ body: (UnsafeRawBufferPointer) throws(ApusError) -> Void) throws(ApusError) {
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

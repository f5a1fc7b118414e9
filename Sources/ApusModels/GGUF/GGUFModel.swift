// A model as a GGUF file, or one split over several: read for training or inference, and written so that llama.cpp
// loads it. It knows nothing of the tokenizer's metadata; who has a tokenizer adds them.

public import ApusCore
public import ApusFormats
import ApusTensor

extension Model {
  /// Loads a GGUF file; of a split one, any part.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged, of an unknown architecture or
  ///   block type, or does not hold the tensors that its metadata describe.
  public static func load(gguf path: String, for purpose: Purpose = .inference) throws(ApusError) -> Model {
    try load(gguf: try GGUFCheckpoint(path), for: purpose)
  }

  /// Loads an opened GGUF file.
  /// - Throws: `badData` as `load(gguf:for:)` with a path.
  public static func load(
    gguf checkpoint: GGUFCheckpoint, for purpose: Purpose = .inference
  ) throws(ApusError) -> Model {
    let read = try checkpoint.specification()
    defer { for file in checkpoint.files { file.releaseHeader() } }
    return try CheckpointFolder.load(
      read.specification, read.architecture, names: read.dialect.names(read.specification),
      from: checkpoint.files.flatMap(\.storedTensors), for: purpose)
  }
}

extension GGUFCheckpoint {
  /// What the metadata and the tensors say of the model.
  func specification() throws(ApusError) -> (
    architecture: any Architecture, dialect: GGUFDialect, specification: Specification
  ) {
    var factors = GGUFSpecification.RotationFactors()
    factors.all = try numbers("rope_freqs.weight")
    factors.short = try numbers("rope_factors_short.weight")
    factors.long = try numbers("rope_factors_long.weight")
    return try GGUFSpecification.read(metadata, factors: factors) { self.tensor($0)?.entry.shape }
  }

  // The values of a short float32 tensor.
  private func numbers(_ name: String) throws(ApusError) -> [Double]? {
    guard let (file, entry) = tensor(name) else { return nil }
    guard entry.type == .float32 else {
      throw ApusError(
        .badData, "rotation factors are stored as \(entry.type.rawValue), not F32", file: file.path,
        place: "tensor `\(name)`")
    }
    return file.withBytes(of: entry) { bytes in
      (0..<entry.count).map { Double(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) }
    }
  }
}

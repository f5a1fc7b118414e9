// Models loaded for inference: the same bits as masters give, from files of every float type, and what they refuse.

import ApusCore
import ApusFormats
import ApusTensor
import Testing

@testable import ApusModels

@Suite struct InferenceLoadingTests {
  static let types: [ElementType] = [.float32, .bfloat16, .float16, .float64]

  /// Saves `model` and writes its weights again in another type; one in three stays float32 where `mixes`.
  private func save(_ model: Model, as type: ElementType, mixes: Bool, to folder: String) throws {
    try model.save(to: folder)
    let path = FileSystem.join(folder, "model.safetensors")
    let file = try SafetensorsFile(path)
    let tensors = file.tensors.enumerated().map { index, tensor in
      TensorDescription(name: tensor.name, type: mixes && index % 3 == 0 ? .float32 : type, shape: tensor.shape)
    }
    try SafetensorsWriter.write(to: path, tensors: tensors) { tensor, sink throws(ApusError) in
      guard let entry = file.tensor(tensor.name) else { return }
      let bytes = file.withBytes(of: entry) { Self.bytes(of: $0, as: tensor.type) }
      try bytes.withBytes(sink)
    }
  }

  private static func bytes(of floats: UnsafeRawBufferPointer, as type: ElementType) -> [UInt8] {
    let values = (0..<floats.count / 4).map { floats.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    func raw<Number>(_ value: Number) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    switch type {
    case .float64: return values.flatMap { raw(Double($0)) }
    case .bfloat16: return values.flatMap { raw(UInt16(truncatingIfNeeded: $0.bitPattern >> 16)) }
    case .float16: return values.flatMap { raw(UInt16(truncatingIfNeeded: halfBits($0))) }
    default: return Array(floats)
    }
  }

  // Truncated; what is small becomes 0.
  private static func halfBits(_ value: Float) -> UInt32 {
    guard abs(value) >= 0x1p-14 else { return 0 }
    return (abs(value).bitPattern - 112 << 23) >> 13 | (value < 0 ? 0x8000 : 0)
  }

  private func logits(_ model: Model, _ batch: PackedBatch) throws -> [UInt32] {
    let workspace = try TinyModels.workspace()
    return try model.logits(model.hidden(batch, in: workspace), in: workspace).values.map(\.bitPattern)
  }

  @Test(arguments: TinyModels.specifications, [false, true])
  func logitsHaveTheBitsOfMasters(_ specification: Specification, mixes: Bool) throws {
    let model = try TinyModels.model(specification)
    let batch = TinyModels.batch(lengths: [70, 3], vocabulary: specification.vocabulary)
    for type in Self.types {
      let folder = try FileSystem.makeTemporaryFolder()
      defer { try? FileSystem.remove(folder) }
      try save(model, as: type, mixes: mixes, to: folder)
      let masters = try Model.load(folder: folder, for: .training)
      let lean = try Model.load(folder: folder, for: .inference)
      #expect(try logits(lean, batch) == logits(masters, batch), "\(type)")
      let matrices = lean.parameters.filter(\.decays)
      #expect(matrices.allSatisfy { !$0.hasMaster } && lean.parameters.allSatisfy { $0.decays || $0.hasMaster })

      let copy = try FileSystem.makeTemporaryFolder()
      defer { try? FileSystem.remove(copy) }
      try lean.save(to: copy)
      #expect(try Model.load(folder: copy).parameters.map(\.value.values) == masters.parameters.map(\.value.values))
    }
  }

  @Test func inferenceModelsRefuseTrainingUntilUnpacked() throws {
    let specification = TinyModels.specifications[2]
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    try TinyModels.model(specification).save(to: folder)
    let model = try Model.load(folder: folder, for: .inference)
    let batch = TinyModels.batch(lengths: [20], vocabulary: specification.vocabulary)
    let workspace = try TinyModels.workspace()
    #expect { _ = try model.trainingLoss(batch, in: workspace, scale: 1) } throws: { error in
      "\(error)".contains("cannot be trained")
    }
    model.unpack(workspace.kernels)
    let masters = try Model.load(folder: folder)
    #expect(
      try model.trainingLoss(batch, in: workspace, scale: 1) == masters.trainingLoss(batch, in: workspace, scale: 1))
  }
}

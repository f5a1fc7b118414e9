// The tensors of a weight map as a file is to hold them: which type each has, and its bytes when they are asked for,
// one tensor at a time.

import ApusCore
import ApusFormats
import ApusTensor

struct StoredOutput {
  /// Name, type and shape of each tensor, in the map's order.
  let descriptions: [TensorDescription]
  // The parts of a stacked tensor are neighbours in the map.
  private let parts: [[UInt8]: [WeightMap.Entry]]

  /// - Parameters:
  ///   - map: the tensors.
  ///   - type: how matrices are written; nil: as they are held, block types as float32.
  ///   - keepingSmallTensors: whether routers and tables that are added stay float32, as llama.cpp wants them.
  init(_ map: WeightMap, as type: ElementType?, keepingSmallTensors: Bool) {
    var parts: [[UInt8]: [WeightMap.Entry]] = [:]
    var descriptions: [TensorDescription] = []
    for entry in map.entries {
      let key = Array(entry.name.utf8)
      if parts[key] == nil {
        let type = Self.type(of: entry, wanted: type, keepingSmallTensors: keepingSmallTensors)
        descriptions.append(TensorDescription(name: entry.name, type: type, shape: entry.shape))
      }
      parts[key, default: []].append(entry)
    }
    self.parts = parts
    self.descriptions = descriptions
  }

  /// Gives the bytes of a tensor to `sink`, part after part.
  func write(_ tensor: TensorDescription, _ kernels: Kernels, to sink: TensorSink) throws(ApusError) {
    for entry in parts[Array(tensor.name.utf8)] ?? [] {
      let values = entry.fileValues(kernels)
      if tensor.type == .float16 { try Self.requireHalf(values, tensor) }
      guard let numbers = StoredNumbers(tensor.type), numbers != .float32 else {
        try values.withBytes(sink)
        continue
      }
      let bytes = values.withUnsafeBufferPointer { kernels.bytes($0, as: numbers) }
      guard let bytes else {
        throw ApusError(
          .usage, "tensors cannot be written as \(tensor.type.rawValue)", remedy: "choose F32, F16, BF16 or Q8_0")
      }
      try bytes.withBytes(sink)
    }
  }

  // Half precision's greatest number is 65,504; what rounds beyond would become infinite without a word.
  private static let halfOverflow: Float = 65_520

  private static func requireHalf(_ values: [Float], _ tensor: TensorDescription) throws(ApusError) {
    guard let value = values.first(where: { $0.isFinite && abs($0) >= Self.halfOverflow }) else { return }
    throw ApusError(
      .badData, "the weight \(value) is beyond what F16 can hold", place: "tensor `\(tensor.name)`",
      remedy: "choose BF16 or F32")
  }

  private static func type(of entry: WeightMap.Entry, wanted: ElementType?, keepingSmallTensors: Bool) -> ElementType {
    guard entry.shape.count > 1, let parameter = entry.parameter else { return .float32 }
    if keepingSmallTensors, ["ffn_gate_inp", "position_embd", "token_types"].contains(where: entry.name.contains) {
      return .float32
    }
    guard let wanted else { return parameter.sixteenBitType ?? .float32 }
    return (entry.shape.last ?? 0) % wanted.blockLength == 0 ? wanted : .float16
  }
}

extension Parameter {
  /// The 16-bit type that all of its values are held in, if there is one.
  fileprivate var sixteenBitType: ElementType? {
    switch storedNumbers {
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }
}

// The optimiser's moments as a safetensors file: two float32 tensors per parameter, `<name>.first_moment` and
// `<name>.second_moment`, by the names that parameters have in the model. A model's own file may slice and transpose
// them; this one is read only by the program that wrote it.

import ApusCore
import ApusFormats
import ApusTensor

extension AdamW {
  private static let suffixes = [".first_moment", ".second_moment"]

  /// Every moment with its name.
  private var moments: [(name: String, tensor: Tensor)] {
    zip(Self.suffixes, [state.means, state.squares]).flatMap { suffix, tensors in
      zip(state.parameters, tensors).map { ($0.name + suffix, $1) }
    }
  }

  /// Writes all moments.
  func save(to path: String) throws(ApusError) {
    let moments = moments
    let byName = Dictionary(uniqueKeysWithValues: moments)
    let descriptions = moments.map { name, tensor in
      TensorDescription(name: name, type: .float32, shape: [tensor.rows, tensor.columns])
    }
    try SafetensorsWriter.write(to: path, tensors: descriptions) { (description, sink) throws(ApusError) in
      guard let tensor = byName[description.name] else { return }
      try tensor.withBytes { (bytes) throws(ApusError) in try sink(bytes) }
    }
  }

  /// Reads all moments.
  /// - Throws: `badData` where one is missing or has another shape.
  func load(from path: String) throws(ApusError) {
    let file = try SafetensorsFile(path)
    for (name, tensor) in moments {
      guard let entry = file.tensor(name), entry.type == .float32, entry.shape == [tensor.rows, tensor.columns] else {
        throw ApusError(
          .badData, "lacks a float32 tensor of shape [\(tensor.rows), \(tensor.columns)]", file: path,
          place: "tensor `\(name)`", remedy: "resume with the run's own configuration")
      }
      file.withBytes(of: entry) { bytes in
        tensor.withMutableValues { UnsafeMutableRawBufferPointer($0).copyMemory(from: bytes) }
      }
    }
  }
}

extension Tensor {
  /// Overwrites the values with those of a tensor of the same shape.
  func copyValues(from source: Tensor) {
    source.withValues { values in
      withMutableValues { target in for index in target.indices { target[index] = values[index] } }
    }
  }
}

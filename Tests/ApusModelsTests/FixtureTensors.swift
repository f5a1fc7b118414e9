// Tensors of fixture files as Swift arrays.

import ApusFormats
import ApusTensor
import Testing

extension SafetensorsFile {
  /// The values of a float32 tensor; nil where the file lacks it.
  func floats(_ name: String) throws -> [Float]? {
    guard let tensor = tensor(name) else { return nil }
    try #require(tensor.type == .float32)
    return withBytes(of: tensor) { bytes in
      (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// The values of an integer tensor.
  func integers(_ name: String) throws -> [Int32] {
    let tensor = try #require(self.tensor(name))
    try #require(tensor.type == .int32 || tensor.type == .int64)
    return withBytes(of: tensor) { bytes in
      (0..<tensor.count).map { index in
        tensor.type == .int32
          ? bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)
          : Int32(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
      }
    }
  }

  /// An integer tensor of three dimensions.
  func rows(_ name: String) throws -> [[[Int32]]] {
    let values = try integers(name)
    let shape = try #require(self.tensor(name)).shape
    try #require(shape.count == 3)
    return (0..<shape[0]).map { batch in
      (0..<shape[1]).map { row in
        let first = (batch * shape[1] + row) * shape[2]
        return Array(values[first..<first + shape[2]])
      }
    }
  }
}

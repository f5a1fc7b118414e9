// A tensor as any file format offers it: what the loader of weights asks for. A format is one function that lists its
// tensors.

import ApusCore
import ApusFormats
import ApusTensor

/// A named tensor in memory that its owner keeps.
struct StoredTensor: @unchecked Sendable {
  /// Its name in the file.
  var name: String
  /// How its numbers are written; nil where models cannot compute with them.
  var numbers: StoredNumbers?
  /// What the file calls that.
  var typeName: String
  /// Its dimensions, outermost first.
  var shape: [Int]
  /// Its bytes, row after row.
  var bytes: UnsafeRawBufferPointer
  /// Keeps the bytes.
  var owner: any ByteOwner
  /// The file, as errors name it.
  var file: String

  /// How many numbers it has.
  var count: Int { shape.reduce(1, *) }
}

extension TensorFile {
  /// The tensors for a loader.
  var storedTensors: [StoredTensor] {
    tensors.map { entry in
      StoredTensor(
        name: entry.name, numbers: StoredNumbers(entry.type), typeName: entry.type.rawValue, shape: entry.shape,
        bytes: bytes(of: entry), owner: mapping, file: path)
    }
  }
}

extension StoredNumbers {
  /// What models can compute with.
  static let ofWeights = allCases.filter { !$0.isInteger }

  /// The numbers of a file's type; nil where models cannot compute with them.
  init?(_ type: ElementType) {
    self.init(rawValue: type.rawValue)
    if isInteger { return nil }
  }
}

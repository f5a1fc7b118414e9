// Where the tensors of a checkpoint lie in the parameters of a body: names, row ranges of fused parameters, transposition.
// Plain data, used in both directions; it reads and writes no file.

import ApusTensor

/// The tensors of one model's checkpoint.
struct WeightMap {
  /// One tensor of the file.
  struct Entry {
    /// Its name in the file.
    var name: String
    /// The parameter that holds it; nil for a tensor of zeros that only the file has.
    var parameter: Parameter?
    /// The parameter's rows that it is; of a vector, its columns.
    var range: Range<Int>
    /// Whether the file has columns before rows.
    var transposed = false
    /// The shape in the file.
    var shape: [Int]
  }

  private(set) var entries: [Entry] = []
  /// Endings of names in files that are no weights: buffers that old versions saved.
  var ignoredEndings: [String] = []
  /// A prefix that names may have or lack when reading.
  var optionalPrefix = ""
  /// Names that may be absent or present without effect: copies of tied tensors.
  var copies: Set<String> = []

  /// Adds rows of a matrix, all by default.
  mutating func matrix(_ name: String, _ parameter: Parameter, rows: Range<Int>? = nil, transposed: Bool = false) {
    let rows = rows ?? 0..<parameter.value.rows
    let shape = [rows.count, parameter.value.columns]
    entries.append(
      Entry(
        name: name, parameter: parameter, range: rows, transposed: transposed,
        shape: transposed ? shape.reversed() : shape))
  }

  /// Adds a range of a vector, all by default; where the model has none, the file may hold zeros.
  mutating func vector(_ name: String, _ parameter: Parameter?, range: Range<Int>? = nil, zeros count: Int? = nil) {
    if let parameter {
      let range = range ?? 0..<parameter.value.columns
      entries.append(Entry(name: name, parameter: parameter, range: range, shape: [range.count]))
    } else if let count {
      entries.append(Entry(name: name, parameter: nil, range: 0..<count, shape: [count]))
    }
  }

  /// The tensors of a norm.
  mutating func norm(_ name: String, _ norm: NormWeights, zeroBias width: Int? = nil) {
    vector("\(name).weight", norm.gain)
    vector("\(name).bias", norm.bias, zeros: width)
  }

  /// The entry's values in the file's layout, row after row.
  static func fileValues(of entry: Entry, in tensor: Tensor?) -> [Float] {
    guard let tensor else { return [Float](repeating: 0, count: entry.range.count) }
    return tensor.withValues { values in
      guard entry.shape.count == 2 else { return Array(values[entry.range]) }
      let columns = tensor.columns
      let slice = UnsafeBufferPointer(
        rebasing: values[entry.range.lowerBound * columns..<entry.range.upperBound * columns])
      return entry.transposed ? transpose(slice, rows: entry.range.count, columns: columns) : Array(slice)
    }
  }

  /// Puts values in the file's layout into the tensor; their count must be the shape's.
  static func setValues(of entry: Entry, in tensor: Tensor, to file: UnsafeBufferPointer<Float>) {
    tensor.withMutableValues { values in
      guard entry.shape.count == 2 else {
        for (index, value) in zip(entry.range, file) { values[index] = value }
        return
      }
      let columns = tensor.columns
      let target = entry.range.lowerBound * columns
      let ordered = entry.transposed ? transpose(file, rows: columns, columns: entry.range.count) : nil
      func copy(_ source: UnsafeBufferPointer<Float>) {
        _ = UnsafeMutableBufferPointer(rebasing: values[target..<target + source.count]).update(fromContentsOf: source)
      }
      if let ordered { ordered.withUnsafeBufferPointer(copy) } else { copy(file) }
    }
  }

  private static func transpose(_ values: UnsafeBufferPointer<Float>, rows: Int, columns: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows * columns) { result, count in
      for column in 0..<columns {
        for row in 0..<rows { result.initializeElement(at: column * rows + row, to: values[row * columns + column]) }
      }
      count = rows * columns
    }
  }
}

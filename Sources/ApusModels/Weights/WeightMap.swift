// Where the tensors of a checkpoint lie in the parameters of a body: names, rows, transposition. Plain data, used in
// both directions; it reads and writes no file and knows no architecture (TensorNames does).

import ApusTensor

/// The tensors of one model's checkpoint.
struct WeightMap {
  /// Rows of a parameter, or columns of a vector, in the order of the file.
  enum Rows {
    case range(Range<Int>)
    case list([Int])

    var count: Int {
      switch self {
      case .range(let range): range.count
      case .list(let rows): rows.count
      }
    }

    /// The parameter's row that is the file's row `index`.
    subscript(index: Int) -> Int {
      switch self {
      case .range(let range): range.lowerBound + index
      case .list(let rows): rows[index]
      }
    }
  }

  /// One tensor of the file, or the part of a stacked one that is one parameter's.
  struct Entry {
    /// Its name in the file.
    var name: String
    /// The shape in the file, of the whole tensor.
    var shape: [Int]
    /// The parameter that holds it; nil for a tensor of zeros that only the file has.
    var parameter: Parameter?
    /// Where it lies in the parameter.
    var rows: Rows
    /// The first of the file's rows, its leading axes taken as one, that belong to the entry.
    var firstFileRow = 0
    /// Whether the file has columns before rows.
    var isTransposed = false
    /// What the file's values are more than the parameter's.
    var offset: Float = 0
  }

  private(set) var entries: [Entry] = []
  /// Beginnings and endings of names in files that are no weights of the body.
  var ignoredPrefixes: [String] = []
  var ignoredEndings: [String] = []
  /// A prefix that names may have or lack when reading.
  var optionalPrefix = ""
  /// Names that may be absent or present without effect: copies of tied tensors.
  var copies: Set<String> = []

  /// Adds rows of a matrix, all by default.
  mutating func matrix(
    _ name: String, _ parameter: Parameter, rows: Rows? = nil, isTransposed: Bool = false
  ) {
    let rows = rows ?? .range(0..<parameter.rows)
    let shape = [rows.count, parameter.columns]
    entries.append(
      Entry(
        name: name, shape: isTransposed ? shape.reversed() : shape, parameter: parameter, rows: rows,
        isTransposed: isTransposed))
  }

  /// Adds a matrix that is plane `index` of the file's `count`.
  mutating func plane(_ name: String, _ parameter: Parameter, rows: Range<Int>, index: Int, of count: Int) {
    entries.append(
      Entry(
        name: name, shape: [count, rows.count, parameter.columns], parameter: parameter, rows: .range(rows),
        firstFileRow: index * rows.count))
  }

  /// Adds values of a vector, all by default; where the model has none, the file may hold zeros.
  mutating func vector(
    _ name: String, _ parameter: Parameter?, rows: Rows? = nil, zeros count: Int? = nil, offset: Float = 0
  ) {
    if let parameter {
      let rows = rows ?? .range(0..<parameter.columns)
      entries.append(Entry(name: name, shape: [rows.count], parameter: parameter, rows: rows, offset: offset))
    } else if let count {
      entries.append(Entry(name: name, shape: [count], parameter: nil, rows: .range(0..<count)))
    }
  }
}

// MARK: - Values

extension WeightMap.Entry {
  /// Values of the entry alone, without the rest of a stacked tensor.
  var count: Int { shape.count == 1 ? rows.count : rows.count * (isTransposed ? shape[0] : shape[shape.count - 1]) }

  /// Rows in the file, of the entry alone: one of a vector.
  var fileRows: Int { shape.count == 1 ? 1 : isTransposed ? shape[0] : rows.count }

  /// The entry's values in the file's layout, row after row.
  func fileValues(_ kernels: Kernels) -> [Float] {
    guard let parameter else { return [Float](repeating: 0, count: count) }
    var values = layOut(parameter.expanded(kernels))
    if offset != 0 { for index in values.indices { values[index] += offset } }
    return values
  }

  /// Values of a tensor shaped as the parameter, in the file's layout, row after row.
  func layOut(_ tensor: Tensor) -> [Float] {
    tensor.withValues { source in
      [Float](unsafeUninitializedCapacity: count) { target, initialized in
        forEachValue(columns: tensor.columns) { file, parameter in
          target.initializeElement(at: file, to: source[parameter])
        }
        initialized = count
      }
    }
  }

  /// Puts values in the file's layout into a tensor shaped as the parameter; their count must be the entry's.
  func setValues(_ file: UnsafeBufferPointer<Float>, in tensor: Tensor) {
    tensor.withMutableValues { values in
      forEachValue(columns: tensor.columns) { source, target in values[target] = file[source] - offset }
    }
  }

  // Calls `body(index in the file, index in the parameter)` for each value.
  @inline(__always)
  private func forEachValue(columns: Int, _ body: (Int, Int) -> Void) {
    guard shape.count > 1 else {
      for index in 0..<rows.count { body(index, rows[index]) }
      return
    }
    let (rowStride, columnStride) = isTransposed ? (1, rows.count) : (columns, 1)
    for row in 0..<rows.count {
      let start = rows[row] * columns
      for column in 0..<columns { body(row * rowStride + column * columnStride, start + column) }
    }
  }
}

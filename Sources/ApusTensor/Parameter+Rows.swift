// Rows of a parameter in whatever form it has: gathered for embeddings, or read one by one.

import CApusKernels

extension Parameter {
  // Numbers unpacked at a time: a multiple of every block, and small enough for the stack.
  private static let part = 256

  /// Calls `body` with the values of one row after another, as float32.
  public func forEachRow<Failure: Error>(
    _ rows: Range<Int>, _ kernels: Kernels, _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows, "rows \(rows) of \(self.rows)")
    if case .master(let tensor) = form {
      for row in rows { try body(UnsafeBufferPointer(start: tensor.row(row), count: columns)) }
      return
    }
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: columns)
    defer { buffer.deallocate() }
    for row in rows {
      if let base = buffer.baseAddress { copy(row: row, to: base, kernels) }
      try body(UnsafeBufferPointer(buffer))
    }
  }

  /// Writes the values of a row.
  func copy(row: Int, to target: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
    copy(row: row, columns: 0..<columns, to: target, kernels)
  }

  private func copy(row: Int, columns: Range<Int>, to target: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
    switch form {
    case .master(let tensor): target.update(from: tensor.row(row) + columns.lowerBound, count: columns.count)
    case .packed(let matrix): matrix.unpack(row: row, columns: columns, to: target)
    case .stored(let matrix): matrix.unpack(row..<row + 1, columns: columns, to: target, kernels)
    case nil: preconditionFailure("\(name) has no values")
    }
  }

  /// y[t] = scale · row `firstRow + ids[t]`, or added to y; `[count, columns]`. Only the rows asked for are unpacked.
  func gather(
    _ ids: UnsafePointer<Int32>, count: Int, firstRow: Int = 0, scale: Float = 1,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool, _ kernels: Kernels
  ) {
    let gather = kernels.table.pointee.gather
    if case .master(let tensor) = form {
      return gather(tensor.row(firstRow), ids, scale, y, accumulate, count, columns)
    }
    var first: Int32 = 0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.part) { buffer in
      guard let part = buffer.baseAddress else { return }
      for index in 0..<count {
        for column in stride(from: 0, to: columns, by: Self.part) {
          let range = column..<min(columns, column + Self.part)
          copy(row: firstRow + Int(ids[index]), columns: range, to: part, kernels)
          gather(part, &first, scale, y + index * columns + column, accumulate, 1, range.count)
        }
      }
    }
  }
}

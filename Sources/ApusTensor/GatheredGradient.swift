// The gradient of a table by the rows that were gathered from it, as an embedding's. It is summed apart from the
// gradient of products with the same matrix and added to that once, when the step's gradient is asked for: each of the
// two is then a sum in token order, so that a tied matrix has the same bits however a step is cut into micro-batches.
// Only rows that were gathered take memory and time.

import CApusKernels

/// Sums of gradients for some rows of a table `[rows, columns]`.
final class GatheredGradient {
  private static let none: Int32 = -1

  private let columns: Int
  // The slot of each of the table's rows, or none; and the row of each slot.
  private var slotOfRow: [Int32]
  private var rowOfSlot: [Int32] = []
  // The sums, slot by slot.
  private var sums = TensorStorage(count: 0)
  // The slots of the batch at hand, kept for their memory.
  private var slots: [Int32] = []

  init(rows: Int, columns: Int) {
    self.columns = columns
    slotOfRow = [Int32](repeating: Self.none, count: rows)
  }

  /// Adds `scale` × row t of `dy` to the sum of the table's row `firstRow + rows[t]`, t after t.
  func add(
    _ dy: Tensor, toRows rows: UnsafePointer<Int32>, firstRow: Int = 0, scale: Float = 1, in workspace: Workspace
  ) {
    reserve(rowOfSlot.count + dy.rows)
    slots.removeAll(keepingCapacity: true)
    for index in 0..<dy.rows { slots.append(slot(ofRow: firstRow + Int(rows[index]))) }
    let kernels = workspace.kernels
    slots.withUnsafeBufferPointer { slots in
      guard let base = slots.baseAddress else { return }
      workspace.forColumns(columns, height: dy.rows) { range in
        kernels.table.pointee.scatter_add(
          dy.pointer, base, scale, sums.base, dy.rows, columns, range.lowerBound, range.upperBound)
      }
    }
  }

  /// Adds the sums to the whole table's gradient and forgets them.
  func move(to gradient: Tensor) {
    for (slot, row) in rowOfSlot.enumerated() {
      let (source, target) = (sums.base + slot * columns, gradient.row(Int(row)))
      for column in 0..<columns { target[column] += source[column] }
    }
    forget()
  }

  /// Forgets the sums.
  func forget() {
    for row in rowOfSlot { slotOfRow[Int(row)] = Self.none }
    rowOfSlot.removeAll(keepingCapacity: true)
  }

  private func slot(ofRow row: Int) -> Int32 {
    if slotOfRow[row] != Self.none { return slotOfRow[row] }
    let slot = rowOfSlot.count
    rowOfSlot.append(Int32(truncatingIfNeeded: row))
    slotOfRow[row] = Int32(truncatingIfNeeded: slot)
    (sums.base + slot * columns).update(repeating: 0, count: columns)
    return slotOfRow[row]
  }

  // Room for so many slots, as far as the table has rows.
  private func reserve(_ count: Int) {
    let (needed, present) = (min(count, slotOfRow.count), sums.count / max(1, columns))
    guard needed > present else { return }
    let grown = TensorStorage(count: min(slotOfRow.count, max(needed, 2 * present)) * columns)
    grown.base.update(from: sums.base, count: rowOfSlot.count * columns)
    sums = grown
  }
}

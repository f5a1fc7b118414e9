// The tokens of a batch that have a target. Where others are ignored, as most are in masked training, the scored ones
// are gathered, so that nothing is computed for the rest.

import CApusKernels

/// Which rows of the batch have a target, and their targets; valid until the workspace begins another.
struct ScoredTokens {
  /// How many there are.
  let count: Int
  /// Whether every token of the batch is one.
  let areAll: Bool
  private let rowIndices: Indices
  private let targetIndices: Indices

  /// - Parameter rows: rows of the hidden states, which must be those of the batch.
  init(of workspace: Workspace, rows: Int) {
    let input = workspace.input
    precondition(input.hasTargets && input.count == rows, "a loss needs a target, or none, for each row")
    rowIndices = workspace.arena.allocateIndices(input.count)
    targetIndices = workspace.arena.allocateIndices(input.count)
    var count = 0
    for row in 0..<input.count where input.targets[row] >= 0 {
      rowIndices.pointer[count] = Int32(row)
      targetIndices.pointer[count] = input.targets[row]
      count += 1
    }
    self.count = count
    areAll = count == input.count
  }

  /// The targets, one for each.
  var targets: UnsafeMutablePointer<Int32> { targetIndices.pointer }

  /// The row in the batch of one of them.
  func row(_ index: Int) -> Int { Int(rowIndices.pointer[index]) }

  /// Their rows of `x`, `[T, D]`: a view where all tokens are scored, else copied into `memory`.
  func gather(_ range: Range<Int>, of x: Tensor, into memory: Tensor, in workspace: Workspace) -> Tensor {
    if areAll { return x.rows(range) }
    let table = workspace.kernels.table
    workspace.forRows(range.count, width: x.columns) { rows in
      table.pointee.gather(
        x.pointer, rowIndices.pointer + range.lowerBound + rows.lowerBound, 1, memory.row(rows.lowerBound), false,
        rows.count, x.columns)
    }
    return memory.rows(0..<range.count)
  }

  /// Adds the rows of `gathered` to their rows of `x`, `[T, D]`.
  func scatter(_ range: Range<Int>, from gathered: Tensor, to x: Tensor, in workspace: Workspace) {
    let table = workspace.kernels.table
    workspace.forColumns(x.columns, height: range.count) { columns in
      table.pointee.scatter_add(
        gathered.pointer, rowIndices.pointer + range.lowerBound, 1, x.pointer, range.count, x.columns,
        columns.lowerBound, columns.upperBound)
    }
  }
}

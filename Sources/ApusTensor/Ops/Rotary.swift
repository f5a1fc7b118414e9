// Rotary position embedding, in place: queries and keys lie side by side in the fused projection and turn together. The
// gradient turns back the same way. Segments whose sequences share a table turn in one parallel region.

import CApusKernels

/// Rotates the first H + K heads of each row by its token's position; [T, (H + 2K) head] in place.
struct Rotary {
  let tables: RotaryTables
  let shape: AttentionShape
  let variable: Variable

  static func forward(
    _ variable: Variable, tables: RotaryTables, shape: AttentionShape, in workspace: Workspace
  ) -> Variable {
    let operation = Rotary(tables: tables, shape: shape, variable: variable)
    operation.rotate(variable.value, direction: 1, in: workspace)
    workspace.tape.append(.rotary(operation))
    return variable
  }

  func backward(in workspace: Workspace) {
    guard let gradient = workspace.tape.takeGradient(of: variable) else { return }
    rotate(gradient, direction: -1, in: workspace)
    _ = workspace.tape.handOver(gradient, to: variable)
  }

  private func rotate(_ x: Tensor, direction: Int32, in workspace: Workspace) {
    let segments = workspace.input.segments
    var first = 0
    while first < segments.count {
      let table = tables.table(forLength: workspace.declaredLength(segment: first))
      var positions = 0
      var next = first
      repeat {
        positions = max(positions, segments[next].position + segments[next].count)
        next += 1
      } while next < segments.count && tables.table(forLength: workspace.declaredLength(segment: next)) === table
      let rows = segments[first].start..<segments[next - 1].start + segments[next - 1].count
      rotate(x, rows, by: table, positions: positions, direction: direction, in: workspace)
      first = next
    }
  }

  private func rotate(
    _ x: Tensor, _ run: Range<Int>, by table: RotaryTable, positions: Int, direction: Int32, in workspace: Workspace
  ) {
    let rotations = table.rotations(positions: positions)
    let heads = shape.heads + shape.keyValueHeads
    let (input, kernels, isInterleaved) = (workspace.input, workspace.kernels, tables.isInterleaved)
    workspace.forRows(run.count, width: heads * shape.headWidth) { rows in
      let start = run.lowerBound + rows.lowerBound
      kernels.table.pointee.rope(
        x.row(start), x.columns, heads, shape.headWidth, table.rotatedWidth, rotations.cosine.pointer,
        rotations.sine.pointer, input.positions + start, isInterleaved, direction, rows.count)
    }
  }
}

extension Workspace {
  /// The fused queries, keys and values with queries and keys rotated by their positions, in place.
  public func rotary(_ variable: Variable, tables: RotaryTables, shape: AttentionShape) -> Variable {
    measured(.rotary) { Rotary.forward(variable, tables: tables, shape: shape, in: self) }
  }
}

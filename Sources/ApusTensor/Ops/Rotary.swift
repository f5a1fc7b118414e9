// Rotary position embedding, in place: queries and keys lie side by side in the fused projection and turn together. The
// gradient turns back the same way.

import CApusKernels

/// Rotates the first H + K heads of each row by its token's position; [T, (H + 2K) head] in place.
struct Rotary {
  let table: RotaryTable
  let shape: AttentionShape
  let variable: Variable

  static func forward(
    _ variable: Variable, table: RotaryTable, shape: AttentionShape, in workspace: Workspace
  ) -> Variable {
    let operation = Rotary(table: table, shape: shape, variable: variable)
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
    let input = workspace.input
    let positions = input.segments.reduce(0) { max($0, $1.position + $1.count) }
    let rotations = table.rotations(positions: positions)
    let heads = shape.heads + shape.keyValueHeads
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: heads * shape.headWidth) { rows in
      kernels.table.pointee.rope(
        x.row(rows.lowerBound), x.columns, heads, shape.headWidth, table.rotatedWidth, rotations.cosine.pointer,
        rotations.sine.pointer, input.positions + rows.lowerBound, shape.interleavedRotation, direction, rows.count)
    }
  }
}

extension Workspace {
  /// The fused queries, keys and values with queries and keys rotated by their positions, in place.
  public func rotary(_ variable: Variable, table: RotaryTable, shape: AttentionShape) -> Variable {
    Rotary.forward(variable, table: table, shape: shape, in: self)
  }
}

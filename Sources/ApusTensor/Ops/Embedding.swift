// Token embeddings, scaled, plus learned position embeddings where the model has them.

import CApusKernels

/// y[t] = scale · table[token t] (+ positions[position t]); shapes [V, D], [context, D] → [T, D].
struct Embedding {
  let table: Parameter
  let positions: Parameter?
  let scale: Float
  let output: Variable

  static func forward(table: Parameter, positions: Parameter?, scale: Float, in workspace: Workspace) -> Variable {
    let width = table.value.columns
    let input = workspace.input
    let y = workspace.arena.allocate(rows: input.count, columns: width)
    let kernels = workspace.kernels
    workspace.forRows(input.count, width: width) { rows in
      let gather = kernels.table.pointee.gather
      gather(
        table.value.pointer, input.tokens + rows.lowerBound, scale, y.row(rows.lowerBound), false, rows.count, width)
      if let positions {
        gather(
          positions.value.pointer, input.positions + rows.lowerBound, 1, y.row(rows.lowerBound), true, rows.count, width
        )
      }
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .embedding(Embedding(table: table, positions: positions, scale: scale, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let input = workspace.input
    table.gatheredGradient().add(dy, toRows: input.tokens, scale: scale, in: workspace)
    positions?.gatheredGradient().add(dy, toRows: input.positions, scale: 1, in: workspace)
    workspace.tape.pool.giveBack(dy)
  }
}

extension Workspace {
  /// The embeddings of the batch's tokens, scaled, plus those of their positions: `[T, D]`.
  public func embedding(_ table: Parameter, positions: Parameter?, scale: Float = 1) -> Variable {
    Embedding.forward(table: table, positions: positions, scale: scale, in: self)
  }
}

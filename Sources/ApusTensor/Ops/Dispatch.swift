// The way to the experts: each token's row once for each expert that it is sent to, grouped by expert.

import CApusKernels

/// y[row] = x[token of the row]; [T, D] → [T k, D].
struct Dispatch {
  let groups: ExpertGroups
  let input: Variable
  let output: Variable

  static func forward(_ input: Variable, _ groups: ExpertGroups, in workspace: Workspace) -> Variable {
    let x = input.value
    let y = workspace.arena.allocate(rows: groups.rowCount, columns: x.columns)
    let kernels = workspace.kernels
    workspace.forRows(y.rows, width: x.columns) { rows in
      let first = rows.lowerBound
      kernels.table.pointee.gather(x.pointer, groups.tokens + first, 1, y.row(first), false, rows.count, x.columns)
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(.dispatch(Dispatch(groups: groups, input: input, output: output)))
    return output
  }

  // A token's gradient is the sum over its routes, rank after rank.
  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    let kernels = workspace.kernels
    workspace.forRows(dx.rows, width: groups.ranks * dx.columns) { tokens in
      for token in tokens {
        for rank in 0..<groups.ranks {
          kernels.table.pointee.gather(
            dy.pointer, groups.rows + token * groups.ranks + rank, 1, dx.row(token), accumulate || rank > 0, 1,
            dx.columns)
        }
      }
    }
    workspace.tape.pool.giveBack(dy)
  }
}

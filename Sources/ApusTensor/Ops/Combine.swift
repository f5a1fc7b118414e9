// The way back from the experts: each token's outputs, weighted, rank after rank.

import CApusKernels

/// y[t] = residual[t] + Σ over ranks r of weights[t, r] · x[row of route (t, r)]; [T k, D] → [T, D].
struct Combine {
  let groups: ExpertGroups
  let input: Variable
  // [T, k].
  let weights: Variable
  let residual: Variable?
  let output: Variable

  static func forward(
    _ input: Variable, weights: Variable, _ groups: ExpertGroups, residual: Variable?, in workspace: Workspace
  ) -> Variable {
    let x = input.value
    // Without a tape the residual stream stays in one place.
    let inPlace = workspace.isRecording ? nil : residual
    let y = inPlace?.value ?? workspace.arena.allocate(rows: groups.tokenCount, columns: x.columns)
    let start = inPlace == nil ? residual?.value : nil
    let kernels = workspace.kernels
    workspace.forRows(y.rows, width: groups.ranks * x.columns) { tokens in
      for token in tokens {
        if let start { y.row(token).update(from: start.row(token), count: y.columns) }
        for rank in 0..<groups.ranks {
          kernels.table.pointee.gather(
            x.pointer, groups.rows + token * groups.ranks + rank, weights.value.row(token)[rank], y.row(token),
            residual != nil || rank > 0, 1, y.columns)
        }
      }
    }
    if let inPlace { return inPlace }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .combine(Combine(groups: groups, input: input, weights: weights, residual: residual, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let x = input.value
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    let (dWeights, accumulateWeights) = workspace.tape.gradient(of: weights)
    precondition(!accumulate && !accumulateWeights, "the experts' outputs and weights have one consumer")
    let kernels = workspace.kernels
    workspace.forRows(dy.rows, width: 2 * groups.ranks * x.columns) { tokens in
      for token in tokens {
        for rank in 0..<groups.ranks {
          let row = Int(groups.rows[token * groups.ranks + rank])
          dWeights.row(token)[rank] = kernels.table.pointee.dot(dy.row(token), x.row(row), x.columns)
          kernels.table.pointee.scale(dy.row(token), weights.value.row(token)[rank], dx.row(row), x.columns)
        }
      }
    }
    if let residual {
      workspace.passResidual(dy, to: residual)
    } else {
      workspace.tape.pool.giveBack(dy)
    }
  }
}

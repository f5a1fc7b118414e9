// Rows scaled by the sigmoid of one value each: the gate of the expert that every token passes (Qwen 2 MoE).

import CApusKernels

/// y[t] = residual[t] + sigmoid(logit[t]) · x[t]; [T, D] and [T, 1] → [T, D].
struct SigmoidGate {
  let input: Variable
  let logit: Variable
  let residual: Variable?
  let output: Variable
  // [T, 1]: the sigmoids, kept for the backward pass.
  let gate: Tensor

  static func forward(
    _ input: Variable, logit: Variable, residual: Variable?, in workspace: Workspace
  ) -> Variable {
    let x = input.value
    precondition(logit.value.rows == x.rows && logit.value.columns == 1, "the gate has one value a row")
    let gate = workspace.arena.allocate(rows: x.rows, columns: 1)
    // Without a tape the residual stream stays in one place.
    let inPlace = workspace.isRecording ? nil : residual
    let y = inPlace?.value ?? workspace.arena.allocate(rows: x.rows, columns: x.columns)
    let start = inPlace == nil ? residual?.value : nil
    let table = workspace.kernels.table
    workspace.forRows(x.rows, width: 2 * x.columns) { rows in
      table.pointee.sigmoid(logit.value.row(rows.lowerBound), gate.row(rows.lowerBound), rows.count)
      for row in rows {
        if let start { y.row(row).update(from: start.row(row), count: y.columns) }
        let accumulate = residual != nil ? table.pointee.multiply_add : table.pointee.scale
        accumulate(x.row(row), gate.row(row)[0], y.row(row), x.columns)
      }
    }
    if let inPlace { return inPlace }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .sigmoidGate(SigmoidGate(input: input, logit: logit, residual: residual, output: output, gate: gate)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let x = input.value
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    let (dLogit, accumulateLogit) = workspace.tape.gradient(of: logit)
    precondition(!accumulate && !accumulateLogit, "a gate and what it scales have one consumer")
    let table = workspace.kernels.table
    workspace.forRows(x.rows, width: 2 * x.columns) { rows in
      for row in rows {
        let s = gate.row(row)[0]
        dLogit.row(row)[0] = table.pointee.dot(dy.row(row), x.row(row), x.columns) * s * (1 - s)
        table.pointee.scale(dy.row(row), s, dx.row(row), x.columns)
      }
    }
    if let residual {
      workspace.passResidual(dy, to: residual)
    } else {
      workspace.tape.pool.giveBack(dy)
    }
  }
}

extension Workspace {
  /// `residual + sigmoid(logit) · input`, row by row, for a `logit` of `[T, 1]`. Without a tape the sum replaces the
  /// residual's values.
  public func sigmoidGated(_ input: Variable, by logit: Variable, residual: Variable? = nil) -> Variable {
    measured(.gate) { SigmoidGate.forward(input, logit: logit, residual: residual, in: self) }
  }
}

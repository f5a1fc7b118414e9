// The sum of a branch and the residual stream, where no product can take the residual along: after a norm of the
// branch.

import CApusKernels

/// y = x + residual; [T, D] → [T, D].
struct Sum {
  let input: Variable
  let residual: Variable
  let output: Variable

  static func forward(_ input: Variable, residual: Variable, in workspace: Workspace) -> Variable {
    let (x, r) = (input.value, residual.value)
    // Without a tape the residual stream stays in one place.
    let y = workspace.isRecording ? workspace.arena.allocate(rows: x.rows, columns: x.columns) : r
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: x.columns) { rows in
      let first = rows.lowerBound
      kernels.table.pointee.add(x.row(first), r.row(first), y.row(first), rows.count * x.columns)
    }
    guard workspace.isRecording else { return residual }
    let output = workspace.tape.variable(y)
    workspace.tape.append(.sum(Sum(input: input, residual: residual, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    if accumulate {
      let kernels = workspace.kernels
      workspace.forRows(dy.rows, width: dy.columns) { rows in
        let first = rows.lowerBound
        kernels.table.pointee.add(dx.row(first), dy.row(first), dx.row(first), rows.count * dy.columns)
      }
    } else {
      dx.pointer.update(from: dy.pointer, count: dy.count)
    }
    workspace.passResidual(dy, to: residual)
  }
}

extension Workspace {
  /// `input + residual`. Without a tape the sum replaces the residual's values.
  public func sum(_ input: Variable, residual: Variable) -> Variable {
    measured(.sum) { Sum.forward(input, residual: residual, in: self) }
  }
}

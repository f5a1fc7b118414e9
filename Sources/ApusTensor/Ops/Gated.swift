// The gate of gated feed-forward layers (Shazeer 2020): SwiGLU with silu, GeGLU with gelu.

import CApusKernels

/// y = f(gate) · up, where each input row holds gate then up; [T, 2F] → [T, F].
struct Gated {
  let function: ActivationFunction
  let input: Variable
  let output: Variable

  static func forward(_ input: Variable, _ function: ActivationFunction, in workspace: Workspace) -> Variable {
    let x = input.value
    let width = x.columns / 2
    let y = workspace.arena.allocate(rows: x.rows, columns: width)
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: 4 * x.columns) { rows in
      let gate = x.row(rows.lowerBound)
      kernels.table.pointee.gated(
        function.kernel, gate, gate + width, x.columns, y.row(rows.lowerBound), width, rows.count, width)
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(.gated(Gated(function: function, input: input, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let x = input.value
    let width = dy.columns
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    precondition(!accumulate, "the gate's input has one consumer")
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: 4 * x.columns) { rows in
      let gate = x.row(rows.lowerBound)
      let dGate = dx.row(rows.lowerBound)
      kernels.table.pointee.gated_backward(
        function.kernel, gate, gate + width, x.columns, dy.row(rows.lowerBound), width, dGate, dGate + width,
        rows.count, width)
    }
    workspace.tape.pool.giveBack(dy)
  }
}

extension Workspace {
  /// `function` of the first half of each row times its second half.
  public func gated(_ input: Variable, _ function: ActivationFunction) -> Variable {
    measured(.gate) { Gated.forward(input, function, in: self) }
  }
}

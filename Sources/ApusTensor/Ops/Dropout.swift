// Dropout (Srivastava et al. 2014). What is dropped is a function of seed, step, place and token (Philox), so nothing
// is stored: the backward pass draws the same numbers again, and the split of a step into micro-batches changes
// nothing.

import CApusKernels

/// y = dropout(x) (+ residual); [T, D] → [T, D].
struct Dropout {
  let settings: DropoutSettings
  let site: UInt32
  let input: Variable
  let residual: Variable?
  let output: Variable

  static func forward(
    _ input: Variable, residual: Variable?, settings: DropoutSettings, site: UInt32, in workspace: Workspace
  ) -> Variable {
    let y = workspace.arena.allocate(rows: input.value.rows, columns: input.value.columns)
    if let residual { y.pointer.update(from: residual.value.pointer, count: y.count) }
    apply(input.value, to: y, accumulate: residual != nil, settings, site, in: workspace)
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .dropout(Dropout(settings: settings, site: site, input: input, residual: residual, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    Self.apply(dy, to: dx, accumulate: accumulate, settings, site, in: workspace)
    if let residual {
      workspace.passResidual(dy, to: residual)
    } else {
      workspace.tape.pool.giveBack(dy)
    }
  }

  private static func apply(
    _ x: Tensor, to y: Tensor, accumulate: Bool, _ settings: DropoutSettings, _ site: UInt32, in workspace: Workspace
  ) {
    let firstToken = UInt32(truncatingIfNeeded: workspace.input.firstToken)
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: 4 * x.columns) { rows in
      kernels.table.pointee.dropout(
        x.row(rows.lowerBound), y.row(rows.lowerBound), accumulate, settings.rate, settings.seed, settings.step, site,
        firstToken &+ UInt32(truncatingIfNeeded: rows.lowerBound), rows.count, x.columns)
    }
  }
}

extension Workspace {
  /// `input` with the pass's dropout applied, plus `residual`; `site` tells the places of a model apart. Call it only
  /// where `dropout` is set.
  public func dropout(_ input: Variable, residual: Variable? = nil, site: UInt32) -> Variable {
    guard let dropout else { preconditionFailure("no dropout in this pass") }
    return measured(.dropout) {
      Dropout.forward(input, residual: residual, settings: dropout, site: site, in: self)
    }
  }

  /// Whether this pass drops values.
  public var hasDropout: Bool { dropout != nil }

  // A sum's gradient is its summand's: the memory goes on where nothing has been added there yet.
  func passResidual(_ dy: Tensor, to residual: Variable) {
    if tape.handOver(dy, to: residual) { return }
    let (dr, _) = tape.gradient(of: residual)
    let kernels = self.kernels
    forRows(dy.rows, width: dy.columns) { rows in
      let first = rows.lowerBound
      kernels.table.pointee.add(dr.row(first), dy.row(first), dr.row(first), rows.count * dy.columns)
    }
    tape.pool.giveBack(dy)
  }
}

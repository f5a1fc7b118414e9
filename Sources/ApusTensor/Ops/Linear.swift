// The linear layer with what belongs to it fused: bias, activation, residual. Weights are [N, D], as in most
// checkpoints. Each output sums over its features in order, each weight's gradient over the tokens in order: so neither
// threads nor the rest of the batch change a bit, and a step in micro-batches gives the gradient of the whole.

import CApusKernels

/// y = f(x Wᵀ + b) + residual; [T, D] → [T, N].
struct Linear {
  let weight: Parameter
  let bias: Parameter?
  let function: ActivationFunction
  let input: Variable
  let residual: Variable?
  let output: Variable
  // x Wᵀ + b, kept where the backward pass needs it for f'.
  let preactivation: Tensor?

  static func forward(
    _ input: Variable, weight: Parameter, bias: Parameter?, function: ActivationFunction, residual: Variable?,
    in workspace: Workspace
  ) -> Variable {
    let x = input.value
    let width = weight.rows
    let keepsPreactivation = workspace.isRecording && function != .none
    let preactivation = keepsPreactivation ? workspace.arena.allocate(rows: x.rows, columns: width) : nil
    let y = workspace.arena.allocate(rows: x.rows, columns: width)
    var product = MatrixProduct.Job(rows: x, times: width, into: y)
    product.function = function
    product.bias = bias?.value
    product.preactivation = preactivation
    product.residual = residual?.value
    workspace.products.multiply(product, byTransposeOf: weight)
    if let residual, !workspace.isRecording {
      // A residual stream stays in one place, so that all that a block computes can be taken back at its end.
      residual.value.pointer.update(from: y.pointer, count: y.count)
      return residual
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .linear(
        Linear(
          weight: weight, bias: bias, function: function, input: input, residual: residual, output: output,
          preactivation: preactivation)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let kernels = workspace.kernels
    if let preactivation {
      precondition(residual == nil, "an activated output has no residual")
      workspace.forRows(dy.rows, width: 8 * dy.columns) { rows in
        kernels.table.pointee.activation_backward(
          function.kernel, preactivation.row(rows.lowerBound), dy.row(rows.lowerBound), dy.row(rows.lowerBound), false,
          rows.count * dy.columns)
      }
    }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    workspace.products.multiply(dy, by: weight.value, into: dx, accumulate: accumulate)
    workspace.accumulateWeightGradient(weight, bias: bias, dy: dy, x: input.value)
    if let residual {
      workspace.passResidual(dy, to: residual)
    } else {
      workspace.tape.pool.giveBack(dy)
    }
  }
}

extension Workspace {
  /// `function(input Wᵀ + bias) + residual`, `[T, N]`. Without a tape the sum replaces the residual's values.
  public func linear(
    _ input: Variable, weight: Parameter, bias: Parameter? = nil, function: ActivationFunction = .none,
    residual: Variable? = nil
  ) -> Variable {
    measured(.linear) {
      Linear.forward(input, weight: weight, bias: bias, function: function, residual: residual, in: self)
    }
  }

  // dW += dyᵀ x and db += sums of dy, token after token.
  func accumulateWeightGradient(_ weight: Parameter, bias: Parameter?, dy: Tensor, x: Tensor) {
    let (dWeight, accumulate) = weight.gradientForAccumulation()
    products.multiply(transposed: dy, by: x, into: dWeight, accumulate: accumulate)
    guard let dBias = bias?.gradient else { return }
    let kernels = self.kernels
    forColumns(dy.columns, height: dy.rows) { columns in
      kernels.table.pointee.column_sums(
        dy.pointer, dy.columns, dBias.pointer, dy.rows, columns.lowerBound, columns.upperBound)
    }
  }
}

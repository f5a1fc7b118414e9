// Layer normalisation (Ba et al. 2016) and root-mean-square normalisation (Zhang and Sennrich 2019) over features.

import CApusKernels

/// Which statistics a norm divides by.
public enum NormKind: String, Sendable, Equatable {
  /// Mean and variance.
  case layer
  /// The root of the mean square.
  case rms
}

/// The learned part and the constants of a norm.
public struct NormWeights: Sendable {
  /// The statistics.
  public var kind: NormKind
  /// `[1, D]`.
  public var gain: Parameter
  /// `[1, D]`.
  public var bias: Parameter?
  /// Added to the gain: 1 in Gemma's norms, else 0.
  public var gainOffset: Float
  /// Added to the variance or mean square.
  public var epsilon: Float

  /// A norm of the given parts.
  public init(kind: NormKind, gain: Parameter, bias: Parameter?, gainOffset: Float = 0, epsilon: Float) {
    self.kind = kind
    self.gain = gain
    self.bias = bias
    self.gainOffset = gainOffset
    self.epsilon = epsilon
  }

  var kernelKind: apus_norm_kind { kind == .layer ? APUS_NORM_LAYER : APUS_NORM_RMS }
}

/// y = (x − mean) · rstd · (gain + offset) + bias, row by row; [T, D] → [T, D].
struct Norm {
  let weights: NormWeights
  let input: Variable
  let output: Variable
  // [1, T] each, kept for the backward pass.
  let mean: Tensor
  let rstd: Tensor

  static func forward(
    _ input: Variable, _ weights: NormWeights, replacing: Bool, in workspace: Workspace
  ) -> Variable {
    let x = input.value
    let staysInPlace = replacing && !workspace.isRecording
    let y = staysInPlace ? x : workspace.arena.allocate(rows: x.rows, columns: x.columns)
    let mean = workspace.arena.allocate(rows: 1, columns: x.rows)
    let rstd = workspace.arena.allocate(rows: 1, columns: x.rows)
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: x.columns) { rows in
      kernels.table.pointee.norm(
        weights.kernelKind, x.row(rows.lowerBound), weights.gain.value.pointer, weights.gainOffset,
        weights.bias?.value.pointer, weights.epsilon, y.row(rows.lowerBound), mean.pointer + rows.lowerBound,
        rstd.pointer + rows.lowerBound, rows.count, x.columns)
    }
    if staysInPlace { return input }
    let output = workspace.tape.variable(y)
    workspace.tape.append(.norm(Norm(weights: weights, input: input, output: output, mean: mean, rstd: rstd)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let x = input.value
    let dGain = weights.gain.gradient
    let dBias = weights.bias?.gradient
    let kernels = workspace.kernels
    workspace.forColumns(x.columns, height: x.rows) { columns in
      kernels.table.pointee.norm_backward_gain(
        weights.kernelKind, x.pointer, mean.pointer, rstd.pointer, dy.pointer, dGain.pointer, dBias?.pointer, x.rows,
        x.columns, columns.lowerBound, columns.upperBound)
    }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    workspace.forRows(x.rows, width: x.columns) { rows in
      let first = rows.lowerBound
      kernels.table.pointee.norm_backward_input(
        weights.kernelKind, x.row(first), weights.gain.value.pointer, weights.gainOffset, mean.pointer + first,
        rstd.pointer + first, dy.row(first), dx.row(first), accumulate, rows.count, x.columns)
    }
    workspace.tape.pool.giveBack(dy)
  }
}

extension Workspace {
  /// `input` normalised row by row; with `replacing`, and without a tape, in place of its values.
  public func norm(_ input: Variable, _ weights: NormWeights, replacing: Bool = false) -> Variable {
    measured(.norm) { Norm.forward(input, weights, replacing: replacing, in: self) }
  }
}

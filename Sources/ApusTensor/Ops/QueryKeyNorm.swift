// Root-mean-square norms of queries and keys before they rotate (Henry et al. 2020; Dehghani et al. 2023): of each
// head, as in Qwen 3 and Gemma 3, or of all heads together, as in OLMo 2. Values pass.

import CApusKernels

/// The norms of a fused row's queries and keys.
public struct QueryKeyNormWeights: Sendable {
  /// Gain `[1, head]`, or `[1, H head]`.
  public var query: NormWeights
  /// Gain `[1, head]`, or `[1, K head]`.
  public var key: NormWeights

  /// Norms whose gains' widths say whether each head has statistics of its own.
  public init(query: NormWeights, key: NormWeights) {
    self.query = query
    self.key = key
  }
}

/// [q | k | v] → [norm(q) | norm(k) | v]; [T, (H + 2K) head] → the same, in place without a tape.
struct QueryKeyNorm {
  let weights: QueryKeyNormWeights
  let shape: AttentionShape
  let input: Variable
  let output: Variable
  // [T, groups of the queries + groups of the keys], kept for the backward pass.
  let rstd: Tensor

  // One of the two parts of a row: where it begins, and its groups of equal statistics.
  private struct Part {
    let norm: NormWeights
    let column: Int
    let groups: Int
    let width: Int
    // Its first column of `rstd`.
    let statistic: Int

    func forward(_ x: Tensor, to y: Tensor, _ rstd: Tensor, row: Int, _ kernels: Kernels) {
      kernels.table.pointee.norm(
        norm.kernelKind, x.row(row) + column, norm.gain.value.pointer, norm.gainOffset, nil, norm.epsilon,
        y.row(row) + column, nil, rstd.row(row) + statistic, groups, width)
    }

    // In place of the gradient.
    func backward(_ x: Tensor, _ gradient: Tensor, _ rstd: Tensor, row: Int, _ kernels: Kernels) {
      let d = gradient.row(row) + column
      kernels.table.pointee.norm_backward_input(
        norm.kernelKind, x.row(row) + column, norm.gain.value.pointer, norm.gainOffset, nil, rstd.row(row) + statistic,
        d, d, false, groups, width)
    }
  }

  private static func parts(_ weights: QueryKeyNormWeights, _ shape: AttentionShape) -> (query: Part, key: Part) {
    let queries = shape.heads * shape.headWidth
    let (q, k) = (weights.query.gain.columns, weights.key.gain.columns)
    return (
      Part(norm: weights.query, column: 0, groups: queries / q, width: q, statistic: 0),
      Part(
        norm: weights.key, column: queries, groups: shape.keyValueHeads * shape.headWidth / k, width: k,
        statistic: queries / q)
    )
  }

  static func forward(
    _ input: Variable, _ weights: QueryKeyNormWeights, shape: AttentionShape, in workspace: Workspace
  ) -> Variable {
    let x = input.value
    let (query, key) = parts(weights, shape)
    let y = workspace.isRecording ? workspace.arena.allocate(rows: x.rows, columns: x.columns) : x
    let rstd = workspace.arena.allocate(rows: x.rows, columns: query.groups + key.groups)
    let valueColumn = (shape.heads + shape.keyValueHeads) * shape.headWidth
    let copies = workspace.isRecording
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: 2 * x.columns) { rows in
      for row in rows {
        query.forward(x, to: y, rstd, row: row, kernels)
        key.forward(x, to: y, rstd, row: row, kernels)
        if copies {
          (y.row(row) + valueColumn).update(from: x.row(row) + valueColumn, count: x.columns - valueColumn)
        }
      }
    }
    guard workspace.isRecording else { return input }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .queryKeyNorm(QueryKeyNorm(weights: weights, shape: shape, input: input, output: output, rstd: rstd)))
    return output
  }

  // The gradient turns in place into the input's: the gains' first, for they need it as it came.
  func backward(in workspace: Workspace) {
    guard let gradient = workspace.tape.takeGradient(of: output) else { return }
    let (query, key) = Self.parts(weights, shape)
    addGainGradient(query, gradient, in: workspace)
    addGainGradient(key, gradient, in: workspace)
    let x = input.value
    let kernels = workspace.kernels
    workspace.forRows(x.rows, width: 2 * x.columns) { rows in
      for row in rows {
        query.backward(x, gradient, rstd, row: row, kernels)
        key.backward(x, gradient, rstd, row: row, kernels)
      }
    }
    let isFirst = workspace.tape.handOver(gradient, to: input)
    precondition(isFirst, "the fused queries, keys and values have one consumer")
  }

  // Row after row, so that the bits depend on no split.
  private func addGainGradient(_ part: Part, _ dy: Tensor, in workspace: Workspace) {
    let x = input.value
    let dGain = part.norm.gain.gradient
    let kernels = workspace.kernels
    workspace.forColumns(part.width, height: x.rows * part.groups) { columns in
      for row in 0..<x.rows {
        kernels.table.pointee.norm_backward_gain(
          part.norm.kernelKind, x.row(row) + part.column, nil, rstd.row(row) + part.statistic,
          dy.row(row) + part.column, dGain.pointer, nil, part.groups, part.width, columns.lowerBound,
          columns.upperBound)
      }
    }
  }
}

extension Workspace {
  /// The fused queries, keys and values with queries and keys normalised. Without a tape in place.
  public func queryKeyNorm(_ input: Variable, _ weights: QueryKeyNormWeights, shape: AttentionShape) -> Variable {
    precondition(weights.query.kind == .rms && weights.key.kind == .rms, "queries and keys have root-mean-square norms")
    return measured(.norm) { QueryKeyNorm.forward(input, weights, shape: shape, in: self) }
  }
}

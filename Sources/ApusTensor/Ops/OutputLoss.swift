// Cross-entropy and the projection to the vocabulary as one operation, over blocks of tokens: a block's logits become
// their own gradient in place and are multiplied at once, so that tokens × vocabulary is never held whole and nothing is
// computed twice.

import CApusKernels
import Foundation

/// loss[t] = −log softmax(x Wᵀ)[target t]; [T, D] and [V, D] → [T].
struct OutputLoss {
  // Floats of logits held at a time.
  private static let budget = 4 << 20
  // Logits of one row between two updates of its running maximum and sum.
  private static let vocabularyChunk = 4096

  let weight: Parameter
  let input: Variable

  /// The losses without a gradient: losses[t], 0 where the target is ignored.
  func evaluate(in workspace: Workspace) -> [Float] {
    var losses = [Float](repeating: 0, count: input.value.rows)
    forBlocks(in: workspace) { rows, logits, state in
      computeLogits(rows, logits, in: workspace)
      reduce(logits, rows, state, in: workspace)
      for row in 0..<rows.count where workspace.input.targets[rows.lowerBound + row] >= 0 {
        losses[rows.lowerBound + row] = Float(state.loss(row))
      }
    }
    return losses
  }

  /// Adds the losses to `earlier`, in token order; leaves the gradients of `scale` times them in the input and the weight.
  func forwardBackward(scale: Float, addingTo earlier: Double = 0, in workspace: Workspace) -> Double {
    var sum = earlier
    let x = input.value
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    forBlocks(in: workspace) { rows, logits, state in
      computeLogits(rows, logits, in: workspace)
      reduce(logits, rows, state, gradientScale: scale, in: workspace)
      for row in 0..<rows.count where workspace.input.targets[rows.lowerBound + row] >= 0 { sum += state.loss(row) }
      workspace.products.multiply(logits, by: weight.value, into: dx.rows(rows), accumulate: accumulate)
      workspace.accumulateWeightGradient(weight, bias: nil, dy: logits, x: x.rows(rows))
    }
    return sum
  }

  // What the softmax of each row needs: maximum, sum of exponentials, the target's logit.
  private struct State {
    let values: Tensor
    func loss(_ row: Int) -> Double { Double(maximum[row]) - Double(target[row]) + log(Double(sum[row])) }
    var maximum: UnsafeMutablePointer<Float> { values.row(0) }
    var sum: UnsafeMutablePointer<Float> { values.row(1) }
    var target: UnsafeMutablePointer<Float> { values.row(2) }
  }

  private func forBlocks(in workspace: Workspace, _ body: (Range<Int>, Tensor, State) -> Void) {
    let vocabulary = weight.value.rows
    let rows = input.value.rows
    let block = min(rows, max(16, Self.budget / vocabulary / 16 * 16))
    let mark = workspace.arena.mark
    let logits = workspace.arena.allocate(rows: block, columns: vocabulary)
    let state = State(values: workspace.arena.allocate(rows: 3, columns: block))
    for first in stride(from: 0, to: rows, by: block) {
      let range = first..<min(first + block, rows)
      body(range, logits.rows(0..<range.count), state)
    }
    workspace.arena.release(to: mark)
  }

  private func computeLogits(_ rows: Range<Int>, _ logits: Tensor, in workspace: Workspace) {
    let job = MatrixProduct.Job(rows: input.value.rows(rows), times: logits.columns, into: logits)
    workspace.products.multiply(job, byTransposeOf: weight)
  }

  // Fills the state from the logits and, given a scale, turns the logits into the gradient.
  private func reduce(
    _ logits: Tensor, _ tokens: Range<Int>, _ state: State, gradientScale: Float? = nil, in workspace: Workspace
  ) {
    let kernels = workspace.kernels
    let targets = workspace.input.targets + tokens.lowerBound
    let vocabulary = logits.columns
    workspace.forRows(logits.rows, width: 8 * vocabulary) { rows in
      // Row by row, so that a row is still in the cache when its gradient is formed.
      for row in rows {
        state.maximum[row] = -.infinity
        state.sum[row] = 0
        state.target[row] = 0
        for first in stride(from: 0, to: vocabulary, by: Self.vocabularyChunk) {
          kernels.table.pointee.cross_entropy_update(
            logits.row(row) + first, vocabulary, 1, min(Self.vocabularyChunk, vocabulary - first), first,
            targets + row, state.maximum + row, state.sum + row, state.target + row)
        }
        if let gradientScale {
          kernels.table.pointee.cross_entropy_backward(
            logits.row(row), vocabulary, 1, vocabulary, 0, targets + row, state.maximum + row, state.sum + row,
            gradientScale)
        }
      }
    }
  }
}

extension Workspace {
  /// The loss of each row of the batch under the projection `weight` `[V, D]`; 0 where the target is ignored.
  public func tokenLosses(_ hidden: Variable, weight: Parameter) -> [Float] {
    OutputLoss(weight: weight, input: hidden).evaluate(in: self)
  }

  /// The rows' losses added to `earlier`; runs the whole tape backwards and accumulates the gradients of `scale` times them.
  public func backwardFromLoss(
    _ hidden: Variable, weight: Parameter, scale: Float, addingTo earlier: Double = 0
  ) -> Double {
    let sum = OutputLoss(weight: weight, input: hidden).forwardBackward(scale: scale, addingTo: earlier, in: self)
    tape.backward(in: self)
    return sum
  }
}

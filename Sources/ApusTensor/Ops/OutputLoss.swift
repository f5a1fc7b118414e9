// Cross-entropy and the projection to the vocabulary as one operation, over blocks of tokens: a block's logits become
// their own gradient in place and are multiplied at once, so that tokens × vocabulary is never held whole and nothing
// is computed twice.

import ApusCore
import CApusKernels

/// The projection of hidden states to the vocabulary.
public struct OutputProjection: Sendable {
  /// `[V, D]`.
  public var weight: Parameter
  /// `[1, V]`.
  public var bias: Parameter?
  /// Logits become `cap tanh(logit / cap)`, as in Gemma 2; 0: they stay.
  public var softCap: Float

  /// A projection of the given parts.
  public init(weight: Parameter, bias: Parameter? = nil, softCap: Float = 0) {
    self.weight = weight
    self.bias = bias
    self.softCap = softCap
  }
}

/// loss[t] = −log softmax(cap(x Wᵀ + b))[target t]; [T, D] and [V, D] → [T].
struct OutputLoss {
  // Floats of logits held at a time.
  private static let budget = 4 << 20
  // Logits of one row between two updates of its running maximum and sum.
  private static let vocabularyChunk = 4096

  let projection: OutputProjection
  let input: Variable

  private var weight: Parameter { projection.weight }

  /// The losses without a gradient: losses[t], 0 where the target is ignored; and how many targets had the greatest
  /// logit.
  func evaluate(in workspace: Workspace) -> (losses: [Float], hits: Int) {
    var hits = 0
    var losses = [Float](repeating: 0, count: input.value.rows)
    forBlocks(in: workspace) { rows, logits, state in
      computeLogits(rows, logits, in: workspace)
      reduce(logits, rows, state, in: workspace)
      for row in 0..<rows.count where workspace.input.targets[rows.lowerBound + row] >= 0 {
        losses[rows.lowerBound + row] = Float(state.loss(row))
        if state.target[row] == state.maximum[row] { hits += 1 }
      }
    }
    return (losses, hits)
  }

  /// Adds the losses to `earlier`, in token order; leaves the gradients of `scale` times them in the input and the
  /// weight.
  func forwardBackward(scale: Float, addingTo earlier: Double = 0, in workspace: Workspace) -> Double {
    var sum = earlier
    let x = input.value
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    forBlocks(in: workspace) { rows, logits, state in
      computeLogits(rows, logits, in: workspace)
      reduce(logits, rows, state, gradientScale: scale, in: workspace)
      for row in 0..<rows.count where workspace.input.targets[rows.lowerBound + row] >= 0 { sum += state.loss(row) }
      workspace.products.multiply(logits, by: weight.value, into: dx.rows(rows), accumulate: accumulate)
      workspace.accumulateWeightGradient(weight, bias: projection.bias, dy: logits, x: x.rows(rows))
    }
    return sum
  }

  // What the softmax of each row needs: maximum, sum of exponentials, the target's logit.
  private struct State {
    let values: Tensor
    func loss(_ row: Int) -> Double { Double(maximum[row]) - Double(target[row]) + Double.log(Double(sum[row])) }
    var maximum: UnsafeMutablePointer<Float> { values.row(0) }
    var sum: UnsafeMutablePointer<Float> { values.row(1) }
    var target: UnsafeMutablePointer<Float> { values.row(2) }
  }

  private func forBlocks(in workspace: Workspace, _ body: (Range<Int>, Tensor, State) -> Void) {
    let vocabulary = weight.rows
    let rows = input.value.rows
    let block = min(rows, max(16, Self.budget / vocabulary / 16 * 16))
    let mark = workspace.arena.mark
    let logits = workspace.arena.allocate(rows: block, columns: vocabulary)
    let state = State(values: workspace.arena.allocate(rows: 3, columns: block))
    for first in stride(from: 0, to: rows, by: block) where workspace.goesOn() {
      let range = first..<min(first + block, rows)
      body(range, logits.rows(0..<range.count), state)
    }
    workspace.arena.release(to: mark)
  }

  private func computeLogits(_ rows: Range<Int>, _ logits: Tensor, in workspace: Workspace) {
    var job = MatrixProduct.Job(rows: input.value.rows(rows), times: logits.columns, into: logits)
    job.bias = projection.bias?.value
    workspace.products.multiply(job, byTransposeOf: weight)
  }

  // Caps the logits, fills the state from them and, given a scale, turns them into the gradient: row by row, so that a
  // row is still in the cache when its gradient is formed.
  private func reduce(
    _ logits: Tensor, _ tokens: Range<Int>, _ state: State, gradientScale: Float? = nil, in workspace: Workspace
  ) {
    let cap = SoftCap(projection.softCap)
    let kernels = workspace.kernels
    let targets = workspace.input.targets + tokens.lowerBound
    let vocabulary = logits.columns
    let keepsCapped = cap != nil && gradientScale != nil
    let capped = keepsCapped ? workspace.scratch.forThreads(workspace.pool.threads, columns: vocabulary) : nil
    workspace.forRows(logits.rows, width: 8 * vocabulary) { rows, worker in
      for row in rows {
        let values = logits.row(row)
        cap?.apply(values, count: vocabulary, kernels)
        capped?.row(worker).update(from: values, count: vocabulary)
        updateState(state, row, values, vocabulary, targets, kernels)
        guard let gradientScale else { continue }
        kernels.table.pointee.cross_entropy_backward(
          values, vocabulary, 1, vocabulary, 0, targets + row, state.maximum + row, state.sum + row, gradientScale)
        if let cap, let capped { cap.backward(capped.row(worker), gradient: values, count: vocabulary) }
      }
    }
  }

  private func updateState(
    _ state: State, _ row: Int, _ logits: UnsafeMutablePointer<Float>, _ vocabulary: Int,
    _ targets: UnsafeMutablePointer<Int32>, _ kernels: Kernels
  ) {
    state.maximum[row] = -.infinity
    state.sum[row] = 0
    state.target[row] = 0
    for first in stride(from: 0, to: vocabulary, by: Self.vocabularyChunk) {
      kernels.table.pointee.cross_entropy_update(
        logits + first, vocabulary, 1, min(Self.vocabularyChunk, vocabulary - first), first, targets + row,
        state.maximum + row, state.sum + row, state.target + row)
    }
  }
}

extension Workspace {
  /// The logits of `hidden`'s rows, `[T, V]`; without a tape only.
  public func logits(_ hidden: Variable, _ projection: OutputProjection) -> Tensor {
    let logits = linear(hidden, weight: projection.weight, bias: projection.bias).value
    if let cap = SoftCap(projection.softCap) {
      forRows(logits.rows, width: 8 * logits.columns) { rows in
        cap.apply(logits.row(rows.lowerBound), count: rows.count * logits.columns, kernels)
      }
    }
    return logits
  }

  /// The loss of each row of the batch, 0 where the target is ignored; and how many targets had the greatest logit.
  public func tokenLosses(_ hidden: Variable, _ projection: OutputProjection) -> (losses: [Float], hits: Int) {
    measured(.output) { OutputLoss(projection: projection, input: hidden).evaluate(in: self) }
  }

  /// The rows' losses added to `earlier`; runs the whole tape backwards and accumulates the gradients of `scale` times
  /// them.
  public func backwardFromLoss(
    _ hidden: Variable, _ projection: OutputProjection, scale: Float, addingTo earlier: Double = 0
  ) -> Double {
    let loss = OutputLoss(projection: projection, input: hidden)
    let sum = measured(.output) { loss.forwardBackward(scale: scale, addingTo: earlier, in: self) }
    tape.backward(in: self)
    return sum
  }
}

// Cross-entropy and the projection to the vocabulary as one operation, over blocks of tokens: a block's logits become
// their own gradient in place and are multiplied at once, so that no more than a block of them is held and nothing is
// computed twice.

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
  // Logits of one row between two updates of its running maximum and sum.
  private static let vocabularyChunk = 4096

  /// Logits held at a time, unless the vocabulary makes 16 rows more: the larger, the less often the weight is read.
  var logitsAtOnce = 16 << 20

  let projection: OutputProjection
  let input: Variable

  private var weight: Parameter { projection.weight }

  /// The losses without a gradient: losses[t], 0 where the target is ignored; and how many targets had the greatest
  /// logit.
  func evaluate(in workspace: Workspace) -> (losses: [Float], hits: Int) {
    var hits = 0
    var losses = [Float](repeating: 0, count: input.value.rows)
    let scored = ScoredTokens(of: workspace, rows: input.value.rows)
    forBlocks(of: scored, in: workspace) { block in
      computeLogits(block, in: workspace)
      reduce(block, in: workspace)
      for row in 0..<block.tokens.count {
        losses[scored.row(block.tokens.lowerBound + row)] = Float(block.loss(row))
        if block.target[row] == block.maximum[row] { hits += 1 }
      }
    }
    return (losses, hits)
  }

  /// Adds the losses to `earlier`, in token order; leaves the gradients of `scale` times them in the input and the
  /// weight.
  func forwardBackward(scale: Float, addingTo earlier: Double = 0, in workspace: Workspace) -> Double {
    var sum = earlier
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    let scored = ScoredTokens(of: workspace, rows: input.value.rows)
    if !scored.areAll && !accumulate { dx.fill(0) }
    forBlocks(of: scored, in: workspace) { block in
      computeLogits(block, in: workspace)
      reduce(block, gradientScale: scale, in: workspace)
      for row in 0..<block.tokens.count { sum += block.loss(row) }
      workspace.accumulateWeightGradient(weight, bias: projection.bias, dy: block.logits, x: block.x)
      if scored.areAll {
        workspace.products.multiply(block.logits, by: weight.value, into: dx.rows(block.tokens), accumulate: accumulate)
      } else {
        // The weight's gradient has used the gathered rows: their memory takes the input's.
        workspace.products.multiply(block.logits, by: weight.value, into: block.x, accumulate: false)
        scored.scatter(block.tokens, from: block.x, to: dx, in: workspace)
      }
    }
    return sum
  }

  // Some of the scored tokens: hidden states, logits, and what the softmax of each row needs.
  private struct Block {
    let tokens: Range<Int>
    let x: Tensor
    let logits: Tensor
    let targets: UnsafeMutablePointer<Int32>
    let state: Tensor

    func loss(_ row: Int) -> Double { Double(maximum[row]) - Double(target[row]) + Double.log(Double(sum[row])) }
    var maximum: UnsafeMutablePointer<Float> { state.row(0) }
    /// The sums of exponentials.
    var sum: UnsafeMutablePointer<Float> { state.row(1) }
    /// The targets' logits.
    var target: UnsafeMutablePointer<Float> { state.row(2) }
  }

  private func forBlocks(of scored: ScoredTokens, in workspace: Workspace, _ body: (Block) -> Void) {
    let arena = workspace.arena
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let size = min(scored.count, max(16, logitsAtOnce / weight.rows / 16 * 16))
    let logits = arena.allocate(rows: size, columns: weight.rows)
    let state = arena.allocate(rows: 3, columns: size)
    let gathered = arena.allocate(rows: scored.areAll ? 0 : size, columns: input.value.columns)
    for first in stride(from: 0, to: scored.count, by: max(1, size)) where workspace.goesOn() {
      let tokens = first..<min(first + size, scored.count)
      let x = scored.gather(tokens, of: input.value, into: gathered, in: workspace)
      let block = Block(
        tokens: tokens, x: x, logits: logits.rows(0..<tokens.count), targets: scored.targets + first, state: state)
      body(block)
    }
  }

  private func computeLogits(_ block: Block, in workspace: Workspace) {
    var job = MatrixProduct.Job(rows: block.x, times: weight.rows, into: block.logits)
    job.bias = projection.bias?.value
    workspace.products.multiply(job, byTransposeOf: weight)
  }

  // Caps the logits, fills the state from them and, given a scale, turns them into the gradient: row by row, so that a
  // row is still in the cache when its gradient is formed.
  private func reduce(_ block: Block, gradientScale: Float? = nil, in workspace: Workspace) {
    let cap = SoftCap(projection.softCap)
    let kernels = workspace.kernels
    let (logits, vocabulary) = (block.logits, block.logits.columns)
    let keepsCapped = cap != nil && gradientScale != nil
    let capped = keepsCapped ? workspace.scratch.forThreads(workspace.pool.threads, columns: vocabulary) : nil
    workspace.forRows(logits.rows, width: 8 * vocabulary) { rows, worker in
      for row in rows {
        let values = logits.row(row)
        cap?.apply(values, count: vocabulary, kernels)
        capped?.row(worker).update(from: values, count: vocabulary)
        updateState(block, row, kernels)
        guard let gradientScale else { continue }
        kernels.table.pointee.cross_entropy_backward(
          values, vocabulary, 1, vocabulary, 0, block.targets + row, block.maximum + row, block.sum + row,
          gradientScale)
        if let cap, let capped { cap.backward(capped.row(worker), gradient: values, count: vocabulary) }
      }
    }
  }

  private func updateState(_ block: Block, _ row: Int, _ kernels: Kernels) {
    block.maximum[row] = -.infinity
    block.sum[row] = 0
    block.target[row] = 0
    let vocabulary = block.logits.columns
    for first in stride(from: 0, to: vocabulary, by: Self.vocabularyChunk) {
      kernels.table.pointee.cross_entropy_update(
        block.logits.row(row) + first, vocabulary, 1, min(Self.vocabularyChunk, vocabulary - first), first,
        block.targets + row, block.maximum + row, block.sum + row, block.target + row)
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

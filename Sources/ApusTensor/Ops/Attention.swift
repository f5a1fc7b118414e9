// Scaled dot-product attention (Vaswani et al. 2017) over the segments of a packed batch, without a tokens × tokens
// matrix: tiles of keys are merged by the online softmax, probabilities are recomputed backward (Dao et al. 2022).
// Key-value heads may serve several query heads (Ainslie et al. 2023).
//
// Work is split by segment, head and chunk of queries; each query's result is a function of its own sequence alone.

import CApusKernels

/// Heads and masks of an attention layer.
public struct AttentionShape: Sendable, Equatable {
  /// Query heads, H.
  public var heads: Int
  /// Key-value heads, K; divides H.
  public var keyValueHeads: Int
  /// Features of a head.
  public var headWidth: Int
  /// Scores are multiplied by it.
  public var scale: Float
  /// Whether a token sees only those before it and itself.
  public var causal: Bool
  /// Keys further back than this are not seen; 0: all are.
  public var window: Int
  /// Scores become `cap tanh(score / cap)`; 0: they stay.
  public var softCap: Float

  /// The shape of a causal layer, scores scaled by the root of the head's width.
  public init(heads: Int, keyValueHeads: Int, headWidth: Int) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    scale = Float(1 / Double(headWidth).squareRoot())
    causal = true
    window = 0
    softCap = 0
  }

  /// Columns of the fused queries, keys and values.
  public var fusedWidth: Int { (heads + 2 * keyValueHeads) * headWidth }

  var group: Int { heads / keyValueHeads }
}

/// y = attention(q, k, v) for rows [q | k | v]; [T, (H + 2K) head] → [T, H head].
struct Attention {
  let shape: AttentionShape
  let site: UInt32
  let input: Variable
  let output: Variable
  // [H, T], kept for the backward pass.
  let logSumExp: Tensor?

  static func forward(
    _ input: Variable, shape: AttentionShape, layer: Int, site: UInt32, in workspace: Workspace
  ) -> Variable {
    let x = input.value
    let y = workspace.arena.allocate(rows: x.rows, columns: shape.heads * shape.headWidth)
    let logSumExp = workspace.isRecording ? workspace.arena.allocate(rows: shape.heads, columns: x.rows) : nil
    if !workspace.caches.isEmpty { writeCaches(x, shape: shape, layer: layer, in: workspace) }
    let call = AttentionCall(
      shape: shape, layer: layer, site: site, input: x, output: y, logSumExp: logSumExp, workspace: workspace)
    call.run(in: workspace)
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .attention(Attention(shape: shape, site: site, input: input, output: output, logSumExp: logSumExp)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    precondition(!accumulate, "the fused queries, keys and values have one consumer")
    let call = AttentionCall(
      shape: shape, layer: 0, site: site, input: input.value, output: output.value, logSumExp: logSumExp,
      workspace: workspace)
    call.runBackward(dy: dy, dx: dx, in: workspace)
    workspace.tape.pool.giveBack(dy)
  }

  // Copies the new rotated keys and values to the caches' pages, one key-value head a task.
  private static func writeCaches(_ x: Tensor, shape: AttentionShape, layer: Int, in workspace: Workspace) {
    let input = workspace.input
    for (segment, cache) in zip(input.segments, workspace.caches) {
      precondition(cache.count == segment.position, "a cache of \(cache.count) before position \(segment.position)")
      cache.reserve(segment.position + segment.count)
    }
    let keyColumn = shape.heads * shape.headWidth
    let valueColumn = keyColumn + shape.keyValueHeads * shape.headWidth
    let kernels = workspace.kernels
    let caches = UncheckedSendable(workspace.caches)
    workspace.forTasks(shape.keyValueHeads, cost: 4 * x.rows * shape.keyValueHeads * shape.headWidth) { head, _ in
      for (segment, cache) in zip(input.segments, caches.value) {
        let keyBlocks = cache.keyBlocks(layer: layer, head: head)
        let valueBlocks = cache.valueBlocks(layer: layer, head: head)
        for index in 0..<segment.count {
          let row = x.row(segment.start + index)
          let (page, slot) = (segment.position + index).quotientAndRemainder(dividingBy: KeyValueCache.pagePositions)
          kernels.table.pointee.cache_write(
            row + keyColumn + head * shape.headWidth, row + valueColumn + head * shape.headWidth, shape.headWidth, slot,
            UnsafeMutablePointer(mutating: keyBlocks[page]), UnsafeMutablePointer(mutating: valueBlocks[page]))
        }
      }
    }
  }
}

extension Workspace {
  /// Attention over the segments for fused rows `[q | k | v]`; `layer` is the caches' layer, `site` the dropout's.
  public func attention(_ input: Variable, shape: AttentionShape, layer: Int, site: UInt32) -> Variable {
    measured(.attention) { Attention.forward(input, shape: shape, layer: layer, site: site, in: self) }
  }
}

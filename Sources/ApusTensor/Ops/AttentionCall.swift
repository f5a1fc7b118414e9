// One pass of attention over all segments and heads: cuts it into tasks for the threads and describes each to the
// kernel.

import ApusCore
import CApusKernels

/// The constants of one pass, from which any head of any segment can be described to the kernel.
struct AttentionCall: @unchecked Sendable {
  // Queries of one task where the sequences are too few to occupy the threads.
  private static let chunk = 64

  let shape: AttentionShape
  let layer: Int
  let site: UInt32
  let input: Tensor
  let output: Tensor
  let logSumExp: Tensor?
  let dropout: DropoutSettings?
  let firstToken: Int
  let segments: [Segment]
  let caches: [KeyValueCache]
  let kernels: Kernels

  init(
    shape: AttentionShape, layer: Int, site: UInt32, input: Tensor, output: Tensor, logSumExp: Tensor?,
    workspace: Workspace
  ) {
    self.shape = shape
    self.layer = layer
    self.site = site
    self.input = input
    self.output = output
    self.logSumExp = logSumExp
    dropout = workspace.dropout
    firstToken = workspace.input.firstToken
    segments = workspace.input.segments
    caches = workspace.caches
    kernels = workspace.kernels
  }

  func run(in workspace: Workspace) {
    let longest = segments.max { $0.count < $1.count }?.count ?? 0
    // The longest segment and the most keys ask for the most scratch.
    var largest = 0
    for index in segments.indices {
      var task = description(segment: index, head: 0, queries: 0..<segments[index].count)
      largest = max(largest, kernels.table.pointee.attention_scratch(&task))
    }
    let scratch = workspace.scratch.forThreads(workspace.pool.threads, columns: largest)
    let enough = segments.count * shape.heads >= 4 * workspace.pool.threads
    let chunk = enough ? longest : Self.chunk
    let chunks = (longest + chunk - 1) / chunk
    workspace.forTasks(segments.count * shape.heads * chunks, cost: cost) { task, worker in
      let (pair, part) = task.quotientAndRemainder(dividingBy: chunks)
      let (segment, head) = pair.quotientAndRemainder(dividingBy: shape.heads)
      let first = part * chunk
      let end = min(first + chunk, segments[segment].count)
      guard first < end else { return }
      var description = description(segment: segment, head: head, queries: first..<end)
      kernels.table.pointee.attention(&description, scratch.row(worker))
    }
  }

  func runBackward(dy: Tensor, dx: Tensor, in workspace: Workspace) {
    var largest = 0
    for index in segments.indices {
      var task = description(segment: index, head: 0, queries: 0..<segments[index].count)
      largest = max(largest, kernels.table.pointee.attention_backward_scratch(&task))
    }
    let scratch = workspace.scratch.forThreads(workspace.pool.threads, columns: largest)
    // A key-value head's gradients sum over its query heads, in order: one task.
    workspace.forTasks(segments.count * shape.keyValueHeads, cost: 3 * cost) { task, worker in
      let (segment, keyValueHead) = task.quotientAndRemainder(dividingBy: shape.keyValueHeads)
      clear(dx, segment: segments[segment], keyValueHead: keyValueHead)
      for head in keyValueHead * shape.group..<(keyValueHead + 1) * shape.group {
        var description = description(segment: segment, head: head, queries: 0..<segments[segment].count)
        var gradient = gradient(dy: dy, dx: dx, segment: segments[segment], head: head)
        kernels.table.pointee.attention_backward(&description, &gradient, scratch.row(worker))
      }
    }
  }

  // Multiply-adds, about.
  private var cost: Int {
    segments.reduce(0) { $0 + $1.count * (2 * $1.position + $1.count) } * shape.heads * shape.headWidth
  }

  private var keyColumn: Int { shape.heads * shape.headWidth }
  private var valueColumn: Int { (shape.heads + shape.keyValueHeads) * shape.headWidth }

  // Some queries, counted from the segment's first row, of one head of one segment.
  private func description(segment index: Int, head: Int, queries: Range<Int>) -> apus_attention {
    let segment = segments[index]
    let keyValueHead = head / shape.group
    let firstRow = segment.start + queries.lowerBound
    let row = input.row(segment.start)
    let cache = caches.isEmpty ? nil : caches[index]
    // Without a cache keys are counted from the segment's first row, with one from the sequence's first token.
    let position = (cache == nil ? 0 : segment.position) + queries.lowerBound
    let keys = (cache == nil ? 0 : segment.position) + (shape.causal ? queries.upperBound : segment.count)
    return apus_attention(
      query: UnsafePointer(input.row(firstRow) + head * shape.headWidth), query_row: input.columns,
      query_count: queries.count, query_position: position,
      key: cache == nil ? UnsafePointer(row + keyColumn + keyValueHead * shape.headWidth) : nil,
      value: cache == nil ? UnsafePointer(row + valueColumn + keyValueHead * shape.headWidth) : nil,
      key_row: input.columns, value_row: input.columns,
      key_blocks: cache.map { UnsafePointer($0.keyBlocks(layer: layer, head: keyValueHead)) },
      value_blocks: cache.map { UnsafePointer($0.valueBlocks(layer: layer, head: keyValueHead)) },
      key_count: keys, head_dim: shape.headWidth, scale: shape.scale, soft_cap: shape.softCap, causal: shape.causal,
      window: shape.window, dropout_rate: dropout?.rate ?? 0, dropout_seed: dropout?.seed ?? 0,
      dropout_step: dropout?.step ?? 0, dropout_site: site,
      dropout_stream: UInt32(truncatingIfNeeded: (firstToken + firstRow) * shape.heads + head),
      dropout_stream_stride: UInt32(truncatingIfNeeded: shape.heads),
      output: output.row(firstRow) + head * shape.headWidth, output_row: output.columns,
      log_sum_exp: logSumExp.map { $0.row(head) + firstRow })
  }

  private func gradient(dy: Tensor, dx: Tensor, segment: Segment, head: Int) -> apus_attention_gradient {
    let row = dx.row(segment.start)
    let keyValueHead = head / shape.group
    return apus_attention_gradient(
      output_gradient: UnsafePointer(dy.row(segment.start) + head * shape.headWidth), output_gradient_row: dy.columns,
      query_gradient: row + head * shape.headWidth,
      key_gradient: row + keyColumn + keyValueHead * shape.headWidth,
      value_gradient: row + valueColumn + keyValueHead * shape.headWidth, query_gradient_row: dx.columns,
      key_gradient_row: dx.columns, value_gradient_row: dx.columns)
  }

  // The kernel adds: zeros for the queries of the group, the key and the value.
  private func clear(_ dx: Tensor, segment: Segment, keyValueHead: Int) {
    for row in segment.start..<segment.start + segment.count {
      let start = dx.row(row)
      (start + keyValueHead * shape.group * shape.headWidth).update(repeating: 0, count: shape.group * shape.headWidth)
      (start + keyColumn + keyValueHead * shape.headWidth).update(repeating: 0, count: shape.headWidth)
      (start + valueColumn + keyValueHead * shape.headWidth).update(repeating: 0, count: shape.headWidth)
    }
  }
}

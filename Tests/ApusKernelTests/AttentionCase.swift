// One head of attention over one sequence, as the tests describe it: options, inputs, the double-precision reference,
// and calls of the kernels on rows or on cache blocks.

import CApusKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct AttentionCase {
  var queries = 5
  var position = 0
  var keys = 5
  var head = 8
  var causal = true
  var window = 0
  var softCap: Float = 0
  var dropout: Float = 0
  let scale: Float = 0.7

  /// Query, key and value lie side by side in rows of this many floats.
  var stride: Int { 3 * head + 1 }
}

/// What a forward pass writes.
struct AttentionResult {
  var output: [Float]
  var logSumExp: [Float]
}

extension AttentionCase {
  func sees(_ query: Int, _ key: Int) -> Bool {
    let p = position + query
    if causal && key > p { return false }
    return window == 0 || (key > p - window && (causal || key < p + window))
  }

  private func factor(_ query: Int, _ key: Int) -> Double {
    guard dropout > 0 else { return 1 }
    let keeps = referenceKeeps(
      rate: dropout, seed: 99, index: key, stream: 7 + UInt32(query) * 3, site: 2, step: 11)
    return keeps ? 1 / (1 - Double(dropout)) : 0
  }

  /// Output rows and log-sum-exps from rows of query, key and value, without tiles.
  func reference(_ rows: [Double]) -> (output: [Double], logSumExp: [Double]) {
    var (output, logSumExp) = ([Double](), [Double]())
    for i in 0..<queries {
      let visible = (0..<keys).filter { sees(i, $0) }
      let scores = visible.map { j -> Double in
        var s = 0.0
        for f in 0..<head { s += rows[(position + i) * stride + f] * rows[j * stride + head + f] }
        s *= Double(scale)
        return softCap > 0 ? Double(softCap) * tanh(s / Double(softCap)) : s
      }
      let top = scores.max() ?? 0
      let sum = scores.reduce(0) { $0 + exp($1 - top) }
      logSumExp.append(top + log(sum))
      for f in 0..<head {
        output.append(
          zip(visible, scores).reduce(0) { total, item in
            let (j, s) = item
            return total + exp(s - top) / sum * factor(i, j) * rows[j * stride + 2 * head + f]
          })
      }
    }
    return (output, logSumExp)
  }

  /// The arguments over rows; `rows` holds all positions.
  func arguments(_ rows: FloatBuffer, _ output: FloatBuffer, _ logSumExp: FloatBuffer) -> apus_attention {
    apus_attention(
      query: rows.pointer + position * stride, query_row: stride, query_count: queries, query_position: position,
      key: rows.pointer + head, value: rows.pointer + 2 * head, key_row: stride, value_row: stride, key_blocks: nil,
      value_blocks: nil, key_count: keys, head_dim: head, scale: scale, soft_cap: softCap, causal: causal,
      window: window, dropout_rate: dropout, dropout_seed: 99, dropout_step: 11, dropout_site: 2, dropout_stream: 7,
      dropout_stream_stride: 3, output: output.pointer, output_row: head, log_sum_exp: logSumExp.pointer)
  }

  func run(_ kernels: apus_kernels, rows: [Float]) -> AttentionResult {
    run(kernels, FloatBuffer(rows)) { _ in }
  }

  /// Over cache blocks, written slot by slot; slots beyond the keys hold NaN.
  func runOnBlocks(_ kernels: apus_kernels, rows: [Float]) -> AttentionResult {
    let tile = Int(APUS_KEY_TILE)
    let blocks = (keys + tile - 1) / tile
    let empty = [Float](repeating: .nan, count: tile * head)
    let (keyBlocks, valueBlocks) = (
      (0..<blocks).map { _ in FloatBuffer(empty) }, (0..<blocks).map { _ in FloatBuffer(empty) }
    )
    let buffer = FloatBuffer(rows)
    for j in 0..<keys {
      let row = buffer.pointer + j * stride
      kernels.cache_write(
        row + head, row + 2 * head, head, j % tile, keyBlocks[j / tile].pointer, valueBlocks[j / tile].pointer)
    }
    let (k, v) = (keyBlocks.map { UnsafePointer($0.pointer) }, valueBlocks.map { UnsafePointer($0.pointer) })
    return k.withUnsafeBufferPointer { k in
      v.withUnsafeBufferPointer { v in
        withExtendedLifetime((keyBlocks, valueBlocks)) {
          run(kernels, buffer) { a in
            (a.key, a.value, a.key_blocks, a.value_blocks) = (nil, nil, k.baseAddress, v.baseAddress)
          }
        }
      }
    }
  }

  private func run(
    _ kernels: apus_kernels, _ rows: FloatBuffer, _ change: (inout apus_attention) -> Void
  ) -> AttentionResult {
    let output = FloatBuffer([Float](repeating: .nan, count: queries * head))
    let logSumExp = FloatBuffer([Float](repeating: .nan, count: queries))
    var a = arguments(rows, output, logSumExp)
    change(&a)
    let scratch = FloatBuffer([Float](repeating: .nan, count: kernels.attention_scratch(&a)))
    withExtendedLifetime((rows, scratch)) { kernels.attention(&a, scratch.pointer) }
    return AttentionResult(output: output.values, logSumExp: logSumExp.values)
  }

  /// The gradients of query, key and value rows, for the output's gradient `dout`, on top of `start`.
  func gradients(_ kernels: apus_kernels, rows: [Float], dout: [Float], start: [Float]) -> [Float] {
    let (buffer, forward) = (FloatBuffer(rows), run(kernels, rows: rows))
    let (output, logSumExp) = (FloatBuffer(forward.output), FloatBuffer(forward.logSumExp))
    let (result, gradient) = (FloatBuffer(start), FloatBuffer(dout))
    var a = arguments(buffer, output, logSumExp)
    var g = apus_attention_gradient(
      output_gradient: gradient.pointer, output_gradient_row: head,
      query_gradient: result.pointer + position * stride, key_gradient: result.pointer + head,
      value_gradient: result.pointer + 2 * head, query_gradient_row: stride, key_gradient_row: stride,
      value_gradient_row: stride)
    let scratch = FloatBuffer([Float](repeating: .nan, count: kernels.attention_backward_scratch(&a)))
    withExtendedLifetime((buffer, output, logSumExp, gradient, scratch)) {
      kernels.attention_backward(&a, &g, scratch.pointer)
    }
    return result.values
  }
}

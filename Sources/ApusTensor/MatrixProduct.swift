// Matrix products over threads: cuts the outputs into tasks of rows and panels, packs the second factor a cache-sized
// chunk at a time inside each task (so no packed copy of a weight is ever whole in memory), and calls the kernel.
// Every output is one sum over k in order, whoever computes it: the cuts never show in the bits.

import ApusCore
import CApusKernels

/// A matrix in the panels that the product kernel reads, made once for generation.
public struct PackedMatrix: Sendable {
  let panels: Tensor
  let k: Int
  let n: Int
}

/// Runs products on a pool of threads with memory of its own; one per thread of execution.
final class MatrixProduct {
  /// A product of rows by a weight, with what follows it: `c = function(a Wᵀ + bias) + residual`.
  struct Job {
    let a: Tensor
    let c: Tensor
    var accumulate = false
    var function = ActivationFunction.none
    var bias: Tensor?
    /// Where a Wᵀ + bias is kept; shaped as c.
    var preactivation: Tensor?
    /// Shaped as c, or c itself.
    var residual: Tensor?

    /// The product of `a` `[T, D]` and a weight of `width` rows, into `c` `[T, width]`.
    init(rows a: Tensor, times width: Int, into c: Tensor) {
      precondition(c.rows == a.rows && c.columns == width, "the product's result has another shape")
      self.a = a
      self.c = c
    }
  }

  let kernels: Kernels
  let pool: ThreadPool

  // Floats of one packed chunk: with the kernel's own block of `a` it fits the second-level cache.
  private static let chunk = 1 << 16
  // Steps of k packed at a time where a chunk cannot hold them all.
  private static let steps = 512
  // Each worker's memory: a chunk, then the kernel's scratch.
  private let memory: TensorStorage
  private let memoryPerWorker: Int

  init(kernels: Kernels, pool: ThreadPool) {
    self.kernels = kernels
    self.pool = pool
    memoryPerWorker = (Self.chunk + kernels.table.pointee.product_scratch + 31) & ~15
    memory = TensorStorage(count: pool.threads * memoryPerWorker)
  }

  // MARK: - The three forms of training

  /// Forward: `job`'s rows times the transpose of `weight` `[width, D]`, from its packed copy where there is one.
  func multiply(_ job: Job, byTransposeOf weight: Parameter) {
    let w = weight.value
    precondition(w.rows == job.c.columns && w.columns == job.a.columns, "the weight does not fit the product")
    var p = product(job.a, row: job.a.columns, step: 1, m: job.a.rows, k: w.columns, into: job.c)
    p.accumulate = job.accumulate
    p.activation = job.function.kernel
    p.bias = job.bias.map { UnsafePointer($0.pointer) }
    p.preactivation = job.preactivation?.pointer
    p.residual = job.residual.map { UnsafePointer($0.pointer) }
    p.residual_row = job.c.columns
    if let packed = weight.packed {
      p.b = UnsafePointer(packed.panels.pointer)
      run(p, packing: nil)
    } else {
      run(p, packing: Unpacked(base: w.pointer, k: 1, n: w.columns))
    }
  }

  /// The input's gradient: `c = a b`, or `c += a b`; `[T, N] [N, D]`.
  func multiply(_ a: Tensor, by b: Tensor, into c: Tensor, accumulate: Bool) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "the factors do not fit")
    var p = product(a, row: a.columns, step: 1, m: a.rows, k: a.columns, into: c)
    p.accumulate = accumulate
    run(p, packing: Unpacked(base: b.pointer, k: b.columns, n: 1))
  }

  /// The weight's gradient: `c = aᵀ b`, or `c += aᵀ b`; `[T, N]ᵀ [T, D]`.
  func multiply(transposed a: Tensor, by b: Tensor, into c: Tensor, accumulate: Bool) {
    precondition(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns, "the factors do not fit")
    var p = product(a, row: 1, step: a.columns, m: a.columns, k: a.rows, into: c)
    p.accumulate = accumulate
    run(p, packing: Unpacked(base: b.pointer, k: b.columns, n: 1))
  }

  /// The panels of `wᵀ` in memory of their own, for `multiply(_:byTransposeOf:)`.
  func packTransposed(_ w: Tensor) -> PackedMatrix {
    let table = kernels.table
    let panels = (w.rows + table.pointee.panel - 1) / table.pointee.panel
    let count = panels * table.pointee.panel * w.columns
    let packed = Tensor(storage: TensorStorage(count: count), offset: 0, rows: 1, columns: count)
    pool.run(panels, chunk: max(1, panels / (8 * pool.threads))) { range, _ in
      table.pointee.pack(
        w.pointer, 1, w.columns, w.columns, w.rows, range.lowerBound, range.upperBound, packed.pointer)
    }
    return PackedMatrix(panels: packed, k: w.columns, n: w.rows)
  }

  // MARK: - Tasks

  // A second factor that still has to be packed: element (k, n) at base[k * self.k + n * self.n].
  private struct Unpacked {
    let base: UnsafePointer<Float>
    let k, n: Int

    init(base: UnsafeMutablePointer<Float>, k: Int, n: Int) {
      self.base = UnsafePointer(base)
      self.k = k
      self.n = n
    }
  }

  private func product(_ a: Tensor, row: Int, step: Int, m: Int, k: Int, into c: Tensor) -> apus_product {
    apus_product(
      m: m, n: c.columns, k: k, a: UnsafePointer(a.pointer), a_row: row, a_k: step, b: UnsafePointer(a.pointer),
      c: c.pointer, c_row: c.columns, accumulate: false, activation: APUS_ACTIVATION_NONE, bias: nil,
      preactivation: nil, residual: nil, residual_row: 0)
  }

  private func run(_ p: apus_product, packing b: Unpacked?) {
    guard p.m > 0, p.n > 0 else { return }
    let plan = ProductPlan(
      m: p.m, n: p.n, k: p.k, stridedA: p.a_k != 1, panel: kernels.table.pointee.panel,
      tileRows: kernels.table.pointee.tile_rows, packs: b != nil, threads: pool.threads)
    func task(_ index: Int, _ worker: Int) {
      let (rows, panels) = plan.task(index)
      let scratch = self.memory.base + worker * self.memoryPerWorker
      if let b {
        self.runPacking(p, b, rows, panels, scratch)
      } else {
        var p = p
        self.kernels.table.pointee.product(
          &p, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound, scratch + Self.chunk)
      }
    }
    if plan.tasks == 1 { task(0, 0) } else { pool.run(plan.tasks, task) }
  }

  // One task, a chunk of panels and steps at a time. The epilogue belongs to the last steps.
  private func runPacking(
    _ whole: apus_product, _ b: Unpacked, _ rows: Range<Int>, _ panels: Range<Int>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    let panel = table.pointee.panel
    let parts = whole.k * panel <= Self.chunk / 8 ? 1 : (whole.k + Self.steps - 1) / Self.steps
    let steps = max(1, (whole.k + parts - 1) / max(1, parts))
    let panelsAtOnce = max(1, Self.chunk / (steps * panel))
    for firstPanel in stride(from: panels.lowerBound, to: panels.upperBound, by: panelsAtOnce) {
      let count = min(panelsAtOnce, panels.upperBound - firstPanel)
      let column = firstPanel * panel
      var k = 0
      repeat {  // once for k = 0 too
        var p = whole
        p.k = min(steps, whole.k - k)
        p.n = min(whole.n - column, count * panel)
        p.a = whole.a + k * whole.a_k
        p.b = UnsafePointer(scratch)
        p.c = whole.c + column
        p.accumulate = whole.accumulate || k > 0
        if k + p.k == whole.k {
          p.bias = whole.bias.map { $0 + column }
          p.preactivation = whole.preactivation.map { $0 + column }
          p.residual = whole.residual.map { $0 + column }
        } else {
          (p.bias, p.preactivation, p.residual, p.activation) = (nil, nil, nil, APUS_ACTIVATION_NONE)
        }
        table.pointee.pack(b.base + k * b.k + column * b.n, b.k, b.n, p.k, p.n, 0, count, scratch)
        table.pointee.product(&p, rows.lowerBound, rows.upperBound, 0, count, scratch + Self.chunk)
        k += p.k
      } while k < whole.k
    }
  }
}

/// How a product is cut: the grid of rows by panels with the least estimated time, packing included. A cut of the rows
/// repeats the packing of the second factor, a cut of the panels that of a strided first factor.
struct ProductPlan {
  let rowCuts: Int
  let panelCuts: Int
  private let m, rowTiles, tileRows, panels: Int

  var tasks: Int { rowCuts * panelCuts }

  // In cycles of the kernel's inner loop: one row of one panel a cycle; packing one row of a panel, or one value of the
  // first factor; starting a task. Measured on Zen 3 with AVX2; only the ratios matter.
  private static let packPanel = 12.0
  private static let packValue = 2.0
  private static let start = 2000.0
  /// Below about ten microseconds a second thread costs more than it brings.
  private static let worthSharing = 30_000.0

  init(m: Int, n: Int, k: Int, stridedA: Bool, panel: Int, tileRows: Int, packs: Bool, threads: Int) {
    self.m = m
    self.tileRows = tileRows
    rowTiles = (m + tileRows - 1) / tileRows
    panels = (n + panel - 1) / panel
    let packB = packs ? Self.packPanel : 0
    let packA = stridedA ? Self.packValue : 0
    func cost(_ rows: Int, _ panels: Int) -> Double {
      let (rows, panels) = (Double(rows), Double(panels))
      return Double(k) * (rows * panels + panels * packB + rows * packA) + Self.start
    }
    var best = (time: Double.infinity, rows: 1, panels: 1)
    let most = cost(m, panels) < Self.worthSharing ? 1 : 4 * threads
    for rowCuts in 1...min(rowTiles, most) {
      for panelCuts in 1...min(panels, most / rowCuts) {
        let task = cost((rowTiles + rowCuts - 1) / rowCuts * tileRows, (panels + panelCuts - 1) / panelCuts)
        let rounds = (rowCuts * panelCuts + threads - 1) / threads
        // Something for the wait at the end: smaller tasks even out what the machine's other users take.
        let time = Double(rounds) * task + task / 4
        if time < best.time { best = (time, rowCuts, panelCuts) }
      }
    }
    (rowCuts, panelCuts) = (best.rows, best.panels)
  }

  /// The outputs of one task.
  func task(_ index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
    let (row, panel) = (index / panelCuts, index % panelCuts)
    let rows = rowTiles * row / rowCuts * tileRows..<min(m, rowTiles * (row + 1) / rowCuts * tileRows)
    return (rows, panels * panel / panelCuts..<panels * (panel + 1) / panelCuts)
  }
}

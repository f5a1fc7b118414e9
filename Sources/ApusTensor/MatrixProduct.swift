// Matrix products over threads: cuts the outputs into tasks of rows and panels, packs the second factor a cache-sized
// chunk at a time inside each task (so no packed copy of a weight is whole in memory unless it was packed ahead;
// MatrixProduct+Packing), and calls the kernel. Every output is one sum over k in order, whoever computes it: the cuts
// never show in the bits.

import ApusCore
import CApusKernels

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
    /// Shaped as c; other memory than c's.
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

  // Floats of one packed chunk: the kernel packs its block of `a` once for each, and cuts chunks to the second cache.
  static let chunk = 1 << 18
  // The same for a few rows, which read a chunk once: it stays near.
  static let smallChunk = 1 << 15
  // The most steps of k that are packed at a time.
  static let steps = 512
  // Each worker's memory: a chunk, then the kernel's scratch or a panel's rows as they are unpacked.
  private let memory: TensorStorage
  private let memoryPerWorker: Int

  init(kernels: Kernels, pool: ThreadPool) {
    self.kernels = kernels
    self.pool = pool
    let rows = Self.steps * kernels.table.pointee.panel
    let scratch = max(kernels.table.pointee.product_scratch, rows)
    memoryPerWorker = (Self.chunk + scratch + 31) & ~15
    memory = TensorStorage(count: pool.threads * memoryPerWorker)
  }

  /// A worker's memory behind its chunk.
  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> { memory.base + worker * memoryPerWorker + Self.chunk }

  // MARK: - The three forms of training

  /// Forward: `job`'s rows times the transpose of `weight` `[width, D]`, in whatever form it is.
  func multiply(_ job: Job, byTransposeOf weight: Parameter) {
    precondition(
      weight.rows == job.c.columns && weight.columns == job.a.columns, "the weight does not fit the product")
    var p = product(job.a, row: job.a.columns, step: 1, m: job.a.rows, k: weight.columns, into: job.c)
    p.accumulate = job.accumulate
    p.activation = job.function.kernel
    p.bias = job.bias.map { UnsafePointer($0.pointer) }
    p.preactivation = job.preactivation?.pointer
    p.residual = job.residual.map { UnsafePointer($0.pointer) }
    p.residual_row = job.c.columns
    switch weight.form {
    case .master(let tensor): run(p, by: .floats(Floats(tensor, k: 1, n: tensor.columns)))
    case .packed(let matrix):
      precondition(matrix.panel == kernels.table.pointee.panel, "the weight is packed for other kernels")
      p.b = UnsafePointer(matrix.pointer(panel: 0))
      run(p, by: .panels)
    case .stored(let matrix): run(p, by: .stored(matrix))
    case nil: preconditionFailure("\(weight.name) has no values")
    }
  }

  /// The input's gradient: `c = a b`, or `c += a b`; `[T, N] [N, D]`.
  func multiply(_ a: Tensor, by b: Tensor, into c: Tensor, accumulate: Bool) {
    precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "the factors do not fit")
    var p = product(a, row: a.columns, step: 1, m: a.rows, k: a.columns, into: c)
    p.accumulate = accumulate
    run(p, by: .floats(Floats(b, k: b.columns, n: 1)))
  }

  /// The weight's gradient: `c = aᵀ b`, or `c += aᵀ b`; `[T, N]ᵀ [T, D]`.
  func multiply(transposed a: Tensor, by b: Tensor, into c: Tensor, accumulate: Bool) {
    precondition(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns, "the factors do not fit")
    var p = product(a, row: 1, step: a.columns, m: a.columns, k: a.rows, into: c)
    p.accumulate = accumulate
    run(p, by: .floats(Floats(b, k: b.columns, n: 1)))
  }

  // MARK: - Tasks

  private func product(_ a: Tensor, row: Int, step: Int, m: Int, k: Int, into c: Tensor) -> apus_product {
    apus_product(
      m: m, n: c.columns, k: k, a: UnsafePointer(a.pointer), a_row: row, a_k: step, b: UnsafePointer(a.pointer),
      c: c.pointer, c_row: c.columns, accumulate: false, activation: APUS_ACTIVATION_NONE, bias: nil,
      preactivation: nil, residual: nil, residual_row: 0)
  }

  private func run(_ p: apus_product, by b: SecondFactor) {
    guard p.m > 0, p.n > 0 else { return }
    let weight = weightOfFewRows(p, b)
    let plan = ProductPlan(
      m: p.m, n: p.n, k: p.k, stridedA: p.a_k != 1, panel: kernels.table.pointee.panel,
      tileRows: weight == nil ? kernels.table.pointee.tile_rows : p.m, preparation: b.preparation,
      threads: pool.threads)
    func task(_ index: Int, _ worker: Int) {
      let (rows, panels) = plan.task(index)
      let scratch = self.memory.base + worker * self.memoryPerWorker
      if let weight {
        self.runFewRows(p, weight, panels, scratch)
      } else if case .panels = b {
        var p = p
        self.kernels.table.pointee.product(
          &p, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound, scratch + Self.chunk)
      } else {
        self.runPacking(p, b, rows, panels, scratch)
      }
    }
    pool.run(plan.tasks, task)
  }

  // The second factor where it is a weight that so few rows read as it is: its way from memory is what takes the time.
  private func weightOfFewRows(_ p: apus_product, _ b: SecondFactor) -> Floats? {
    guard case .floats(let b) = b, b.k == 1, p.a_k == 1 else { return nil }
    let most = kernels.table.pointee.few_rows
    return p.m <= most && most * (p.k + 2) <= Self.chunk ? b : nil
  }

  private func runFewRows(
    _ whole: apus_product, _ weight: Floats, _ panels: Range<Int>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    var p = whole
    p.b = weight.base
    let panel = kernels.table.pointee.panel
    kernels.table.pointee.product_of_few_rows(
      &p, weight.n, panels.lowerBound * panel, min(p.n, panels.upperBound * panel), scratch)
  }

  // One task, a chunk of panels and steps at a time. The epilogue belongs to the last steps.
  private func runPacking(
    _ whole: apus_product, _ b: SecondFactor, _ rows: Range<Int>, _ panels: Range<Int>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let panel = kernels.table.pointee.panel
    let steps = stepsAtOnce(whole.k, b)
    let chunk = rows.count <= kernels.table.pointee.tile_rows ? Self.smallChunk : Self.chunk
    let panelsAtOnce = max(1, chunk / (steps * panel))
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
        pack(b, steps: k..<k + p.k, columns: column..<column + p.n, into: scratch, unpacking: scratch + Self.chunk)
        kernels.table.pointee.product(&p, rows.lowerBound, rows.upperBound, 0, count, scratch + Self.chunk)
        k += p.k
      } while k < whole.k
    }
  }

  // Steps of k between two packings: even parts that begin at the blocks of a stored type.
  private func stepsAtOnce(_ k: Int, _ b: SecondFactor) -> Int {
    let parts = (k + Self.steps - 1) / Self.steps
    let even = max(1, (k + parts - 1) / max(1, parts))
    guard case .stored(let matrix) = b else { return even }
    return (even + matrix.blockLength - 1) / matrix.blockLength * matrix.blockLength
  }
}

// Everything a forward or backward pass needs besides the model and the batch: threads, kernels, memory, and the tape.
// One per thread of execution; reused from step to step, so that a steady step allocates nothing. It knows no model.

public import ApusCore
import CApusKernels

/// Dropout of a training step: its draws depend on these, the place in the model and the token's index alone.
public struct DropoutSettings: Sendable, Equatable {
  /// The probability that a value becomes zero, 0 ..< 1.
  public var rate: Float
  /// The key of the draws.
  public var seed: UInt64
  /// The training step.
  public var step: UInt32

  /// Dropout at `rate`, drawn for `step` under `seed`.
  public init(rate: Float, seed: UInt64, step: UInt32) {
    self.rate = rate
    self.seed = seed
    self.step = step
  }
}

/// Threads, kernels, activations' memory and tape of one computation.
public final class Workspace {
  /// The threads that the operations run on.
  public let pool: ThreadPool
  /// The inner loops.
  public let kernels: Kernels
  /// Asked between the operations of a pass, by its thread. What it throws ends the pass within the time of one
  /// operation, and is thrown by it.
  public var check: () throws(ApusError) -> Void = {}

  /// Where the time of passes goes is added to it; nil: nobody asks.
  public var profile: OperationProfile?

  let arena = Arena()
  let tape = Tape()
  let input = BatchInput()
  let products: MatrixProduct
  let scratch = Scratch()
  let balance = LoadBalance()
  private(set) var dropout: DropoutSettings?
  private(set) var caches: [KeyValueCache] = []
  private var stopped: ApusError?

  /// A workspace on the given threads and kernels.
  public init(pool: ThreadPool, kernels: Kernels) {
    self.pool = pool
    self.kernels = kernels
    products = MatrixProduct(kernels: kernels, pool: pool)
  }

  /// A workspace on the shared threads, with the kernels that `Kernels.select()` chooses.
  public convenience init() throws(ApusError) {
    self.init(pool: .shared, kernels: try Kernels.select())
  }

  /// Begins a pass: all variables made before become invalid.
  /// - Parameters:
  ///   - batch: the tokens and segments that operations refer to.
  ///   - recording: whether a backward pass follows.
  ///   - dropout: rates and keys; nil: nothing is dropped.
  ///   - caches: none, or one for each segment, which holds the keys and values before the segment's position.
  ///   - loadBalancing: what the gradient of the experts' load-balancing loss is multiplied by; nil: there is no such
  ///     loss.
  public func begin(
    _ batch: PackedBatch, recording: Bool, dropout: DropoutSettings? = nil, caches: [KeyValueCache] = [],
    loadBalancing: Float? = nil
  ) {
    precondition(caches.isEmpty || (caches.count == batch.segments.count && !recording), "caches do not match")
    arena.reset()
    tape.begin(recording: recording)
    input.load(batch)
    balance.begin(coefficient: loadBalancing)
    self.dropout = dropout.flatMap { $0.rate > 0 ? $0 : nil }
    self.caches = caches
    stopped = nil
  }

  /// Whether the pass goes on; where not, operations are left out and its results mean nothing.
  func goesOn() -> Bool {
    guard stopped == nil else { return false }
    do throws(ApusError) { try check() } catch { stopped = error }
    return stopped == nil
  }

  /// Throws what `check` threw during the pass; to be asked before its results are used.
  public func requireWholePass() throws(ApusError) {
    if let stopped { throw stopped }
  }

  // The most tokens that a segment's sequence is meant to have, on which its rotation may depend.
  func declaredLength(segment index: Int) -> Int {
    let segment = input.segments[index]
    let cached = caches.isEmpty ? nil : caches[index].declaredLength
    return cached ?? segment.declaredLength ?? segment.position + segment.count
  }

  /// Floats that activations and their gradients own: constant once training is steady.
  public var ownedFloats: Int { arena.capacity + tape.pool.capacity + scratch.capacity }

  /// Whether a backward pass follows.
  public var isRecording: Bool { tape.isRecording }

  /// Runs `body`, unless the pass was stopped; without a tape, activations made in it are taken back at its end.
  public func releasingActivations(_ body: () -> Void) {
    guard goesOn() else { return }
    let mark = arena.mark
    body()
    if !isRecording { arena.release(to: mark) }
  }

  /// Some rows of a variable, as a view that takes no gradient.
  public func rows(_ rows: Range<Int>, of variable: Variable) -> Variable {
    precondition(!isRecording, "a view of rows has no gradient")
    return Variable(value: variable.value.rows(rows), slot: -1)
  }

  // MARK: - Splitting work

  // About as many values as make a parallel region worth its start.
  private static let grain = 1 << 13

  /// Splits rows over the threads; `width` is the values that one row touches.
  func forRows(_ rows: Int, width: Int, _ body: (Range<Int>) -> Void) {
    split(rows, by: 1, cost: rows * width) { rows, _ in body(rows) }
  }

  /// Splits rows over the threads: `body(rows, worker)`, with `worker` below the number of threads.
  func forRows(_ rows: Int, width: Int, _ body: (Range<Int>, _ worker: Int) -> Void) {
    split(rows, by: 1, cost: rows * width, body)
  }

  /// Splits columns over the threads in multiples of a cache line; `height` is the values that one column touches.
  func forColumns(_ columns: Int, height: Int, _ body: (Range<Int>) -> Void) {
    split(columns, by: 16, cost: columns * height) { columns, _ in body(columns) }
  }

  /// Runs tasks that need scratch of their own: `body(task, worker)`, with `worker` below the number of threads.
  func forTasks(_ tasks: Int, cost: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    guard cost >= 2 * Self.grain else {
      for task in 0..<tasks { body(task, 0) }
      return
    }
    pool.run(tasks) { task, worker in body(task, worker) }
  }

  private func split(_ count: Int, by unit: Int, cost: Int, _ body: (Range<Int>, _ worker: Int) -> Void) {
    let units = (count + unit - 1) / unit
    let tasks = min(units, pool.threads, max(1, cost / Self.grain))
    guard tasks > 1 else { return body(0..<count, 0) }
    pool.run(tasks) { task, worker in
      let first = units * task / tasks * unit
      let end = min(count, units * (task + 1) / tasks * unit)
      body(first..<end, worker)
    }
  }
}

/// Tokens, targets, positions and types of the batch at hand, in memory that is reused and that records may point into.
final class BatchInput: @unchecked Sendable {
  private(set) var segments: [Segment] = []
  private(set) var count = 0
  private(set) var firstToken = 0
  private(set) var hasTargets = false
  private var memory = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
  private var capacity = 0

  deinit { memory.deallocate() }

  var tokens: UnsafeMutablePointer<Int32> { memory }
  var targets: UnsafeMutablePointer<Int32> { memory + capacity }
  var positions: UnsafeMutablePointer<Int32> { memory + 2 * capacity }
  var types: UnsafeMutablePointer<Int32> { memory + 3 * capacity }

  func load(_ batch: PackedBatch) {
    count = batch.tokens.count
    // Copied, so that the batch's own array may be written again without a copy.
    segments.removeAll(keepingCapacity: true)
    segments.append(contentsOf: batch.segments)
    firstToken = batch.firstToken
    hasTargets = !batch.targets.isEmpty
    if count > capacity {
      memory.deallocate()
      capacity = count
      memory = .allocate(capacity: 4 * capacity)
    }
    for row in 0..<count { tokens[row] = batch.tokens[row] }
    for row in 0..<batch.targets.count { targets[row] = batch.targets[row] }
    for row in 0..<count { types[row] = batch.types.isEmpty ? 0 : batch.types[row] }
    for segment in segments {
      for index in 0..<segment.count { positions[segment.start + index] = Int32(segment.position + index) }
    }
  }
}

/// Memory that one operation uses while it runs: grown to the largest need seen, never shared by two at a time.
final class Scratch {
  private var memory = TensorStorage(count: 0)
  private var perThread = TensorStorage(count: 0)
  var capacity: Int { memory.count + perThread.count }

  /// A matrix for the operation at hand.
  func matrix(rows: Int, columns: Int) -> Tensor {
    if memory.count < rows * columns { memory = TensorStorage(count: rows * columns) }
    return Tensor(storage: memory, offset: 0, rows: rows, columns: columns)
  }

  /// One row for each thread.
  func forThreads(_ threads: Int, columns: Int) -> Tensor {
    let aligned = (columns + 15) & ~15
    if perThread.count < threads * aligned { perThread = TensorStorage(count: threads * aligned) }
    return Tensor(storage: perThread, offset: 0, rows: threads, columns: aligned)
  }
}

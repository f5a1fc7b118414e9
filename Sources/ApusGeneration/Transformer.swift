// A decoder as a next-token model: with a key-value cache, or without one for comparison. Both give the same bits, for
// the model's passes do not depend on how a sequence is cut (Documentation/Architecture.md).

public import ApusCore
public import ApusModels
import ApusTensor

/// Generates with an `ApusModels.Model`.
public struct Transformer: NextTokenModel {
  /// The model; nobody may train it meanwhile.
  public let model: Model

  private let pool: ThreadPool
  private let kernels: Kernels

  /// Generates with `model`.
  /// - Parameters:
  ///   - model: the weights.
  ///   - packing: lay the weights out for products once, which takes memory and makes generation faster; the caller
  ///     must be the model's only user at that moment.
  ///   - pool: the threads to compute with; sequences may share them.
  /// - Throws: `badData` for an encoder, which sees what comes after a token and so cannot continue a text.
  public init(_ model: Model, packing: Bool = true, pool: ThreadPool = .shared) throws(ApusError) {
    guard model.specification.encoder == nil else {
      throw ApusError(
        .badData, "an encoder (\(model.specification.architecture)) cannot continue a text",
        remedy: "use a decoder, or `apus fill` and `apus embed` with this model")
    }
    self.model = model
    self.pool = pool
    kernels = try Kernels.select()
    if packing { model.packForInference(in: Workspace(pool: pool, kernels: kernels)) }
  }

  /// How many logits there are.
  public var vocabularySize: Int { model.specification.vocabulary }

  /// How many tokens a sequence may have.
  public var contextLength: Int { model.specification.longestSequence }

  /// A new, empty sequence with memory of its own.
  /// - Throws: `usage` where this machine has not the memory for so many tokens.
  public func sequence(cached: Bool, capacity: Int) throws(ApusError) -> any TokenSequence {
    try model.specification.requireMemory(
      for: .inference(tokens: cached ? 1 : capacity, logits: 1, cached: cached ? capacity : 0),
      remedy: "ask for fewer tokens")
    let workspace = Workspace(pool: pool, kernels: kernels)
    return cached
      ? CachedSequence(model, workspace, capacity: capacity) : UncachedSequence(model, workspace, capacity: capacity)
  }
}

/// Keeps keys and values: a token costs its own products and attention over what came before.
private final class CachedSequence: TokenSequence {
  /// Pages are made for this many positions at first, and for twice as many when they are full.
  private static let firstReserve = 4096

  private let model: Model
  private let workspace: Workspace
  private let cache: KeyValueCache
  private let caches: [KeyValueCache]
  private let capacity: Int
  private var batch = PackedBatch(tokens: [], segments: [])
  private var reserved: Int
  private var hidden: Variable?

  init(_ model: Model, _ workspace: Workspace, capacity: Int) {
    self.model = model
    self.workspace = workspace
    self.capacity = capacity
    cache = model.makeCache(declaredLength: capacity)
    caches = [cache]
    reserved = min(capacity, Self.firstReserve)
    cache.reserve(reserved)
  }

  func append(_ tokens: ArraySlice<Int32>) throws(ApusError) {
    let needed = cache.count + tokens.count
    if needed > reserved {
      reserved = max(needed, min(capacity, 2 * reserved))
      cache.reserve(reserved)
    }
    // In the same arrays every time: a token allocates nothing.
    batch.tokens.removeAll(keepingCapacity: true)
    batch.tokens.append(contentsOf: tokens)
    batch.segments.removeAll(keepingCapacity: true)
    batch.segments.append(Segment(start: 0, count: tokens.count, position: cache.count))
    hidden = try model.hidden(batch, caches: caches, in: workspace)
  }

  func logits(into logits: inout [Float]) throws(ApusError) {
    guard let hidden else { throw emptySequence }
    try model.lastLogits(hidden, in: workspace, into: &logits)
  }
}

/// Keeps the tokens alone: each token costs a pass over all of them.
private final class UncachedSequence: TokenSequence {
  private let model: Model
  private let workspace: Workspace
  private let capacity: Int
  private var tokens: [Int32] = []

  init(_ model: Model, _ workspace: Workspace, capacity: Int) {
    self.model = model
    self.workspace = workspace
    self.capacity = capacity
  }

  func append(_ new: ArraySlice<Int32>) {
    tokens += new
  }

  func logits(into logits: inout [Float]) throws(ApusError) {
    if tokens.isEmpty { throw emptySequence }
    let batch = PackedBatch(sequence: tokens, declaredLength: capacity)
    try model.lastLogits(try model.hidden(batch, in: workspace), in: workspace, into: &logits)
  }
}

private let emptySequence = ApusError(.fault, "logits of an empty sequence were asked for")

extension Model {
  /// Copies the logits of the last row.
  fileprivate func lastLogits(
    _ hidden: Variable, in workspace: Workspace, into logits: inout [Float]
  ) throws(ApusError) {
    let last = hidden.value.rows - 1
    try self.logits(hidden, rows: last..<last + 1, in: workspace).withValues { values in
      for index in logits.indices { logits[index] = values[index] }
    }
  }
}

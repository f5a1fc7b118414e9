// The tokens that may come next, with their logits: what samplers narrow and reweight. Candidates stay in the order of
// their ids, so ties and draws do not depend on how a sampler works. Filled again for every token, without allocating.

import ApusCore

/// The tokens that may come next, by ascending id, with their logits.
public struct Candidates: Sendable {
  /// Token ids, ascending.
  public private(set) var ids: [Int32] = []
  /// The logit of each id; finite.
  public private(set) var logits: [Float] = []

  /// Room for a sampler's intermediate results, so that it need not allocate.
  var scratch = Scratch()

  struct Scratch: Sendable {
    var values: [Float] = []
    var heap = RankHeap()
  }

  /// No candidates, with room for a vocabulary.
  public init(capacity: Int = 0) {
    ids.reserveCapacity(capacity)
    logits.reserveCapacity(capacity)
    scratch.values.reserveCapacity(capacity)
    scratch.heap.reserve(capacity)
  }

  /// All tokens with the given logits; tokens at −∞ are impossible and left out.
  public init(_ logits: [Float]) {
    self.init(capacity: logits.count)
    fill(logits)
  }

  /// How many tokens may come next.
  public var count: Int { ids.count }

  /// Starts again with all tokens that are possible at all.
  public mutating func fill(_ all: [Float]) {
    ids.removeAll(keepingCapacity: true)
    logits.removeAll(keepingCapacity: true)
    for index in all.indices where all[index] > -.infinity {
      ids.append(Int32(truncatingIfNeeded: index))
      logits.append(all[index])
    }
  }

  /// Multiplies every logit.
  public mutating func scale(by factor: Float) {
    for index in logits.indices { logits[index] *= factor }
  }

  /// Divides every logit.
  public mutating func divide(by divisor: Float) {
    for index in logits.indices { logits[index] /= divisor }
  }

  /// Keeps those for which `isKept(index)` holds, in their order.
  public mutating func keep(where isKept: (Int) -> Bool) {
    var kept = 0
    for index in ids.indices where isKept(index) {
      ids[kept] = ids[index]
      logits[kept] = logits[index]
      kept += 1
    }
    ids.removeLast(ids.count - kept)
    logits.removeLast(logits.count - kept)
  }

  /// Keeps the logits above `cut`, and of those equal to it the first `ties`.
  mutating func keep(above cut: Float, ties: Int) {
    var kept = 0
    var left = ties
    for index in ids.indices where logits[index] >= cut {
      if logits[index] == cut {
        guard left > 0 else { continue }
        left -= 1
      }
      ids[kept] = ids[index]
      logits[kept] = logits[index]
      kept += 1
    }
    ids.removeLast(ids.count - kept)
    logits.removeLast(logits.count - kept)
  }

  /// Puts exp(logit − greatest) of each candidate into the scratch values and returns their sum.
  mutating func weigh() -> Double {
    let greatest = logits.max() ?? 0
    var sum = 0.0
    scratch.values.removeAll(keepingCapacity: true)
    for logit in logits {
      let weight = Float.exp(logit - greatest)
      scratch.values.append(weight)
      sum += Double(weight)
    }
    return sum
  }

  /// The index of the candidate where the cumulative probability, in the order of ids, passes `uniform` in 0 ..< 1.
  public mutating func draw(_ uniform: Double) -> Int {
    let target = uniform * weigh()
    var cumulative = 0.0
    var last = 0
    for (index, weight) in scratch.values.enumerated() where weight > 0 {
      cumulative += Double(weight)
      last = index
      if cumulative > target { return index }
    }
    return last
  }
}

/// A binary heap of (value, index): the greatest value on top, of equal ones the lowest index.
struct RankHeap: Sendable {
  private var values: [Float] = []
  private var indices: [Int32] = []

  mutating func reserve(_ capacity: Int) {
    values.reserveCapacity(capacity)
    indices.reserveCapacity(capacity)
  }

  var count: Int { values.count }
  var top: Float? { values.first }

  mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    indices.removeAll(keepingCapacity: true)
  }

  mutating func push(_ value: Float, _ index: Int) {
    values.append(value)
    indices.append(Int32(truncatingIfNeeded: index))
    var child = values.count - 1
    while child > 0, case let parent = (child - 1) / 2, isBefore(child, parent) {
      exchange(child, parent)
      child = parent
    }
  }

  @discardableResult
  mutating func pop() -> (value: Float, index: Int)? {
    guard let value = values.first, let index = indices.first else { return nil }
    exchange(0, values.count - 1)
    values.removeLast()
    indices.removeLast()
    sink(0)
    return (value, Int(index))
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < values.count && isBefore(child, best) { best = child }
      if best == parent { return }
      exchange(best, parent)
      parent = best
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    values[a] != values[b] ? values[a] > values[b] : indices[a] < indices[b]
  }

  private mutating func exchange(_ a: Int, _ b: Int) {
    values.swapAt(a, b)
    indices.swapAt(a, b)
  }
}

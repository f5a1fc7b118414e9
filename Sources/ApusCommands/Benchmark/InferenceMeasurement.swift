// What the cache is worth, measured: time per token at growing lengths with and without it, and the rate of the prompt.
// It works on any next-token model; every figure is a median, and takes turns so that a drifting machine hits all
// alike.

import ApusCore
import ApusGeneration

/// Times of one model.
struct InferenceMeasurement {
  /// Lengths at which times are reported.
  var lengths: [Int]
  /// Seconds per token with the cache at each length: the median over the tokens around it and over the rounds.
  var cached: [Double]
  /// Seconds per token without the cache at each length; empty where that was not measured.
  var uncached: [Double]
  /// Tokens per second of a prompt as long as the greatest length.
  var promptRate: Double

  /// The rate at the greatest length, as a share of that at the least.
  var endurance: Double {
    guard let first = cached.first, let last = cached.last, last > 0 else { return 1 }
    return first / last
  }

  var cachedFit: LinearFit? { fit(cached) }
  var uncachedFit: LinearFit? { fit(uncached) }

  private func fit(_ seconds: [Double]) -> LinearFit? {
    LinearFit(zip(lengths, seconds).map { (x: Double($0), y: $1) })
  }
}

/// How to measure.
struct InferenceBenchmark {
  /// The model.
  var model: any NextTokenModel
  /// Tokens of the longest sequence.
  var tokens: Int
  /// Distance between lengths that are reported.
  var step = 50
  /// How often everything is repeated.
  var rounds = 3
  /// Whether to measure without the cache too.
  var measuresUncached = true
  /// Monotonic seconds.
  var clock: () -> Double = Clock.seconds

  /// Measures; `progress` hears of each finished part, of `parts`, and may throw to stop.
  func run(_ progress: (Int) throws(ApusError) -> Void) throws(ApusError) -> InferenceMeasurement {
    let lengths = Array(stride(from: step, through: tokens, by: step))
    var perToken: [[Double]] = []
    var perLength: [[Double]] = []
    var promptRates: [Double] = []
    for round in 0..<rounds {
      promptRates.append(try promptRate())
      perToken.append(try cachedSeconds())
      if measuresUncached {
        perLength.append(try lengths.map { length throws(ApusError) in try uncachedSeconds(length) })
      }
      try progress(round + 1)
    }
    return InferenceMeasurement(
      lengths: lengths, cached: lengths.map { around($0, perToken) },
      uncached: measuresUncached ? lengths.indices.map { index in perLength.map { $0[index] }.median } : [],
      promptRate: promptRates.median)
  }

  /// Median over the rounds, then over the tokens between the neighbouring lengths.
  private func around(_ length: Int, _ perToken: [[Double]]) -> Double {
    let window = max(0, length - step / 2)..<min(tokens, length + step / 2)
    return window.map { token in perToken.map { $0[token] }.median }.median
  }

  /// Seconds of each of `tokens` tokens, chosen greedily.
  private func cachedSeconds() throws(ApusError) -> [Double] {
    let sequence = try model.sequence(cached: true, capacity: tokens)
    var logits = [Float](repeating: 0, count: model.vocabularySize)
    var token: [Int32] = [0]
    var seconds: [Double] = []
    seconds.reserveCapacity(tokens)
    for _ in 0..<tokens {
      let start = clock()
      try sequence.append(token[...])
      try sequence.logits(into: &logits)
      token[0] = Self.greatest(logits)
      seconds.append(clock() - start)
    }
    return seconds
  }

  /// Seconds for the token after `length` tokens, everything computed again.
  private func uncachedSeconds(_ length: Int) throws(ApusError) -> Double {
    let sequence = try model.sequence(cached: false, capacity: length)
    var logits = [Float](repeating: 0, count: model.vocabularySize)
    try sequence.append(prompt(length)[...])
    let start = clock()
    try sequence.logits(into: &logits)
    return clock() - start
  }

  private func promptRate() throws(ApusError) -> Double {
    let sequence = try model.sequence(cached: true, capacity: tokens)
    let prompt = prompt(tokens)
    let start = clock()
    for first in stride(from: 0, to: tokens, by: 256) {
      try sequence.append(prompt[first..<min(tokens, first + 256)])
    }
    let elapsed = clock() - start
    return elapsed > 0 ? Double(tokens) / elapsed : 0
  }

  private func prompt(_ length: Int) -> [Int32] {
    (0..<length).map { Int32(truncatingIfNeeded: $0 % model.vocabularySize) }
  }

  private static func greatest(_ logits: [Float]) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(truncatingIfNeeded: best)
  }
}

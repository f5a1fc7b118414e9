// Runs of a known law with noise, on designs that identify it and on designs that do not.

import ApusCore
import ApusScaling

/// Which runs a simulated table has.
enum RunDesign: String, CaseIterable {
  /// Twelve budgets of twenty sizes each, from 2 to 200 tokens a parameter.
  case budgets
  /// Fourteen sizes on fourteen numbers of tokens each.
  case grid
  /// Sixty runs at 20 tokens a parameter, as planners who trust the rule would train.
  case oneRatio
  /// One budget, sixty sizes.
  case oneBudget
  /// Sizes that differ by half.
  case narrowSizes
  /// Small models on little text, of a narrow range: losses that never come near what nothing removes.
  case farFromTheEnd

  static let wellPosed: [RunDesign] = [.budgets, .grid]
  static let illPosed: [RunDesign] = [.oneRatio, .oneBudget, .narrowSizes, .farFromTheEnd]

  /// Sizes and tokens.
  var runs: [(parameters: Double, tokens: Double)] {
    func spread(_ index: Int, _ count: Int, _ low: Double, _ high: Double) -> Double {
      low * Double.pow(high / low, Double(index) / Double(count - 1))
    }
    switch self {
    case .budgets:
      return (0..<240).map { index in
        let compute = spread(index / 20, 12, 1e18, 1e22), ratio = spread(index % 20, 20, 2, 200)
        let size = (compute / 6 / ratio).squareRoot()
        return (size, size * ratio)
      }
    case .grid:
      return (0..<196).map { (spread($0 / 14, 14, 3e7, 1e10), spread($0 % 14, 14, 1e9, 3e11)) }
    case .oneRatio:
      return (0..<60).map { index in
        let size = spread(index, 60, 3e7, 1e10)
        return (size, 20 * size)
      }
    case .oneBudget:
      return (0..<60).map { index in
        let size = spread(index, 60, 5e7, 5e9)
        return (size, 1e20 / 6 / size)
      }
    case .narrowSizes:
      return (0..<64).map { (spread($0 / 8, 8, 1e8, 1.5e8), spread($0 % 8, 8, 1e9, 1e11)) }
    case .farFromTheEnd:
      return (0..<36).map { (spread($0 / 6, 6, 1e5, 2.5e5), spread($0 % 6, 6, 1e7, 2.5e7)) }
    }
  }
}

extension RunTable {
  /// The design's runs under `law`, each loss off by a factor of e^(`noise` × a standard normal number).
  static func simulated(
    _ law: LogParameters, _ design: RunDesign, noise: Double = 0.005, seed: UInt64
  ) -> RunTable {
    var random = Philox(seed: seed).stream(7)
    return RunTable(
      design.runs.enumerated().map { index, run in
        let loss = law.loss(parameters: run.parameters, tokens: run.tokens)
        return MeasuredRun(
          parameters: run.parameters, tokens: run.tokens, loss: loss * .exp(noise * random.normal()), line: index + 2)
      })
  }
}

/// The replication's law (Besiroglu et al. 2024, arXiv:2404.10102), as the truth of simulations.
let trueLaw = LogParameters(a: 6.17, b: 7.64, e: 0.597, alpha: 0.3478, beta: 0.3658)

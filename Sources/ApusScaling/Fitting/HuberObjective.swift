// What a parametric fit minimises: the sum over runs of Huber's function of ln L̂ − ln L (Hoffmann et al. 2022,
// arXiv:2203.15556, section 3.3), with its gradient. Four runs at once; nothing is allocated in an evaluation.
//
// ln N and ln D are centred at their means, so that a and α (and b and β) pull in directions of their own: without it
// the problem is worse conditioned by a factor of about the square of ln N.

import ApusCore

/// The objective over a table's runs, each with a weight: 1, or how often a resample drew it.
struct HuberObjective: FitObjective, Sendable {
  /// Four runs.
  struct Block: Sendable {
    var logSize = SIMD4<Double>(repeating: 0)
    var logTokens = SIMD4<Double>(repeating: 0)
    var logLoss = SIMD4<Double>(repeating: 0)
    var weight = SIMD4<Double>(repeating: 0)
  }

  /// Where Huber's function turns from a parabola into a line.
  let delta: Double
  /// The means of ln N and ln D at which the runs are centred.
  let center: SIMD2<Double>
  private(set) var blocks: [Block]

  /// The objective over points (ln N, ln D, ln L), centred at the means of the first two.
  init(_ points: [SIMD3<Double>], delta: Double) {
    let sum = points.reduce(SIMD3<Double>(repeating: 0), +)
    let mean = sum / Double(max(1, points.count))
    self.delta = delta
    center = SIMD2(mean.x, mean.y)
    blocks = Array(repeating: Block(), count: (points.count + 3) / 4)
    for (index, point) in points.enumerated() {
      fill(index, with: point - SIMD3(mean.x, mean.y, 0), weight: 1)
    }
  }

  private mutating func fill(_ index: Int, with point: SIMD3<Double>, weight: Double) {
    blocks[index >> 2].logSize[index & 3] = point.x
    blocks[index >> 2].logTokens[index & 3] = point.y
    blocks[index >> 2].logLoss[index & 3] = point.z
    blocks[index >> 2].weight[index & 3] = weight
  }

  /// Becomes the objective over the runs of `whole` that `weights` draws, at the same centre: runs of weight 0 are left
  /// out, which a third of a resample's are. Memory is reused.
  mutating func resample(_ whole: HuberObjective, weights: [Double]) {
    blocks.removeAll(keepingCapacity: true)
    var count = 0
    for (index, weight) in weights.enumerated() where weight > 0 {
      if count & 3 == 0 { blocks.append(Block()) }
      let block = whole.blocks[index >> 2], lane = index & 3
      let point = SIMD3(block.logSize[lane], block.logTokens[lane], block.logLoss[lane])
      fill(count, with: point, weight: weight)
      count += 1
    }
  }

  /// The value at `point`, and the gradient there.
  func value(at point: FitVector, gradient: inout FitVector) -> Double {
    let irreducible = Double.exp(point[2])
    let (limit, zero) = (SIMD4<Double>(repeating: delta), SIMD4<Double>(repeating: 0))
    var (sum, a, b, e, alpha, beta) = (zero, zero, zero, zero, zero, zero)
    for block in blocks {
      let size = SIMD4<Double>.exp(point[0] - point[3] * block.logSize)
      let data = SIMD4<Double>.exp(point[1] - point[4] * block.logTokens)
      let loss = size + data + irreducible
      let residual = SIMD4<Double>.log(loss) - block.logLoss
      var slope = residual.replacing(with: limit, where: residual .> limit)
      slope = slope.replacing(with: -limit, where: slope .< -limit)
      sum += block.weight * slope * (residual - 0.5 * slope)
      let share = block.weight * slope / loss
      a += share * size
      b += share * data
      e += share
      alpha -= share * size * block.logSize
      beta -= share * data * block.logTokens
    }
    gradient = FitVector(a.sum(), b.sum(), e.sum() * irreducible, alpha.sum(), beta.sum(), 0, 0, 0)
    return sum.sum()
  }

  /// A point of the search as the law's constants.
  func parameters(_ point: FitVector) -> LogParameters {
    LogParameters(point + FitVector(point[3] * center.x, point[4] * center.y, 0, 0, 0, 0, 0, 0))
  }

  /// The law's constants as a point of the search.
  func point(_ parameters: LogParameters) -> FitVector {
    let vector = parameters.vector
    return vector - FitVector(vector[3] * center.x, vector[4] * center.y, 0, 0, 0, 0, 0, 0)
  }
}

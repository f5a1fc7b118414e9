// Where searches for the law begin: the grid of Hoffmann et al. (2022, arXiv:2203.15556, section D.3; 4,500 points),
// and variable projection (Golub and Pereyra 1973): for given exponents the law is linear in A, B and E, so that two
// dimensions remain, which can be looked through.

import ApusCore

/// Which starts a fit tries.
public enum FitStarts: String, Sendable, CaseIterable {
  /// The paper's grid of 4,500; with tied exponents the 900 of them that have α = β.
  case grid
  /// The best 16 of 900 pairs of exponents by variable projection.
  case projection
  /// Both.
  case all

  /// The paper's grid.
  static func hoffmann(isTied: Bool) -> [LogParameters] {
    let exponents = [0, 0.5, 1, 1.5, 2], coefficients = [0, 5.0, 10, 15, 20, 25]
    var starts: [LogParameters] = []
    for alpha in exponents {
      for beta in isTied ? [alpha] : exponents {
        for e in [-1, -0.5, 0, 0.5, 1.0] {
          for a in coefficients {
            for b in coefficients { starts.append(LogParameters(a: a, b: b, e: e, alpha: alpha, beta: beta)) }
          }
        }
      }
    }
    return starts
  }
}

/// For given exponents, the A, B, E ≥ 0 of least squares of relative errors.
struct VariableProjection {
  private let objective: HuberObjective

  init(_ objective: HuberObjective) { self.objective = objective }

  /// The `count` best points of a grid of exponents from 0.04 to 1.5, as points of the search, best first.
  func starts(_ count: Int, isTied: Bool) -> [FitVector] {
    let exponents = (0..<30).map { 0.04 * Double.exp(Double($0) / 29 * .log(1.5 / 0.04)) }
    var found: [(point: FitVector, error: Double)] = []
    for alpha in exponents {
      for beta in isTied ? [alpha] : exponents { found.append(solve(alpha: alpha, beta: beta)) }
    }
    return found.sorted { $0.error < $1.error }.prefix(count).map(\.point)
  }

  /// The best point with these exponents, and its sum of squared relative errors.
  func solve(alpha: Double, beta: Double) -> (point: FitVector, error: Double) {
    // Normal equations of Σ w (A x + B y + E z − 1)² with x, y, z the terms divided by the loss.
    var (xx, xy, xz, yy, yz, zz, x1, y1, z1, total) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for block in objective.blocks {
      let z = SIMD4<Double>.exp(-block.logLoss)
      let x = SIMD4<Double>.exp(-alpha * block.logSize) * z
      let y = SIMD4<Double>.exp(-beta * block.logTokens) * z
      let (wx, wy, wz) = (block.weight * x, block.weight * y, block.weight * z)
      xx += (wx * x).sum()
      xy += (wx * y).sum()
      xz += (wx * z).sum()
      yy += (wy * y).sum()
      yz += (wy * z).sum()
      zz += (wz * z).sum()
      x1 += wx.sum()
      y1 += wy.sum()
      z1 += wz.sum()
      total += block.weight.sum()
    }
    let matrix = [SIMD3(xx, xy, xz), SIMD3(xy, yy, yz), SIMD3(xz, yz, zz)]
    let (best, gain) = Self.nonnegative(matrix, SIMD3(x1, y1, z1))
    // A term that is left out starts at a thousandth of the loss, so that the search can bring it back.
    let floor = 1e-3 * total / max(z1, 1e-300)
    let logs = (0..<3).map { Double.log(max(best[$0], floor)) }
    return (FitVector(logs[0], logs[1], logs[2], alpha, beta, 0, 0, 0), total - gain)
  }

  /// Least squares with three coefficients that are not negative: of the seven sets of terms, the best that gives
  /// such; and by how much it lowers the sum of squares.
  private static func nonnegative(_ m: [SIMD3<Double>], _ v: SIMD3<Double>) -> (SIMD3<Double>, gain: Double) {
    var best = (SIMD3<Double>(repeating: 0), gain: 0.0)
    for set in [[0, 1, 2], [0, 2], [1, 2], [0, 1], [0], [1], [2]] {
      guard let solution = SymmetricMatrix.solve(set.map { row in set.map { m[row][$0] } }, set.map { v[$0] }),
        solution.allSatisfy({ $0 >= 0 })
      else { continue }
      let gain = zip(set, solution).reduce(0) { $0 + v[$1.0] * $1.1 }
      guard gain > best.gain else { continue }
      var full = SIMD3<Double>(repeating: 0)
      for (place, value) in zip(set, solution) { full[place] = value }
      best = (full, gain)
    }
    return best
  }
}

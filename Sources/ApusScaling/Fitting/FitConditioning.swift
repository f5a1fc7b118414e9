// How well a set of runs tells the law's constants apart, whatever their losses: the condition number of the matrix of
// slopes ∂ ln L / ∂(a, b, e, α, β), its columns scaled to one length (Belsley, Kuh and Welsch 1980, chapter 3).
// Above about 30 two constants are hard to tell apart; far above, they cannot be.

import ApusCore

/// The slopes of a fit's predictions by its constants.
struct FitConditioning: Sendable {
  /// ∂ ln L̂ / ∂(a, b, e, α, β) for every run, at centred ln N and ln D.
  let slopes: [FitVector]
  /// The ratio of the largest singular value of the scaled slopes to the smallest.
  let number: Double

  private let isTied: Bool

  init(_ fit: ParametricFit) {
    isTied = fit.options.isTied
    let objective = fit.problem.objective, point = objective.point(fit.parameters)
    slopes = fit.table.runs.map { run in
      let size = Double.log(run.parameters) - objective.center.x
      let data = Double.log(run.tokens) - objective.center.y
      let terms = SIMD3(
        Double.exp(point[0] - point[3] * size), .exp(point[1] - point[4] * data), .exp(point[2]))
      let shares = terms / terms.sum()
      return FitVector(shares.x, shares.y, shares.z, -shares.x * size, -shares.y * data, 0, 0, 0)
    }
    let matrix = Self.product(slopes, isTied: isTied)
    let scaled = matrix.indices.map { row in
      matrix.indices.map { matrix[row][$0] / (matrix[row][row] * matrix[$0][$0]).squareRoot() }
    }
    let values = SymmetricMatrix.eigenvalues(scaled)
    let least = max(values.first ?? 0, 0), greatest = values.last ?? 0
    number = scaled.joined().allSatisfy(\.isFinite) && least > 0 ? (greatest / least).squareRoot() : .infinity
  }

  /// The slopes by each constant that is free: tied exponents are one.
  private static func row(_ slope: FitVector, isTied: Bool) -> [Double] {
    isTied ? [slope[0], slope[1], slope[2], slope[3] + slope[4]] : (0..<5).map { slope[$0] }
  }

  /// The product of the slopes with themselves, summed over the runs.
  private static func product(_ slopes: [FitVector], isTied: Bool) -> [[Double]] {
    let count = isTied ? 4 : 5
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    for slope in slopes {
      let row = Self.row(slope, isTied: isTied)
      for i in 0..<count {
        for j in 0..<count { matrix[i][j] += row[i] * row[j] }
      }
    }
    return matrix
  }

  /// How far each run's residual moves the constants to first order, in units of what its own slopes allow:
  /// (Jᵢ (JᵀJ)⁻¹ Jᵢ)^½ |ψᵢ|; the leverage alone where the matrix has no inverse.
  func pull(_ residuals: [Double], delta: Double) -> [Double] {
    let inverse = SymmetricMatrix.inverse(Self.product(slopes, isTied: isTied))
    return zip(slopes, residuals).map { slope, residual in
      let row = Self.row(slope, isTied: isTied)
      guard let inverse else { return slope.norm * min(abs(residual), delta) }
      let leverage = row.indices.reduce(0) { sum, i in
        sum + row.indices.reduce(0) { $0 + row[i] * inverse[i][$1] * row[$1] }
      }
      return max(0, leverage).squareRoot() * min(abs(residual), delta)
    }
  }
}

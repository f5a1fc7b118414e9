// Small symmetric matrices: equations by Cholesky's factors and eigenvalues by Jacobi's rotations. For a handful of
// unknowns; nothing here is fast.

/// Operations on symmetric matrices given as rows.
enum SymmetricMatrix {
  /// The solution of `matrix` x = `right`, nil where the matrix is not positive definite to working precision.
  static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    let count = right.count
    // Rows and columns are scaled to a diagonal of ones first: coefficients may be of any size.
    let scales = (0..<count).map { matrix[$0][$0].squareRoot() }
    guard scales.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    var lower = matrix
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row][column] / (scales[row] * scales[column])
        for k in 0..<column { sum -= lower[row][k] * lower[column][k] }
        if row == column {
          guard sum > 1e-14 else { return nil }
          lower[row][row] = sum.squareRoot()
        } else {
          lower[row][column] = sum / lower[column][column]
        }
      }
    }
    var x = (0..<count).map { right[$0] / scales[$0] }
    for row in 0..<count {
      for k in 0..<row { x[row] -= lower[row][k] * x[k] }
      x[row] /= lower[row][row]
    }
    for row in (0..<count).reversed() {
      for k in (row + 1)..<max(count, row + 1) { x[row] -= lower[k][row] * x[k] }
      x[row] /= lower[row][row]
    }
    return (0..<count).map { x[$0] / scales[$0] }
  }

  /// The inverse, nil where the matrix is not positive definite.
  static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
    var columns: [[Double]] = []
    for index in matrix.indices {
      guard let column = solve(matrix, matrix.indices.map { $0 == index ? 1 : 0 }) else { return nil }
      columns.append(column)
    }
    return columns
  }

  /// The eigenvalues, the smallest first.
  static func eigenvalues(_ matrix: [[Double]]) -> [Double] {
    let count = matrix.count
    var a = matrix
    for _ in 0..<60 {
      for p in 0..<count {
        for q in (p + 1)..<max(count, p + 1) where abs(a[p][q]) > 1e-300 {
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          rotate(&a, p, q, c, t * c)
        }
      }
    }
    return a.indices.map { a[$0][$0] }.sorted()
  }

  private static func rotate(_ a: inout [[Double]], _ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for k in a.indices { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
    for k in a.indices { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
  }
}

// How uncertain a parametric law's constants are, and what follows for what is computed from them: laws drawn from the
// spread, of which intervals are the percentiles. A and α (B and β) are all but one quantity, so that only their
// covariance, never separate errors, gives a sensible interval.

import ApusCore

/// The spread of (ln A, ln B, ln E, α, β).
public struct LawUncertainty: Sendable, Equatable {
  /// What the spread is known from.
  public enum Spread: Sendable, Equatable {
    /// The covariance's lower triangle, row by row: 15 numbers.
    case covariance([Double])
    /// Fits of resampled runs.
    case resamples([LogParameters])
  }

  /// The spread.
  public var spread: Spread
  /// Where it comes from.
  public var origin: String

  /// States a spread.
  public init(_ spread: Spread, origin: String) {
    self.spread = spread
    self.origin = origin
  }

  /// Laws drawn from the spread round `law`: always the same ones.
  public func draws(of law: ParametricLaw, count: Int = 2000) -> [ParametricLaw] {
    points(round: law.constants, count: count).map { constants in
      var drawn = law
      drawn.constants = constants
      drawn.uncertainty = nil
      return drawn
    }
  }

  private func points(round center: LogParameters, count: Int) -> [LogParameters] {
    switch spread {
    case .resamples(let points): return points
    case .covariance(let triangle):
      guard let factor = Self.choleskyFactor(triangle) else { return [] }
      return (0..<count).map { center.moved(by: Self.step(factor, draw: UInt64($0))) }
    }
  }

  /// A draw from the normal distribution with this factor of its covariance.
  private static func step(_ factor: [Double], draw index: UInt64) -> [Double] {
    var stream = Philox(seed: 0x5CA1_1A35).stream(index)
    let normals = (0..<5).map { _ in stream.normal() }
    return (0..<5).map { row -> Double in
      let begin = row * (row + 1) / 2
      return zip(factor[begin...(begin + row)], normals).reduce(0) { sum, pair in sum + pair.0 * pair.1 }
    }
  }

  /// The lower triangle's Cholesky factor; nil where it is no covariance.
  static func choleskyFactor(_ triangle: [Double]) -> [Double]? {
    guard triangle.count == 15 else { return nil }
    var factor = triangle
    func at(_ row: Int, _ column: Int) -> Int { row * (row + 1) / 2 + column }
    for row in 0..<5 {
      for column in 0...row {
        let dot = (0..<column).reduce(0) { $0 + factor[at(row, $1)] * factor[at(column, $1)] }
        let rest = triangle[at(row, column)] - dot
        if row == column {
          guard rest > 0 else { return nil }
          factor[at(row, row)] = rest.squareRoot()
        } else {
          factor[at(row, column)] = rest / factor[at(column, column)]
        }
      }
    }
    return factor
  }
}

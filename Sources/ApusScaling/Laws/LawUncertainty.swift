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
    case resamples([[Double]])
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
    switch spread {
    case .resamples(let points): return points.filter { $0.count == 5 }.map { Self.law($0, like: law) }
    case .covariance(let triangle):
      guard let factor = Self.choleskyFactor(triangle) else { return [] }
      let center = [
        Double.log(law.sizeCoefficient), Double.log(law.dataCoefficient), Double.log(law.irreducible),
        law.sizeExponent, law.dataExponent,
      ]
      return (0..<count).map { index in
        Self.law(Self.point(center, factor, draw: UInt64(index)), like: law)
      }
    }
  }

  private static func point(_ center: [Double], _ factor: [Double], draw index: UInt64) -> [Double] {
    var stream = Philox(seed: 0x5CA1_1A35).stream(index)
    let normals = center.map { _ in stream.normal() }
    var point = center
    for row in point.indices {
      for column in 0...row { point[row] += factor[row * (row + 1) / 2 + column] * normals[column] }
    }
    return point
  }

  private static func law(_ point: [Double], like law: ParametricLaw) -> ParametricLaw {
    var drawn = law
    drawn.sizeCoefficient = Double.exp(point[0])
    drawn.dataCoefficient = Double.exp(point[1])
    drawn.irreducible = Double.exp(point[2])
    drawn.sizeExponent = point[3]
    drawn.dataExponent = point[4]
    drawn.uncertainty = nil
    return drawn
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

/// An interval that holds the true value with 95 % probability, as far as the spread of the constants tells.
public struct Interval: Sendable, Equatable {
  /// The 2.5th percentile.
  public var low: Double
  /// The 97.5th percentile.
  public var high: Double

  /// The percentiles of `values`, interpolated; nil for fewer than 40 of them.
  public init?(percentilesOf values: [Double]) {
    let sorted = values.filter(\.isFinite).sorted()
    guard sorted.count >= 40 else { return nil }
    func percentile(_ share: Double) -> Double {
      let position = share * Double(sorted.count - 1)
      let index = min(Int(position), sorted.count - 2)
      return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
    }
    low = percentile(0.025)
    high = percentile(0.975)
  }
}

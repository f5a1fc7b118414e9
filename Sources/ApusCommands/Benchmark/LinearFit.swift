// A line through points by least squares, with the share of the variance that it explains.

import ApusCore

/// y = intercept + slope · x.
struct LinearFit: Equatable {
  var intercept: Double
  var slope: Double
  /// Explained share of the variance, 0 ... 1; 1 where all y are equal.
  var rSquared: Double

  /// The least-squares line; nil for fewer than two different x.
  init?(_ points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    let xx = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    let xy = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    let yy = points.reduce(0) { $0 + ($1.y - meanY) * ($1.y - meanY) }
    guard points.count > 1, xx > 0 else { return nil }
    slope = xy / xx
    intercept = meanY - slope * meanX
    rSquared = yy > 0 ? xy * xy / (xx * yy) : 1
  }

  /// As JSON, in seconds and seconds per token.
  var json: JSON {
    .fields([("a", .double(intercept)), ("b", .double(slope)), ("r_squared", .double(rSquared))])
  }
}

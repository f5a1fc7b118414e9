// The lowest point of a function of one number: the planner's laws have no closed form where data is limited or experts
// are routed, and few dimensions.

import ApusCore

/// Searches along a line.
enum LineSearch {
  /// Where `value` is least in `range`: the best of a grid, then a golden section around it, to about 1e-8 of the range
  /// (a minimum cannot be told more finely by its values). Values that are not finite count as infinite.
  static func minimum(in range: ClosedRange<Double>, grid: Int = 200, _ value: (Double) -> Double) -> Double {
    func finite(_ x: Double) -> Double {
      let result = value(x)
      return result.isFinite ? result : .infinity
    }
    let step = (range.upperBound - range.lowerBound) / Double(grid)
    var best = (x: range.lowerBound, value: finite(range.lowerBound))
    for index in 1...max(1, grid) {
      let x = range.lowerBound + step * Double(index)
      let found = finite(x)
      if found < best.value { best = (x, found) }
    }
    var (low, high) = (max(range.lowerBound, best.x - step), min(range.upperBound, best.x + step))
    let golden = 0.6180339887498949
    var (left, right) = (high - golden * (high - low), low + golden * (high - low))
    var (atLeft, atRight) = (finite(left), finite(right))
    while high - low > 1e-9 * max(1, abs(best.x)) {
      if atLeft <= atRight {
        (high, right, atRight) = (right, left, atLeft)
        left = high - golden * (high - low)
        atLeft = finite(left)
      } else {
        (low, left, atLeft) = (left, right, atRight)
        right = low + golden * (high - low)
        atRight = finite(right)
      }
    }
    return (low + high) / 2
  }
}

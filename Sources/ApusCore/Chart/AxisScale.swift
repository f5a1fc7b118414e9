// From values to positions, and the ticks worth naming: multiples of 1, 2 or 5 × 10ⁿ, or the same within decades.
// After Heckbert, "Nice Numbers for Graph Labels" (Graphics Gems, 1990).

/// A mapping of a range of values onto 0...1 with its ticks.
struct AxisScale {
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let low: Double
  let high: Double
  let scale: SVGChart.Scale
  let ticks: [Tick]

  /// Covers `values` (those that can be drawn) or the axis's own range, with room of `margin` of the span on both
  /// sides.
  init(_ axis: SVGChart.Axis, values: [Double], target: Int, margin: Double) {
    scale = axis.scale
    let drawable = values.filter { AxisScale.isDrawable($0, axis.scale) }
    var range = AxisScale.range(of: drawable, scale: axis.scale, margin: margin)
    if let wanted = axis.range, AxisScale.isDrawable(wanted.lowerBound, axis.scale),
      AxisScale.isDrawable(wanted.upperBound, axis.scale), wanted.lowerBound < wanted.upperBound
    {
      range = wanted
    }
    (low, high) = (range.lowerBound, range.upperBound)
    guard axis.names.isEmpty else {
      ticks = axis.names.enumerated().map { Tick(value: Double($0), label: $1) }
      return
    }
    ticks = axis.scale == .linear ? AxisScale.linearTicks(range, target) : AxisScale.logarithmicTicks(range, target)
  }

  static func isDrawable(_ value: Double, _ scale: SVGChart.Scale) -> Bool {
    value.isFinite && (scale == .linear || value >= .leastNormalMagnitude)
  }

  /// The position of a value, 0 at the low end and 1 at the high end; nil if it cannot be drawn.
  func position(_ value: Double) -> Double? {
    guard AxisScale.isDrawable(value, scale) else { return nil }
    guard scale == .logarithmic else { return (value - low) / (high - low) }
    return (Double.log(value) - Double.log(low)) / (Double.log(high) - Double.log(low))
  }

  private static func range(of values: [Double], scale: SVGChart.Scale, margin: Double) -> ClosedRange<Double> {
    guard let least = values.min(), let most = values.max() else { return scale == .linear ? 0...1 : 1...10 }
    if scale == .logarithmic {
      let factor = least == most ? 2 : Double.pow(most / least, margin)
      return max(least / factor, .leastNormalMagnitude)...min(most * factor, .greatestFiniteMagnitude)
    }
    let room = least == most ? max(abs(least) * 0.5, 0.5) : (most - least) * margin
    // A chart of non-negative values does not go below zero for the sake of its margin.
    let low = least >= 0 ? max(0, least - room) : least - room
    let high = most + room
    return low.isFinite && high.isFinite && low < high && (high - low).isFinite ? low...high : 0...1
  }

  // MARK: Ticks

  private static func linearTicks(_ range: ClosedRange<Double>, _ target: Int) -> [Tick] {
    let rough = (range.upperBound - range.lowerBound) / Double(max(target, 1))
    let power = Double.pow(10, Double.log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    guard first.isFinite, last.isFinite, last - first < 100, abs(last) < 1e15 else { return [] }
    let values = stride(from: first, through: last, by: 1).map { $0 * step }
    let (divisor, suffix) = NumberText.scale(max(abs(range.lowerBound), abs(range.upperBound)))
    let decimals = max(0, -Int((Double.log10(step / divisor) + 1e-9).rounded(.down)))
    return values.map {
      Tick(value: $0, label: $0 == 0 ? "0" : NumberText.fixed($0 / divisor, decimals) + suffix)
    }
  }

  private static func logarithmicTicks(_ range: ClosedRange<Double>, _ target: Int) -> [Tick] {
    let decades = Double.log10(range.upperBound) - Double.log10(range.lowerBound)
    if decades < 0.6 { return linearTicks(range, target) }
    let digits: [Double] = decades < 1.6 ? [1, 2, 3, 5] : decades < 4 ? [1, 2, 5] : [1]
    let skip = max(1, Int((decades / Double(max(target, 1))).rounded(.up)))
    let first = Int(Double.log10(range.lowerBound).rounded(.down))
    let exponents = first...Int(Double.log10(range.upperBound).rounded(.up))
    return exponents.filter { decades < 4 || $0 % skip == 0 }.flatMap { exponent in
      digits.map { $0 * Double.pow(10, Double(exponent)) }
    }.filter { $0 >= range.lowerBound * 0.9999 && $0 <= range.upperBound * 1.0001 }
      .map { Tick(value: $0, label: NumberText.short($0)) }
  }
}

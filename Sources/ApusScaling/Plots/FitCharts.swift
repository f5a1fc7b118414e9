// A fit in pictures: what it leaves over, parabolas at equal compute, and the ridge on which a constant could stand
// elsewhere. Numbers in, charts out.

public import ApusCore

extension ParametricFit {
  /// What the law leaves over against the loss it gives: a fit that is right shows a band without a bend.
  public var residualChart: SVGChart {
    let points = zip(table.runs, residuals).map { run, residual in
      SVGChart.Point(parameters.loss(parameters: run.parameters, tokens: run.tokens), 100 * residual)
    }
    return SVGChart(
      title: "What the fit leaves over", subtitle: "\(table.file): \(table.runs.count) runs",
      x: .init("loss by the law", unit: table.lossUnit.rawValue), y: .init("loss found, beyond the law's", unit: "%"),
      series: [SVGChart.Series("runs", points, mark: .points)], references: [SVGChart.Reference("the law", at: 0)])
  }
}

extension FitProfile {
  /// The least objective against the quantity held: where it stays below the limit, the runs cannot tell.
  public func chart(of name: String) -> SVGChart {
    let least = points.map(\.objective).min() ?? 1
    let inside = points.filter { $0.objective <= limit + 3 * (limit - least) }
    return SVGChart(
      title: "How far \(quantity.rawValue) can be moved", subtitle: "\(name); all other constants fitted anew",
      x: .init(quantity.rawValue), y: .init("objective", unit: "of the least"),
      series: [
        SVGChart.Series("", inside.map { SVGChart.Point($0.value, $0.objective / least) }, mark: .linePoints)
      ],
      references: [SVGChart.Reference("95 % limit", at: limit / least)])
  }
}

extension IsoFLOPFit {
  /// The runs of each budget with their parabola and its lowest point.
  public var chart: SVGChart {
    var series: [SVGChart.Series] = []
    for (color, curve) in curves.enumerated() {
      let sizes = curve.runs.map(\.parameters)
      guard let low = sizes.min(), let high = sizes.max(), low < high else { continue }
      let line = (0...40).map { step -> SVGChart.Point in
        let size = low * Double.pow(high / low, Double(step) / 40)
        return SVGChart.Point(size, curve.loss(parameters: size))
      }
      series.append(SVGChart.Series("\(FormulaText.compute(curve.compute)) FLOPs", line, color: color))
      let runs = curve.runs.map { SVGChart.Point($0.parameters, $0.loss) }
      series.append(SVGChart.Series("", runs, mark: .points, color: color))
    }
    let least = curves.filter(\.isBracketed).map { SVGChart.Point($0.bestSize, $0.leastLoss) }
    series.append(SVGChart.Series("least loss", least, mark: .points, color: 7))
    return SVGChart(
      title: "Runs at equal compute", subtitle: table.file, x: .init("parameters N", scale: .logarithmic),
      y: .init("loss", unit: table.lossUnit.rawValue), series: series)
  }
}

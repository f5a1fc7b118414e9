// A fit in pictures: what it leaves over, parabolas at equal compute, best sizes against compute, and the ridge on
// which constants could stand elsewhere. Numbers in, charts out.

public import ApusCore

extension ParametricFit {
  /// What the law leaves over against the loss it gives: a fit that is right shows a band without a bend.
  public var residualChart: SVGChart {
    let points = zip(table.runs, residuals).map { run, residual in
      SVGChart.Point(parameters.loss(parameters: run.parameters, tokens: run.tokens), 100 * residual)
    }
    return SVGChart(
      title: "What the fit leaves over", subtitle: "\(table.name): \(table.runs.count) runs",
      x: .init("loss by the law", unit: table.lossUnit.words), y: .init("loss found, beyond the law's", unit: "%"),
      series: [SVGChart.Series("runs", points, mark: .points)], references: [SVGChart.Reference("the law", at: 0)])
  }
}

extension Bootstrap {
  /// A and α of the resamples: along the ridge a larger A with a larger α fits nearly as well.
  public func ridgeChart(of fit: ParametricFit) -> SVGChart {
    // A resample that lacks the term has no A to speak of and would flatten the rest.
    let middle = interval(of: \.a, level: 0.99)
    let points = laws.prefix(1000).filter { middle.contains($0.a) }.map {
      SVGChart.Point($0.alpha, $0.sizeCoefficient)
    }
    let best = SVGChart.Point(fit.parameters.alpha, fit.parameters.sizeCoefficient)
    return SVGChart(
      title: "The ridge: A and α are one quantity",
      subtitle: "\(fit.table.name); each dot a law fitted to resampled runs",
      x: .init("α"), y: .init("A", scale: .logarithmic),
      series: [
        SVGChart.Series("resamples", points, mark: .points), SVGChart.Series("the fit", [best], mark: .points),
      ])
  }
}

extension FitProfile {
  /// The least objective against the quantity held: where it stays below the limit, the runs cannot tell.
  public func chart(of name: String) -> SVGChart {
    Self.chart(
      points, limit: limit, of: quantity.symbol, subtitle: "\(name); all other constants fitted anew", scale: .linear)
  }

  static func chart(
    _ points: [Point], limit: Double, of quantity: String, subtitle: String, scale: SVGChart.Scale
  ) -> SVGChart {
    let least = points.map(\.objective).min() ?? 1
    let inside = points.filter { $0.objective <= limit + 3 * (limit - least) }
    return SVGChart(
      title: "How far \(quantity) can be moved", subtitle: subtitle,
      x: .init(quantity, scale: scale), y: .init("objective", unit: "of the least"),
      series: [
        SVGChart.Series("", inside.map { SVGChart.Point($0.value, $0.objective / least) }, mark: .linePoints)
      ],
      references: [SVGChart.Reference("95 % limit", at: limit / least)])
  }
}

extension RepetitionFit {
  /// The least objective against R_D*.
  public var chart: SVGChart {
    FitProfile.chart(
      profile, limit: limit, of: "R_D*", subtitle: "\(table.name); R_N* fitted anew", scale: .logarithmic)
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
      series.append(SVGChart.Series(FormulaText.compute(curve.compute), line, color: color))
      let runs = curve.runs.map { SVGChart.Point($0.parameters, $0.loss) }
      series.append(SVGChart.Series("", runs, mark: .points, color: color))
    }
    let least = curves.filter(\.isBracketed).map { SVGChart.Point($0.bestSize, $0.leastLoss) }
    series.append(SVGChart.Series("least loss", least, mark: .points, color: 7))
    return SVGChart(
      title: "Runs at equal compute", subtitle: "\(table.name); each curve bears its FLOPs",
      x: .init("parameters N", scale: .logarithmic), y: .init("loss", unit: table.lossUnit.words), series: series)
  }

  /// The best size of each budget and the power law through them.
  public var frontierChart: SVGChart {
    let optima = curves.filter(\.isBracketed).map { SVGChart.Point($0.compute, $0.bestSize) }
    return frontier.chart(optima, named: "lowest points", of: table.name, hasBand: true)
  }
}

extension EnvelopeFit {
  /// The size of the best curve at each budget and the power law through them.
  public var chart: SVGChart {
    let best = points.map { SVGChart.Point($0.compute, $0.parameters) }
    return frontier.chart(best, named: "best curve", of: table.name, hasBand: false)
  }
}

extension FrontierFit {
  /// The power law through optima and ten times beyond them on either side.
  func chart(_ optima: [SVGChart.Point], named name: String, of file: String, hasBand: Bool) -> SVGChart {
    let (low, high) = (computes.lower / 10, computes.upper * 10)
    let budgets = (0...60).map { low * Double.pow(high / low, Double($0) / 60) }
    let line = budgets.map { SVGChart.Point($0, optimum(compute: $0).parameters) }
    var series = [SVGChart.Series("N = k C^\(NumberText.fixed(exponent, 3))", line, color: 0)]
    for (name, edge) in [("97.5 %", \ConfidenceInterval.upper), ("2.5 %", \.lower)] where hasBand && count > 2 {
      let points = budgets.map { SVGChart.Point($0, sizeInterval(compute: $0)[keyPath: edge]) }
      series.append(SVGChart.Series(name, points, mark: .dashed, color: 0))
    }
    return SVGChart(
      title: "The best size for a budget", subtitle: file + (hasBand ? "; dashed: its 95 % interval" : ""),
      x: .init("compute", unit: "FLOPs", scale: .logarithmic), y: .init("parameters N", scale: .logarithmic),
      series: series + [SVGChart.Series(name, optima, mark: .points, color: 1)])
  }
}

// The loss curves of a run as an SVG: the smoothed training loss, the validation points, and the floor where it is
// known. Losses in, picture out.

import ApusCore

/// A picture of loss against steps.
public struct LossPlot: Sendable {
  /// What the curves are made of.
  public var history: LossHistory
  /// The headline.
  public var title: String
  /// The loss that no model can go below, in nats; nil where nobody knows.
  public var floor: Double?

  /// A picture of `history`.
  public init(_ history: LossHistory, title: String, floor: Double? = nil) {
    self.history = history
    self.title = title
    self.floor = floor
  }

  /// The SVG document.
  public func render() -> String {
    func points(_ points: [LossHistory.Point]) -> [SVGChart.Point] {
      points.map { SVGChart.Point(Double($0.step), $0.loss) }
    }
    var series = [SVGChart.Series("training (smoothed)", points(history.training))]
    if !history.validation.isEmpty {
      series.append(SVGChart.Series("validation", points(history.validation), mark: .linePoints))
    }
    return SVGChart(
      title: title, x: SVGChart.Axis("step"), y: SVGChart.Axis("loss", unit: "nats per token"), series: series,
      references: floor.map { [SVGChart.Reference("floor", at: $0)] } ?? []
    ).render()
  }
}

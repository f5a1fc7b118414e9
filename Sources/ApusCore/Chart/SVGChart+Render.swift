// Turning a chart into SVG text: layout, colours, labels that do not overlap, long lines thinned to the pixels there
// are.

extension SVGChart {
  /// The whole SVG document; the same chart gives the same bytes.
  public func render() -> String {
    SVGRenderer(self).document()
  }
}

/// One rendering: the chart with its layout.
private struct SVGRenderer {
  let chart: SVGChart
  let xScale: AxisScale
  let yScale: AxisScale
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  /// The names of series without a line's end to stand at.
  let legend: [(name: String, color: Int)]

  init(_ chart: SVGChart) {
    self.chart = chart
    let points = chart.series.flatMap(\.points)
    func values(_ direction: SVGChart.Reference.Direction) -> [Double] {
      chart.references.filter { $0.direction == direction }.map(\.value)
    }
    // A point counts for the ranges only if both its coordinates can be drawn.
    let drawn = points.filter {
      AxisScale.isDrawable($0.x, chart.x.scale) && AxisScale.isDrawable($0.y, chart.y.scale)
    }
    let size = (width: Double(max(chart.width, 240)), height: Double(max(chart.height, 160)))
    xScale = AxisScale(chart.x, values: drawn.map(\.x) + values(.vertical), target: 8, margin: 0)
    yScale = AxisScale(chart.y, values: drawn.map(\.y) + values(.horizontal), target: 6, margin: 0.07)

    let named = chart.series.enumerated().filter { !$0.element.name.isEmpty }
    legend = named.filter { !SVGRenderer.isNamedAtItsEnd($0.element) }
      .map { ($0.element.name, $0.element.color ?? $0.offset) }
    let widest = named.filter { SVGRenderer.isNamedAtItsEnd($0.element) }.map { SVGRenderer.width($0.element.name, 13) }
    let tickWidth = yScale.ticks.map { SVGRenderer.width($0.label, 12) }.max() ?? 0
    left = max(44, tickWidth + 30)
    right = size.width - min((widest.max() ?? 0) + 30, size.width / 3)
    top = (chart.subtitle.isEmpty ? 74 : 96) + (legend.isEmpty ? 0 : 22)
    bottom = size.height - 52
  }

  /// Lines are named where they end; clouds of dots and empty series in the legend.
  static func isNamedAtItsEnd(_ series: SVGChart.Series) -> Bool { series.mark != .points && !series.points.isEmpty }

  /// About how wide a text is in a sans-serif face.
  static func width(_ text: String, _ size: Double) -> Double { Double(text.count) * size * 0.56 }

  func document() -> String {
    let (width, height) = (max(chart.width, 240), max(chart.height, 160))
    let parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
        + "height=\"\(height)\" "
        + "role=\"img\" aria-label=\"\(escape(chart.title))\">",
      "<title>\(escape(chart.title))</title>", style,
      "<rect class=\"ground\" width=\"\(width)\" height=\"\(height)\" rx=\"10\"/>",
      heading, legendText, grid, lines, references, names, "</svg>",
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  // MARK: Positions

  func pixelX(_ value: Double) -> Double? { xScale.position(value).map { near(left + $0 * (right - left)) } }

  func pixelY(_ value: Double) -> Double? { yScale.position(value).map { near(bottom - $0 * (bottom - top)) } }

  /// A position kept near the picture, so that a value far outside the axes still has coordinates.
  func near(_ position: Double) -> Double { min(max(position, -9999), 9999) }

  /// A coordinate with one decimal.
  func number(_ value: Double) -> String {
    let tenths = Int((near(value) * 10).rounded())
    let text = "\(abs(tenths) / 10)" + (tenths % 10 == 0 ? "" : ".\(abs(tenths) % 10)")
    return tenths < 0 ? "-" + text : text
  }

  // MARK: Words and axes

  /// A word over lines, on a halo of the ground's colour.
  func mark(_ text: String, _ x: Double, _ y: Double) -> String {
    let halo = "<g aria-hidden=\"true\">\(word(text, "halo", x, y))</g>"
    return halo + word(text, "mark", x, y)
  }

  func word(_ text: String, _ style: String, _ x: Double, _ y: Double, anchor: String? = nil) -> String {
    let anchored = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    return "<text class=\"\(style)\"\(anchored) x=\"\(number(x))\" y=\"\(number(y))\">\(escape(text))</text>"
  }

  var heading: String {
    let title = word(chart.title, "title", 24, 36)
    return chart.subtitle.isEmpty ? title : title + "\n" + word(chart.subtitle, "quiet", 24, 58)
  }

  var legendText: String {
    var x = 24.0
    let y = chart.subtitle.isEmpty ? 58.0 : 80.0
    return legend.map { name, color in
      let text =
        "<circle class=\"\(fill(color))\" cx=\"\(number(x + 4))\" cy=\"\(number(y - 4))\" r=\"4\"/>"
        + word(name, "name", x + 14, y)
      x += Self.width(name, 13) + 38
      return text
    }.joined(separator: "\n")
  }

  var grid: String {
    var parts: [String] = []
    for tick in yScale.ticks {
      guard let y = pixelY(tick.value), y >= top - 0.5, y <= bottom + 0.5 else { continue }
      parts.append("<path class=\"grid\" d=\"M\(number(left)) \(number(y))H\(number(right))\"/>")
      parts.append(word(tick.label, "tick", left - 8, y + 4, anchor: "end"))
    }
    parts.append("<path class=\"axis\" d=\"M\(number(left)) \(number(bottom))H\(number(right))\"/>")
    for tick in xScale.ticks {
      guard let x = pixelX(tick.value), x >= left - 0.5, x <= right + 0.5 else { continue }
      parts.append("<path class=\"axis\" d=\"M\(number(x)) \(number(bottom))v4\"/>")
      parts.append(word(tick.label, "tick", x, bottom + 19, anchor: "middle"))
    }
    parts.append(word(caption(chart.x), "quiet", right, bottom + 40, anchor: "end"))
    parts.append(word(caption(chart.y), "quiet", 24, top - 12))
    return parts.joined(separator: "\n")
  }

  func caption(_ axis: SVGChart.Axis) -> String { axis.unit.map { "\(axis.label) (\($0))" } ?? axis.label }

  var references: String {
    chart.references.compactMap { reference -> String? in
      switch reference.direction {
      case .horizontal:
        guard let y = pixelY(reference.value), y >= top - 0.5, y <= bottom + 0.5 else { return nil }
        return "<path class=\"reference\" d=\"M\(number(left)) \(number(y))H\(number(right))\"/>"
          + mark(reference.label, left + 8, bottom - y > 18 ? y + 15 : y - 6)
      case .vertical:
        guard let x = pixelX(reference.value), x >= left - 0.5, x <= right + 0.5 else { return nil }
        return "<path class=\"reference\" d=\"M\(number(x)) \(number(bottom))V\(number(top))\"/>"
          + mark(reference.label, x + 6, top + 12)
      }
    }.joined(separator: "\n")
  }

  // MARK: Series

  var lines: String {
    let clip =
      "<clipPath id=\"plot\"><rect x=\"\(number(left - 6))\" y=\"\(number(top - 6))\" "
      + "width=\"\(number(right - left + 12))\" "
      + "height=\"\(number(bottom - top + 12))\"/></clipPath>"
    let drawn = chart.series.enumerated().map { index, series in draw(series, color: series.color ?? index) }
    return "<defs>\(clip)</defs>\n<g clip-path=\"url(#plot)\">\n"
      + drawn.filter { !$0.isEmpty }.joined(separator: "\n") + "\n</g>"
  }

  func draw(_ series: SVGChart.Series, color: Int) -> String {
    let runs = connected(series.points)
    var parts: [String] = []
    if series.mark != .points {
      let path = runs.filter { $0.count > 1 }.map { run in
        "M" + thinned(run).map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
      }.joined()
      let kind = series.mark == .faint ? " faint" : series.mark == .dashed ? " dashed" : ""
      if !path.isEmpty { parts.append("<path class=\"line \(stroke(color))\(kind)\" d=\"\(path)\"/>") }
    }
    // Dots: all of them where asked; otherwise those that no line would show.
    let dotted = series.mark == .points || series.mark == .linePoints
    for point in dotted ? runs.joined().map({ $0 }) : runs.filter({ $0.count == 1 }).joined().map({ $0 }) {
      parts.append("<circle class=\"\(fill(color))\" cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"3.5\"/>")
    }
    return parts.joined(separator: "\n")
  }

  /// The stretches of points that can be drawn, in pixels.
  func connected(_ points: [SVGChart.Point]) -> [[SVGChart.Point]] {
    var runs: [[SVGChart.Point]] = [[]]
    for point in points {
      if let x = pixelX(point.x), let y = pixelY(point.y) {
        runs[runs.count - 1].append(SVGChart.Point(x, y))
      } else if runs.last?.isEmpty == false {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  /// At most four points a pixel column: the first, the extremes, the last. A line of a million steps stays small and
  /// looks the same.
  func thinned(_ run: [SVGChart.Point]) -> [SVGChart.Point] {
    guard run.count > 4 * Int(right - left) else { return run }
    var kept: [SVGChart.Point] = []
    var column: [SVGChart.Point] = []
    func close() {
      guard let first = column.first, let last = column.last else { return }
      let low = column.indices.min { column[$0].y < column[$1].y } ?? 0
      let high = column.indices.max { column[$0].y < column[$1].y } ?? 0
      let inner = [min(low, high), max(low, high)].filter { $0 != 0 && $0 != column.count - 1 }
      kept.append(first)
      kept += low == high ? inner.prefix(1).map { column[$0] } : inner.map { column[$0] }
      if column.count > 1 { kept.append(last) }
      column.removeAll(keepingCapacity: true)
    }
    for point in run {
      if let first = column.first, Int(first.x) != Int(point.x) { close() }
      column.append(point)
    }
    close()
    return kept
  }

  /// The names at the ends of the lines, moved apart where they would overlap.
  var names: String {
    var labels: [(name: String, color: Int, x: Double, y: Double)] = []
    for (index, series) in chart.series.enumerated() where !series.name.isEmpty && Self.isNamedAtItsEnd(series) {
      guard let end = connected(series.points).last?.last else { continue }
      labels.append((series.name, series.color ?? index, min(end.x, right), min(max(end.y, top), bottom)))
    }
    labels.sort { $0.y < $1.y }
    for index in labels.indices.dropFirst() { labels[index].y = max(labels[index].y, labels[index - 1].y + 17) }
    // What was moved below the axis goes up again, and only what is in its way.
    if let last = labels.indices.last { labels[last].y = min(labels[last].y, bottom) }
    for index in labels.indices.dropLast().reversed() {
      labels[index].y = min(labels[index].y, labels[index + 1].y - 17)
    }
    return labels.map { word($0.name, "name \(fill($0.color))", $0.x + 9, $0.y + 4) }.joined(separator: "\n")
  }

  // MARK: Colours and characters

  static let palette: [(light: String, dark: String)] = [
    ("#2563eb", "#7aa7ff"), ("#d9480f", "#ff9d5c"), ("#0b8457", "#4fd1a1"), ("#8b3fd1", "#c79bff"),
    ("#c2255c", "#ff8ab0"), ("#0e7490", "#5ccfe6"), ("#8a6d00", "#e6c84f"), ("#596579", "#a9b4c4"),
  ]

  func stroke(_ color: Int) -> String { "s\(slot(color))" }

  func fill(_ color: Int) -> String { "f\(slot(color))" }

  func slot(_ color: Int) -> Int { ((color % Self.palette.count) + Self.palette.count) % Self.palette.count }

  var style: String {
    func colors(_ pick: ((light: String, dark: String)) -> String) -> String {
      Self.palette.enumerated().map { index, pair in
        ".s\(index){stroke:\(pick(pair))}.f\(index){fill:\(pick(pair))}"
      }.joined()
    }
    return """
      <style>
      text{font-family:Inter,"Helvetica Neue",Helvetica,Arial,"DejaVu Sans",sans-serif;font-size:12px}
      .title{font-size:19px;font-weight:600;fill:#16202e}.quiet{font-size:13px;fill:#5b6675}.tick{fill:#5b6675}
      .name{font-size:13px;font-weight:500;fill:#3d4757}
      .mark{fill:#3d4757}.halo{fill:none;stroke:#ffffff;stroke-width:3;stroke-linejoin:round}
      .ground{fill:#ffffff}.grid{stroke:#e8ebf0;stroke-width:1;fill:none}.axis{stroke:#9aa5b4;stroke-width:1;fill:none}
      .reference{stroke:#3d4757;stroke-width:1.2;stroke-dasharray:2 4;fill:none;stroke-linecap:round}
      .line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
      .faint{stroke-width:1;stroke-opacity:.28}.dashed{stroke-dasharray:7 5}
      \(colors(\.light))
      @media (prefers-color-scheme:dark){
      .title{fill:#f1f4f8}.quiet,.tick{fill:#a3afbf}.mark{fill:#c9d2de}.halo{stroke:#12171f}.name{fill:#c9d2de}
      .ground{fill:#12171f}
      .grid{stroke:#232b37}.axis{stroke:#566274}.reference{stroke:#c9d2de}
      \(colors(\.dark))
      }
      </style>
      """
  }

  /// Text as XML text: markup escaped, characters that XML forbids left out.
  func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      default: if scalar.value >= 0x20, scalar.value & 0xFFFE != 0xFFFE { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }
}

import Testing

@testable import ApusCore

@Suite struct ChartTests {
  private func chart(_ points: [(Double, Double)], scale: SVGChart.Scale = .linear, mark: SVGChart.Mark = .line)
    -> SVGChart
  {
    SVGChart(
      title: "Loss", x: .init("step"), y: .init("loss", unit: "bits", scale: scale),
      series: [.init("run", points.map { .init($0.0, $0.1) }, mark: mark)])
  }

  @Test func theSameChartGivesTheSameBytes() {
    let one = chart((1...500).map { (Double($0), 1 / Double($0)) }).render()
    #expect(one == chart((1...500).map { (Double($0), 1 / Double($0)) }).render())
    #expect(one.hasPrefix("<svg ") && one.hasSuffix("</svg>\n"))
    #expect(one.contains(">run</text>") && one.contains(">loss (bits)</text>"))
  }

  @Test func textIsEscaped() {
    var odd = chart([(0, 1), (1, 2)])
    odd.title = "a < b & \"c\"\u{0}\u{FFFF}"
    odd.series[0].name = "</text>"
    let text = odd.render()
    #expect(text.contains("a &lt; b &amp; &quot;c&quot;</text>"))
    #expect(text.contains("&lt;/text&gt;</text>"))
    #expect(!text.unicodeScalars.contains("\u{0}") && !text.unicodeScalars.contains("\u{FFFF}"))
  }

  @Test(
    arguments: [
      [], [(1, 1)], [(.nan, 1), (1, .infinity)], [(0, 0), (1, 0)], [(0, -5), (1, -3)], [(0, 1e300), (1, -1e300)],
      [(1e-300, 1e-300), (1e300, 1e300)], [(0, .greatestFiniteMagnitude), (1, -.greatestFiniteMagnitude)],
    ] as [[(Double, Double)]])
  func oddDataStillGivesAChart(points: [(Double, Double)]) {
    for scale in [SVGChart.Scale.linear, .logarithmic] {
      let text = chart(points, scale: scale).render()
      #expect(text.hasSuffix("</svg>\n"))
      #expect(!text.contains("nan") && !text.contains("inf"))
    }
  }

  @Test func valuesFarOutsideTheAxesAreClipped() {
    var wild = chart((0..<9000).map { (Double($0), $0 == 5 ? 1e300 : 1) })
    wild.y.range = 0...2
    #expect(wild.render().contains("-9999"))
  }

  @Test func aGapInterruptsTheLineAndALonePointIsADot() {
    let gap = chart([(0, 1), (1, 2), (2, .nan), (3, 1), (4, 2)]).render()
    let path = gap.split(separator: "\n").first { $0.contains("class=\"line") } ?? ""
    #expect(path.filter { $0 == "M" }.count == 2)
    #expect(chart([(0, 1), (1, .nan), (2, 3), (3, 4)]).render().contains("<circle"))
  }

  @Test func longLinesAreThinnedButKeepTheirExtremes() {
    let points = (0..<200_000).map { (Double($0), $0 == 77_777 ? 50.0 : Double($0 % 7)) }
    let text = chart(points).render()
    #expect(text.utf8.count < 80_000)
    // The peak at 50 of an axis that ends at 53.5 lies in the top tenth of the plot.
    let path = text.split(separator: "\n").first { $0.contains("class=\"line") } ?? ""
    let heights = path.split(whereSeparator: { "ML\"".contains($0) }).compactMap { pair in
      pair.split(separator: " ").count == 2 ? pair.split(separator: " ").last.flatMap { Double($0) } : nil
    }
    #expect(heights.count > 1000 && (heights.min() ?? 999) < 110)
  }

  @Test func ticksAreRoundNumbers() {
    func labels(_ range: ClosedRange<Double>, _ scale: SVGChart.Scale = .linear) -> [String] {
      AxisScale(.init("", scale: scale, range: range), values: [], target: 6, margin: 0).ticks.map(\.label)
    }
    #expect(labels(0...1) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(0...6000) == ["0", "1000", "2000", "3000", "4000", "5000", "6000"])
    #expect(labels(0...50_000).last == "50k")
    #expect(labels(1...1000, .logarithmic).first == "1")
    #expect(labels(1e18...1e24, .logarithmic) == ["10¹⁸", "10¹⁹", "10²⁰", "10²¹", "10²²", "10²³", "10²⁴"])
    #expect(labels(-1...(-0.5)).allSatisfy { $0.hasPrefix("−") })
  }

  @Test func logarithmicPositionsAreEvenByRatio() throws {
    let scale = AxisScale(.init("", scale: .logarithmic), values: [1, 10_000], target: 6, margin: 0)
    let middle = try #require(scale.position(100))
    #expect(abs(middle - 0.5) < 1e-12)
    #expect(scale.position(0) == nil && scale.position(-1) == nil && scale.position(.nan) == nil)
  }

  @Test func numbersForPeople() {
    #expect(NumberText.short(1234) == "1.23k" && NumberText.short(999.6) == "1k" && NumberText.short(3.07e6) == "3.07M")
    #expect(NumberText.short(7e10) == "70B" && NumberText.short(1.4e12) == "1.4T" && NumberText.short(1e-5) == "10⁻⁵")
    #expect(NumberText.fixed(-0.004, 2) == "0.00" && NumberText.fixed(-1.005, 1) == "−1.0")
    #expect(NumberText.grouped(1_234_567) == "1,234,567" && NumberText.grouped(-12) == "−12")
    #expect(NumberText.duration(8.21) == "8.2 s" && NumberText.duration(125) == "2 min 05 s")
    #expect(NumberText.duration(11_400) == "3 h 10 min" && NumberText.duration(.nan) == "–")
  }

  @Test func sparklines() {
    #expect(Sparkline.text([3, 2, 1], width: 3) == "█▅▁")
    #expect(Sparkline.text([1, 1], width: 9) == "▄▄" && Sparkline.text([.nan], width: 9).isEmpty)
    let rows = Sparkline.braille([1, 0.5, 0], width: 10, rows: 3, range: 0...1)
    #expect(rows.count == 3 && rows.allSatisfy { $0.unicodeScalars.count == 10 })
    #expect(Sparkline.braille([], width: 4, rows: 1, range: 0...1) == ["⠀⠀⠀⠀"])
  }
}

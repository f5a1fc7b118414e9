// A plan as a folder that one can show: report.md and report.html with the same words, and the charts beside them.

import ApusCore
import ApusScaling

/// The report of a plan.
struct ScalingReport {
  private let words: PlanWords

  init(_ words: PlanWords) { self.words = words }

  private var plan: ScalingPlan { words.plan }

  /// Writes the files, each whole or not at all.
  ///
  /// - Throws: A folder that cannot be made or written.
  func write(to folder: String) throws(ApusError) {
    try FileSystem.makeFolders(folder)
    for chart in charts { try AtomicFile.write(chart.chart.render(), to: FileSystem.join(folder, chart.file)) }
    try AtomicFile.write(markdown, to: FileSystem.join(folder, "report.md"))
    try AtomicFile.write(html, to: FileSystem.join(folder, "report.html"))
    try AtomicFile.write(words.json.text(pretty: true) + "\n", to: FileSystem.join(folder, "plan.json"))
  }

  private var charts: [(file: String, caption: String, chart: SVGChart)] {
    let (request, compute) = (plan.request, plan.request.budget.compute)
    let charts = ScalingCharts(request.law, compute: compute)
    var runs: [(String, Allocation)] = [
      ("this plan", Allocation(parameters: plan.parameters.value, tokens: plan.tokens.value))
    ]
    if let life = plan.lifetime { runs.append(("cheapest in use", life.allocation)) }
    return [
      ("isoflop.svg", "What size costs and gains at one budget: the valley is flat.", charts.isoFLOP),
      ("frontier.svg", "The best size for every budget; laws differ more than the interval says.", charts.frontier),
      (
        "contours.svg", "The same loss from few parameters and many tokens, or the other way round.",
        charts.contours(runs)
      ),
      (
        "lifetime.svg", "The more a model is used, the further a smaller one should be trained.",
        charts.lifetimeCost(inferenceWeight: request.inferenceWeight)
      ),
    ]
  }

  private var title: String { "A training plan for \(FormulaText.compute(plan.request.budget.compute)) FLOPs" }

  private var sections: [(title: String, lines: [String])] {
    [
      ("Budget and law", words.heading), ("Parameters, tokens, loss", words.optimum + [""] + words.choices),
      ("Shape", words.shape), ("Time and memory", words.costs), ("Batch and learning rate", words.advice),
      ("Use", words.lifetime), ("Text", words.data), ("How", words.formulas), ("What to doubt", words.warnings),
    ].filter { !$0.1.isEmpty }
  }

  var markdown: String {
    let text = sections.map { "## \($0.title)\n\n```text\n\($0.lines.joined(separator: "\n"))\n```\n" }
    let pictures = charts.map { "![\($0.caption)](\($0.file))\n\n\($0.caption)\n" }
    return (["# \(title)\n"] + text + ["## Pictures\n"] + pictures).joined(separator: "\n")
  }

  var html: String {
    let text = sections.map {
      "<h2>\(Self.escaped($0.title))</h2>\n<pre>\(Self.escaped($0.lines.joined(separator: "\n")))</pre>"
    }
    let pictures = charts.map {
      "<figure>\n<img src=\"\($0.file)\" alt=\"\(Self.escaped($0.chart.title))\">\n"
        + "<figcaption>\(Self.escaped($0.caption))</figcaption>\n</figure>"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>\(Self.escaped(title))</title>
      <style>
      body{font:16px/1.5 system-ui,sans-serif;max-width:58rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
      pre{overflow-x:auto;padding:.8rem 1rem;border:1px solid #8884;border-radius:8px;font-size:13px;line-height:1.45}
      figure{margin:1.5rem 0}svg,img{max-width:100%;height:auto}figcaption{opacity:.75;font-size:14px}
      </style>
      </head>
      <body>
      <h1>\(Self.escaped(title))</h1>
      \(text.joined(separator: "\n"))
      <h2>Pictures</h2>
      \(pictures.joined(separator: "\n"))
      </body>
      </html>

      """
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}

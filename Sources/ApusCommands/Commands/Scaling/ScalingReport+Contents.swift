// What stands in the reports of plans and fits.

import ApusCore
import ApusScaling

extension PlanWords {
  var report: ScalingReport {
    ScalingReport(
      title: "A training plan for \(FormulaText.compute(plan.request.budget.compute)) FLOPs",
      sections: [
        ("Budget and law", heading), ("Parameters, tokens, loss", optimum + [""] + choices), ("Shape", shape),
        ("Time and memory", costs), ("Batch and learning rate", advice), ("Use", lifetime), ("Text", data),
        ("How", formulas), ("What to doubt", warnings),
      ],
      pictures: pictures, numbers: ("plan.json", json))
  }

  private var pictures: [ScalingReport.Picture] {
    let request = plan.request
    let charts = ScalingCharts(request.law, compute: plan.compute)
    let own = Allocation(parameters: plan.parameters.value, tokens: plan.tokens.value)
    let used = plan.lifetime.map { [("cheapest in use", [$0.allocation])] } ?? []
    return charts.pictures(of: [("this plan", [own])] + used) + [
      ScalingReport.Picture(
        file: "lifetime.svg", caption: "The more a model is used, the further a smaller one should be trained.",
        chart: charts.lifetimeCost(inferenceWeight: request.inferenceWeight))
    ]
  }
}

extension ScalingCharts {
  /// What a law says of every budget, with groups of runs among its contours.
  func pictures(of runs: [(name: String, allocations: [Allocation])]) -> [ScalingReport.Picture] {
    [
      ScalingReport.Picture(
        file: "isoflop.svg", caption: "What size costs and gains at one budget: the valley is flat.", chart: isoFLOP),
      ScalingReport.Picture(
        file: "frontier.svg", caption: "The best size for every budget; laws differ more than the interval says.",
        chart: frontier),
      ScalingReport.Picture(
        file: "contours.svg", caption: "The same loss from few parameters and many tokens, or the other way round.",
        chart: contours(runs)),
    ]
  }
}

extension FitAnswer {
  var report: ScalingReport {
    ScalingReport(
      title: "\(title) to \(table.name)",
      sections: [
        ("Runs and search", summary), ("Constants", constantLines), ("Best use of budgets", predictionLines),
        ("Can it be trusted?", healthLines), ("How", formulas),
      ],
      pictures: pictures(), numbers: ("fit.json", json))
  }
}

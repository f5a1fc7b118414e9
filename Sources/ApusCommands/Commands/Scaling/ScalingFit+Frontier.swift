// `apus scaling fit` by parabolas, envelopes and repetition: the approaches that need no law of the loss, or one given.

import ApusCore
import ApusScaling

extension ScalingFit {
  func isoflop(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try IsoFLOPFit(table, IsoFLOPOptions(nearBest: nearBest ?? 1.08))
    var answer = frontierAnswer(
      "IsoFLOP parabolas (approach 2) fitted", table, fit.frontier, findings: fit.frontier.findings())
    answer.notes = fit.notes
    answer.pictures = {
      [
        ScalingReport.Picture(
          file: "isoflop.svg", caption: "Runs at equal compute, a parabola for each budget.", chart: fit.chart),
        ScalingReport.Picture(
          file: "frontier.svg", caption: "Each budget's lowest point, and the power law through them.",
          chart: fit.frontierChart),
      ]
    }
    answer.extra.append(("curves", .array(fit.curves.map(Self.json))))
    answer.formulas.insert(
      "for each budget L = c₀ + c₁ ln N + c₂ (ln N)² by least squares; best size e^(−c₁ / 2c₂)", at: 0)
    return answer
  }

  func envelope(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try EnvelopeFit(table, resamples: resamples, seed: seed ?? 0)
    let interval = fit.exponentInterval()
    var answer = frontierAnswer(
      "Envelope of training curves (approach 1) fitted", table, fit.frontier, findings: fit.findings,
      interval: interval)
    // Bins of one curve share its luck, so a straight line's own intervals through hundreds of them mean nothing.
    for index in answer.predictions.indices {
      answer.predictions[index].sizes = nil
      answer.predictions[index].tokensRange = nil
    }
    answer.formulas.insert(
      "for each of 1,500 numbers of FLOPs the curve of least loss; \(fit.points.count) have one between the smallest "
        + "and the largest size", at: 0)
    answer.pictures = {
      [
        ScalingReport.Picture(
          file: "frontier.svg", caption: "The size that is ahead at each budget, and the power law through them.",
          chart: fit.chart)
      ]
    }
    return answer
  }

  private func frontierAnswer(
    _ title: String, _ table: RunTable, _ frontier: FrontierFit, findings: [FitHealth.Finding],
    interval: ConfidenceInterval? = nil
  ) -> FitAnswer {
    var answer = FitAnswer(title: title, table: table)
    answer.constants = [
      FitAnswer.Constant(name: "k", value: frontier.coefficient),
      FitAnswer.Constant(
        name: "a", value: frontier.exponent, error: interval == nil ? frontier.exponentError : nil,
        interval: interval ?? frontier.exponentInterval()),
    ]
    answer.predictions = budgets(table).map { compute in
      let best = frontier.optimum(compute: compute), sizes = frontier.sizeInterval(compute: compute)
      return FitAnswer.Prediction(
        compute: compute, size: best.parameters, sizes: sizes, tokens: best.tokens,
        tokensRange: ConfidenceInterval(compute / 6 / sizes.upper, compute / 6 / sizes.lower))
    }
    answer.findings = findings
    answer.formulas = [
      "best size N = k C^a = \(FitAnswer.number(frontier.coefficient)) × C^\(FitAnswer.number(frontier.exponent)), "
        + "best tokens D = C / (6 N)"
    ]
    answer.file = LawFile(
      name: name, source: "\(title) to \(table.runs.count) rows of \(table.name)",
      form: .frontier(coefficient: frontier.coefficient, exponent: frontier.exponent), counts: counts.chosen,
      table: table, findings: findings)
    return answer
  }

  func repetition(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try RepetitionFit(table, delta: huberDelta)
    var answer = FitAnswer(title: "The value of repeated data fitted", table: table)
    answer.constants = [
      FitAnswer.Constant(name: "R_D*", value: fit.dataConstant, profile: fit.interval),
      FitAnswer.Constant(name: "R_N*", value: fit.sizeConstant),
    ]
    answer.findings = fit.findings
    let n = FitAnswer.number
    answer.formulas = [
      "D' = U + U R_D* (1 − exp(−R_D / R_D*)), R_D = D/U − 1, U unique tokens; N' likewise with R_N*",
      "L = \(n(fit.law.irreducible)) + \(n(fit.law.sizeCoefficient)) / N'^\(n(fit.law.alpha)) + "
        + "\(n(fit.law.dataCoefficient)) / D'^\(n(fit.law.beta)), fitted with α = β to the rows without repetition",
    ]
    answer.pictures = {
      [
        ScalingReport.Picture(
          file: "profile-R_D.svg", caption: "Values below the limit fit as well within chance.", chart: fit.chart)
      ]
    }
    answer.extra = [
      ("objective", .double(fit.objective)),
      (
        "profile",
        .array(fit.profile.map { .fields([("R_D", .double($0.value)), ("objective", .double($0.objective))]) })
      ),
    ]
    return answer
  }

  private static func json(_ curve: IsoFLOPCurve) -> JSON {
    .fields([
      ("compute_flops", .double(curve.compute)), ("runs", .int(Int64(curve.runs.count))),
      ("best_parameters", .double(curve.bestSize)), ("least_loss", .double(curve.leastLoss)),
      ("curvature", .double(curve.curvature)), ("bracketed", .bool(curve.isBracketed)),
    ])
  }
}

// `apus scaling fit --approach parametric`: its answer, its pictures, and what health looked at.

import ApusCore
import ApusScaling

extension ScalingFit {
  /// Huber's δ.
  var huberDelta: Double { delta ?? 1e-3 }

  private var options: ParametricFitOptions {
    ParametricFitOptions(delta: huberDelta, isTied: tied, starts: starts?.chosen ?? .all)
  }

  func parametric(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try ParametricFit(table, options)
    let bootstrap = Bootstrap(fit, resamples: resamples, seed: seed ?? 0)
    let health = FitHealth(fit, bootstrap)
    let law = fit.parameters
    var answer = FitAnswer(title: "Parametric law (approach 3\(tied ? ", α = β" : "")) fitted", table: table)
    answer.constants = constants(fit, bootstrap, health)
    answer.predictions = budgets(table).map { prediction(law, bootstrap, compute: $0) }
    answer.findings = health.findings
    answer.notes = [
      "\(fit.startsAtBest) of \(fit.starts) searches ended at the least objective, \(FitAnswer.number(fit.objective)) "
        + "(sum of Huber's function of ln L, δ = \(huberDelta)); \(resamples) resamples"
    ]
    answer.formulas = formulas(law, table)
    answer.extra = [
      ("objective", .double(fit.objective)), ("delta", .double(huberDelta)), ("starts", .int(Int64(fit.starts))),
      ("starts_at_best", .int(Int64(fit.startsAtBest))), ("bootstraps", .int(Int64(resamples))),
      ("seed", .int(Int64(bitPattern: seed ?? 0))), ("condition_number", .double(health.condition)),
      ("influence", .array(health.influence.prefix(10).map(Self.json))),
      ("outliers", .array(health.outliers.map(Self.json))), ("hold_out", Self.json(health.holdOut)),
    ]
    let file = LawFile(
      name: name, source: "parametric fit to \(table.runs.count) rows of \(table.name)",
      form: .parametric(law, resamples: bootstrap.laws), counts: counts.chosen, table: table, findings: health.findings)
    answer.file = file
    answer.pictures = { pictures(fit, bootstrap, health, file) }
    return answer
  }

  private func pictures(
    _ fit: ParametricFit, _ bootstrap: Bootstrap, _ health: FitHealth, _ file: LawFile
  ) -> [ScalingReport.Picture] {
    typealias Picture = ScalingReport.Picture
    let runs = fit.table.runs.map { Allocation(parameters: $0.parameters, tokens: $0.tokens) }
    let residuals = Picture(
      file: "residuals.svg", caption: "A law that is right leaves a band without a bend.", chart: fit.residualChart)
    let ridge = Picture(
      file: "ridge.svg", caption: "Constants that move together mean little one by one.",
      chart: bootstrap.ridgeChart(of: fit))
    let profiles = health.profiles.map {
      Picture(
        file: "profile-\($0.quantity.rawValue).svg", caption: "Values below the limit fit as well within chance.",
        chart: $0.chart(of: fit.table.name))
    }
    let law = (file.law(path: name) as? ParametricLaw).map {
      ScalingCharts($0, compute: budgets(fit.table)[0]).pictures(of: [("runs", runs)])
    }
    return [residuals] + (resamples > 0 ? [ridge] : []) + profiles + (law ?? [])
  }

  private func constants(_ fit: ParametricFit, _ bootstrap: Bootstrap, _ health: FitHealth) -> [FitAnswer.Constant] {
    let quantities: [(String, (LogParameters) -> Double, LawQuantity?)] = [
      ("A", \.sizeCoefficient, nil), ("B", \.dataCoefficient, nil), ("E", \.irreducible, .irreducible),
      ("α", \.alpha, .alpha), ("β", \.beta, .beta), ("a = β/(α+β)", \.sizeGrowth, .growth),
    ]
    return quantities.map { name, quantity, held in
      FitAnswer.Constant(
        name: name, value: quantity(fit.parameters), error: spread { bootstrap.standardError(of: quantity) },
        interval: spread { bootstrap.interval(of: quantity) },
        profile: health.profiles.first { $0.quantity == held }?.interval)
    }
  }

  private func spread<Value>(_ value: () -> Value) -> Value? { resamples > 0 ? value() : nil }

  private func prediction(_ law: LogParameters, _ bootstrap: Bootstrap, compute: Double) -> FitAnswer.Prediction {
    let best = law.optimum(compute: compute)
    func leastLoss(_ law: LogParameters) -> Double {
      let best = law.optimum(compute: compute)
      return law.loss(parameters: best.parameters, tokens: best.tokens)
    }
    return FitAnswer.Prediction(
      compute: compute, size: best.parameters,
      sizes: spread { bootstrap.interval { $0.optimum(compute: compute).parameters } }, tokens: best.tokens,
      tokensRange: spread { bootstrap.interval { $0.optimum(compute: compute).tokens } }, loss: leastLoss(law),
      losses: spread { bootstrap.interval(of: leastLoss) })
  }

  private func formulas(_ law: LogParameters, _ table: RunTable) -> [String] {
    let n = FitAnswer.number
    let (alpha, beta, growth) = (n(law.alpha), n(law.beta), n(law.sizeGrowth))
    let ratio = Double.exp((law.a - law.b + .log(law.alpha / law.beta)) / (law.alpha + law.beta))
    let compute = budgets(table)[0]
    let best = law.optimum(compute: compute)
    return [
      "L(N, D) = E + A / N^α + B / D^β = \(n(law.irreducible)) + \(n(law.sizeCoefficient)) / N^\(alpha) "
        + "+ \(n(law.dataCoefficient)) / D^\(beta), in \(table.lossUnit.rawValue)",
      "constants minimise Σ Huber(ln L̂ − ln L) with δ = \(huberDelta) over the rows",
      "G = (α A / (β B))^(1/(α+β)) = \(n(ratio)), a = β/(α+β) = \(growth)",
      "best size N = G (C/6)^a, best tokens D = C / (6 N): at C = \(NumberText.short(compute)), N = \(n(ratio)) × "
        + "\(NumberText.short(compute / 6))^\(growth) = \(NumberText.short(best.parameters)), D = "
        + "\(NumberText.short(best.tokens))",
      "intervals: 2.5th and 97.5th percentiles of \(resamples) fits to runs drawn with replacement (seed \(seed ?? 0))",
      "by profile: values whose best objective is within ½ χ²₁(95 %) E[ψ²]/E[ψ'] of the least",
    ]
  }
}

// MARK: JSON of what health looked at

extension ScalingFit {
  private static func json(_ run: MeasuredRun) -> [(String, JSON)] {
    [("run", run.name.map { .string($0) } ?? .null), ("line", .int(Int64(run.line)))]
  }

  private static func json(_ influence: RunInfluence) -> JSON {
    .fields(
      json(influence.run) + [
        ("rows", .int(Int64(influence.rows))), ("a_without", .double(influence.without.sizeGrowth)),
        ("a_change", .double(influence.growthChange)),
      ])
  }

  private static func json(_ outlier: OutlyingRun) -> JSON {
    .fields(
      json(outlier.run) + [("residual", .double(outlier.residual)), ("deviations", .double(outlier.deviations))])
  }

  private static func json(_ holdOut: FitHoldOut?) -> JSON {
    guard let holdOut else { return .null }
    let rows = holdOut.predictions.map { prediction in
      JSON.fields(
        json(prediction.run) + [
          ("loss", .double(prediction.run.loss)), ("predicted", .double(prediction.loss)),
          ("error", .double(prediction.error)),
        ])
    }
    return .fields([
      ("bias", .double(holdOut.bias)), ("mean_error", .double(holdOut.error)), ("predictions", .array(rows)),
    ])
  }
}

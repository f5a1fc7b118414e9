// The four approaches of `apus scaling fit`: each makes its answer from its fit.

import ApusCore
import ApusScaling

extension ScalingFit {
  private var options: ParametricFitOptions { ParametricFitOptions(delta: delta, isTied: tied, starts: starts.chosen) }

  func parametric(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try ParametricFit(table, options)
    let bootstrap = Bootstrap(fit, resamples: bootstraps, seed: seed)
    let health = FitHealth(fit, bootstrap)
    let law = fit.parameters
    var answer = FitAnswer(title: "Parametric law (approach 3\(tied ? ", α = β" : "")) fitted", table: table)
    answer.constants = constants(fit, bootstrap, health)
    answer.predictions = budgets(table).map { prediction(law, bootstrap, compute: $0) }
    answer.findings = health.findings
    answer.notes = [
      "\(fit.startsAtBest) of \(fit.starts) searches ended at the least objective, \(FitAnswer.number(fit.objective)) "
        + "(sum of Huber's function of ln L, δ = \(delta)); \(bootstraps) resamples"
    ]
    answer.formulas = formulas(law, table)
    answer.extra = [
      ("objective", .double(fit.objective)), ("delta", .double(delta)), ("starts", .int(Int64(fit.starts))),
      ("starts_at_best", .int(Int64(fit.startsAtBest))), ("bootstraps", .int(Int64(bootstraps))),
      ("seed", .int(Int64(bitPattern: seed))), ("condition_number", .double(health.condition)),
      ("influence", .array(health.influence.prefix(10).map(Self.json))),
      ("outliers", .array(health.outliers.map(Self.json))), ("hold_out", Self.json(health.holdOut)),
    ]
    answer.charts =
      [("residuals.svg", fit.residualChart)]
      + health.profiles.map { ("profile-\($0.quantity.rawValue).svg", $0.chart(of: table.file)) }
    answer.file = LawFile(
      name: name, source: "parametric fit to \(table.runs.count) rows of \(FileSystem.name(of: table.file))",
      form: .parametric(law, resamples: bootstrap.laws), table: table, findings: health.findings)
    return answer
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

  private func spread<Value>(_ value: () -> Value) -> Value? { bootstraps > 0 ? value() : nil }

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
      "constants minimise Σ Huber(ln L̂ − ln L) with δ = \(delta) over the rows",
      "G = (α A / (β B))^(1/(α+β)) = \(n(ratio)), a = β/(α+β) = \(growth)",
      "best size N = G (C/6)^a, best tokens D = C / (6 N): at C = \(NumberText.short(compute)), N = \(n(ratio)) × "
        + "\(NumberText.short(compute / 6))^\(growth) = \(NumberText.short(best.parameters)), D = "
        + "\(NumberText.short(best.tokens))",
      "intervals: 2.5th and 97.5th percentiles of \(bootstraps) fits to runs drawn with replacement (seed \(seed))",
      "by profile: values whose best objective is within ½ χ²₁(95 %) E[ψ²]/E[ψ'] of the least",
    ]
  }

  func isoflop(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try IsoFLOPFit(table, IsoFLOPOptions(nearBest: nearBest))
    var answer = frontierAnswer(
      "IsoFLOP parabolas (approach 2) fitted", table, fit.frontier, findings: fit.frontier.findings())
    answer.notes = fit.notes
    answer.charts = [("isoflop.svg", fit.chart)]
    answer.extra.append(("curves", .array(fit.curves.map(Self.json))))
    answer.formulas.insert(
      "for each budget L = c₀ + c₁ ln N + c₂ (ln N)² by least squares; best size e^(−c₁ / 2c₂)", at: 0)
    return answer
  }

  func envelope(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try EnvelopeFit(table, resamples: bootstraps, seed: seed)
    let interval = spread { fit.exponentInterval() }
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
      name: name, source: "\(title) to \(table.runs.count) rows of \(FileSystem.name(of: table.file))",
      form: .frontier(coefficient: frontier.coefficient, exponent: frontier.exponent), table: table,
      findings: findings)
    return answer
  }

  func repetition(_ table: RunTable) throws(ApusError) -> FitAnswer {
    let fit = try RepetitionFit(table, delta: delta)
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
    answer.extra = [
      ("objective", .double(fit.objective)),
      (
        "profile",
        .array(fit.profile.map { .fields([("R_D", .double($0.value)), ("objective", .double($0.objective))]) })
      ),
    ]
    return answer
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

  private static func json(_ curve: IsoFLOPCurve) -> JSON {
    .fields([
      ("compute_flops", .double(curve.compute)), ("runs", .int(Int64(curve.runs.count))),
      ("best_parameters", .double(curve.bestSize)), ("least_loss", .double(curve.leastLoss)),
      ("curvature", .double(curve.curvature)), ("bracketed", .bool(curve.isBracketed)),
    ])
  }
}

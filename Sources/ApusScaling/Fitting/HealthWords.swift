// The rules of FitHealth: from which figure on what is said. A limit here is a judgement; each says whose or why.

import ApusCore

/// What is known of a fit, and the sentences that follow from it.
struct HealthWords {
  typealias Finding = FitHealth.Finding

  let fit: ParametricFit
  let bootstrap: Bootstrap
  let sizes: FitHealth.Span
  let tokens: FitHealth.Span
  let ratios: FitHealth.Span
  let condition: Double

  private func factor(_ span: FitHealth.Span) -> String { NumberText.short(span.factor) }

  // MARK: The design: which runs there are

  func design() -> [Finding] {
    var found = [
      Finding(
        weight: .sound,
        text: "N spans a factor of \(factor(sizes)), D \(factor(tokens)), tokens a parameter \(factor(ratios)).")
    ]
    found += span(sizes, "N", "A and α", "sizes") + span(tokens, "D", "B and β", "numbers of tokens") + rising()
    let correlation = Statistics.correlation(
      fit.table.runs.map { .log($0.parameters) }, fit.table.runs.map { .log($0.tokens) })
    // A hundredth of the variance of ln D at given ln N is left: the two powers look alike.
    if abs(correlation) > 0.995 {
      let what =
        correlation > 0
        ? "every run has nearly the same tokens a parameter, so that A / N^α and B / D^β rise and fall together"
        : "every run spends nearly the same compute, so that more parameters always mean fewer tokens"
      found.append(
        Finding(
          weight: .illPosed,
          text: "Ill-posed: \(what), and their shares cannot be told apart. Add runs of one size on several numbers "
            + "of tokens."))
    } else if ratios.factor < 4 {
      found.append(
        Finding(
          weight: .doubtful,
          text: "Tokens a parameter span only a factor of \(factor(ratios)); runs on either side of the optimum are "
            + "what tells α from β."))
    }
    // Belsley, Kuh and Welsch call 30 to 100 strong dependence. Sums of powers always have it: the replication's 240
    // runs of Chinchilla have 33.
    if condition > 1000 {
      found.append(
        Finding(
          weight: .doubtful,
          text: "The condition number is \(NumberText.short(condition)): constants move together, and each alone "
            + "means little. Predictions within the runs' range may still be good."))
    }
    return found
  }

  /// More parameters or tokens that make the loss worse are a table misread, or runs that broke.
  private func rising() -> [Finding] {
    let law = fit.parameters
    return [("parameters", law.alpha, "α"), ("tokens", law.beta, "β")].filter { $0.1 <= 0 }.map { noun, value, symbol in
      Finding(
        weight: .illPosed,
        text: "Ill-posed: the loss does not fall with \(noun) (\(symbol) = \(NumberText.fixed(value, 3))). Are columns "
          + "exchanged, or is the loss something that should rise?")
    }
  }

  private func span(
    _ span: FitHealth.Span, _ name: String, _ constants: String, _ noun: String
  ) -> [Finding] {
    guard span.factor < 10 else { return [] }
    return [
      Finding(
        weight: span.factor < 2 ? .illPosed : .doubtful,
        text: "\(span.factor < 2 ? "Ill-posed: " : "")\(name) spans only a factor of \(factor(span)), which says "
          + "little of \(constants). Add \(noun) so that it spans ten times or more.")
    ]
  }

  // MARK: Identification: which values the runs exclude

  func identification(_ profiles: [FitProfile]) -> [Finding] {
    var found = profiles.compactMap { profile -> Finding? in
      guard let values = unbounded(profile) else { return nil }
      return Finding(
        weight: .illPosed,
        text: "Ill-posed: \(profile.quantity.words) cannot be told: \(values) fits as well within chance.")
    }
    if !fit.options.isTied {
      let growth = bootstrap.interval(of: \.sizeGrowth)
      // With a known within ±0.15 the best size at a hundred times the compute is known within a factor of two.
      if growth.width > 0.15 {
        let isHopeless = growth.width > 0.3
        found.append(
          Finding(
            weight: isHopeless ? .illPosed : .doubtful,
            text: "\(isHopeless ? "Ill-posed: the" : "The") best size grows as C^a with a anywhere from "
              + "\(NumberText.fixed(growth.lower, 2)) to \(NumberText.fixed(growth.upper, 2)); at a hundred times the "
              + "compute the best size is uncertain by a factor of "
              + "\(NumberText.short(.exp(growth.width * .log(100)))). Tied exponents (--tied) are steadier."))
      }
    }
    return found
  }

  /// The values that neither the profile nor the resamples exclude, where they have no end; the resamples know that
  /// rows of one run are no independent witnesses.
  private func unbounded(_ profile: FitProfile) -> String? {
    var interval = profile.interval
    if bootstrap.laws.count >= 40 {
      let drawn = bootstrap.interval(of: profile.quantity.value)
      interval.lower = drawn.lower > 0.1 * drawn.upper ? min(interval.lower, drawn.lower) : -.infinity
      interval.upper = max(interval.upper, drawn.upper)
    }
    let lower = interval.lower.isFinite ? interval.lower : nil
    let upper = interval.upper.isFinite ? interval.upper : nil
    switch (lower, upper) {
    case (nil, nil): return "any value"
    case (nil, let upper?): return "any value up to \(NumberText.short(upper))"
    case (let lower?, nil): return "any value from \(NumberText.short(lower)) up"
    case (_?, _?): return nil
    }
  }

  // MARK: Single runs

  func singleRuns(_ influence: [RunInfluence], _ outliers: [OutlyingRun]) -> [Finding] {
    var found: [Finding] = []
    let error = bootstrap.standardError(of: \.sizeGrowth)
    if let most = influence.first, error > 0 {
      let moves = abs(most.growthChange) / error
      let from = NumberText.fixed(fit.parameters.sizeGrowth, 3), to = NumberText.fixed(most.without.sizeGrowth, 3)
      found.append(
        Finding(
          weight: moves > 1 ? .doubtful : .sound,
          text: "The run of most influence is \(most.run.label): without it a moves from \(from) to \(to), "
            + "\(NumberText.fixed(moves, 1)) standard errors."))
    }
    if !outliers.isEmpty {
      let named = outliers.prefix(5).map { outlier in
        "\(outlier.run.label) (\(NumberText.fixed(100 * (.exp(outlier.residual) - 1), 1)) %)"
      }
      let rest = outliers.count > 5 ? " and \(outliers.count - 5) more" : ""
      found.append(
        Finding(
          weight: .doubtful,
          text: "Far off the law: \(named.joined(separator: ", "))\(rest). Look at them; what spoilt a run is no part "
            + "of the law (--drop-highest, --where)."))
    }
    return found
  }

  // MARK: Prediction

  func prediction(_ holdOut: FitHoldOut?) -> [Finding] {
    guard let holdOut, let worst = holdOut.worst else {
      return [Finding(weight: .doubtful, text: "Too few runs to hold out the largest and predict them.")]
    }
    let percent = { (value: Double) in NumberText.fixed(100 * value, 2) + " %" }
    let promise = holdOut.bias < 0 ? "too low" : "too high"
    // A mean over several runs that is twice a typical error is none of chance; below half a per cent nobody plans
    // differently.
    let isBad = abs(holdOut.bias) > max(0.005, 2 * holdOut.fittedError)
    return [
      Finding(
        weight: isBad ? .doubtful : .sound,
        text: "Fitted without the \(holdOut.predictions.count) largest runs, the law predicts their loss within "
          + "\(percent(holdOut.error)) on average, \(percent(abs(holdOut.bias))) \(promise); the worst is "
          + "\(worst.run.label) by \(percent(worst.error)).")
    ]
  }
}

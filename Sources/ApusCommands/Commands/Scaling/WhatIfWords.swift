// A given run in words and for programs: what a law says of N parameters on D tokens.

import ApusCore
import ApusScaling

/// The words of a judgement.
struct WhatIfWords {
  let run: WhatIf
  let law: ParametricLaw
  /// What it costs, and on which machines.
  let budget: Budget

  init(_ run: WhatIf, law: ParametricLaw, budget: Budget) {
    self.run = run
    self.law = law
    self.budget = budget
  }

  private var warnings: [String] {
    law.card.fitted.warnings(
      parameters: run.allocation.parameters, tokens: run.allocation.tokens, compute: run.compute)
  }

  func lines(explain: Bool) -> [String] {
    let short = NumberText.short
    var table = TextTable(["", "N", "D", "D/N", "FLOPs", "loss"], left: [0])
    func add(_ name: String, _ allocation: Allocation, _ compute: Double, _ loss: Double) {
      table.add([
        name, short(allocation.parameters), short(allocation.tokens), short(allocation.ratio),
        FormulaText.compute(compute), NumberText.fixed(loss, 4),
      ])
    }
    add("this run", run.allocation, run.compute, run.loss)
    add("its FLOPs spent best", run.best, run.compute, run.bestLoss)
    add("its loss for the least FLOPs", run.sameLoss, run.leastCompute, run.loss)
    let interval = run.lossInterval.map {
      ["95 % interval of this run's loss: \(NumberText.fixed($0.lower, 4)) to \(NumberText.fixed($0.upper, 4))."]
    }
    let head = "By \(law.card.id): \(law.card.source) (\(law.card.edition)), \(law.card.lossUnit)"
    let tail = warnings.isEmpty ? [] : [""] + warnings.map { "warning: \($0)" }
    let cost = "Training takes " + budget.words.dropFirst().joined(separator: "; ") + "."
    let words = [""] + verdict + [cost] + (interval ?? []) + (explain ? [""] + formulas : []) + tail
    return ([head, ""] + table.lines + words).flatMap { NumberText.wrapped($0, columns: 100) }
  }

  /// Why one would or would not.
  private var verdict: [String] {
    let short = NumberText.short
    let spent = "It spends \(NumberText.fixed(run.overhead, 2)) times the FLOPs that its loss needs at least"
    guard let breakEven = run.breakEven else {
      let gain = short(run.sameLoss.parameters)
      return ["\(spent), and is larger than the \(gain) parameters that need least: dearer to train and to use."]
    }
    let smaller = NumberText.fixed(run.sameLoss.parameters / run.allocation.parameters, 1)
    return [
      "\(spent), in exchange for a model \(smaller) times smaller than the \(short(run.sameLoss.parameters)) of "
        + "those.",
      "A token in use costs 2N = \(short(2 * run.allocation.parameters)) FLOPs instead of "
        + "\(short(2 * run.sameLoss.parameters)): beyond \(short(breakEven)) tokens in use it is the cheaper one.",
    ]
  }

  private var formulas: [String] {
    let n = FormulaText.number
    let (size, tokens) = (run.allocation.parameters, run.allocation.tokens)
    let (a, b) = (
      law.sizeCoefficient / Double.pow(size, law.sizeExponent),
      law.dataCoefficient / Double.pow(tokens, law.dataExponent)
    )
    return [
      "L = E + A/N^α + B/D^β = \(n(law.irreducible)) + \(n(law.sizeCoefficient))/(\(NumberText.short(size)))^"
        + "\(n(law.sizeExponent)) + \(n(law.dataCoefficient))/(\(NumberText.short(tokens)))^\(n(law.dataExponent))",
      "  = \(n(law.irreducible)) + \(n(a)) for too few parameters + \(n(b)) for too few tokens "
        + "= \(NumberText.fixed(run.loss, 4))",
      "C = 6 N D = \(FormulaText.compute(run.compute)); the least C for L: 6 (K/(L − E))^((α+β)/αβ) = "
        + "\(FormulaText.compute(run.leastCompute))",
    ]
  }

  var json: JSON {
    func fields(_ allocation: Allocation, _ compute: Double, _ loss: Double) -> JSON {
      .fields([
        ("parameters", .double(allocation.parameters)), ("tokens", .double(allocation.tokens)),
        ("compute_flops", .double(compute)), ("loss", .double(loss)),
      ])
    }
    return .fields([
      ("kind", .string("what-if")), ("law", .string(law.card.id)), ("law_source", .string(law.card.source)),
      ("law_edition", .string(law.card.edition)), ("parameters_count", .string(law.card.counts.rawValue)),
      ("loss_unit", .string(law.card.lossUnit)), ("budget", PlanWords.json(budget)),
      ("run", fields(run.allocation, run.compute, run.loss)),
      ("loss_interval_95", run.lossInterval.map { .array([.double($0.lower), .double($0.upper)]) } ?? .null),
      ("same_compute", fields(run.best, run.compute, run.bestLoss)),
      ("same_loss", fields(run.sameLoss, run.leastCompute, run.loss)), ("overhead", .double(run.overhead)),
      ("break_even_lifetime_tokens", run.breakEven.map { .double($0) } ?? .null),
      ("formula", .array(formulas.map { .string($0) })), ("warnings", .array(warnings.map { .string($0) })),
    ])
  }
}

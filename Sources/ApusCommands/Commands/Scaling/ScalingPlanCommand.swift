// apus scaling plan: from a budget to a run, or from a run to what a law says of it.

import ApusCore
import ApusScaling
import ArgumentParser

/// `apus scaling plan`.
struct ScalingPlanCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Which model to train on how many tokens, in which shape, for how long; or what a given run comes to.",
    discussion: """
      The budget is --compute, or --money with --price, or --devices with --hours; --compute or --money with --hours \
      alone says how many devices meet that deadline. With --parameters and --tokens a given run is judged instead:

        apus scaling plan --parameters 8.03B --tokens 15T

      Intervals hold 95 % as far as the law's own runs tell; other laws may disagree by more.
      """)

  @OptionGroup(title: "Budget") var spending: SpendingOptions

  @Option(
    help: ArgumentHelp(
      "The law, one with a loss for any N and D (see 'apus scaling laws'), or a file of 'apus scaling fit'.",
      valueName: "id"))
  var law = "replication"

  @Option(help: ArgumentHelp("The number of parameters, where it is given: 8B.", valueName: "count"))
  var parameters: Amount?

  @Option(help: ArgumentHelp("The number of training tokens, where it is given: 15T.", valueName: "count"))
  var tokens: Amount?

  @OptionGroup(title: "Model") var model: PlannedModelOptions

  @Option(help: ArgumentHelp("Tokens of text that differ; more training than that repeats them.", valueName: "count"))
  var uniqueTokens: Amount?

  @OptionGroup(title: "Use") var use: LifetimeOptions

  @Option(help: ArgumentHelp("Write a report with plots into this folder.", valueName: "folder"))
  var report: String?

  @Flag(help: "Print the formulas with the numbers in them.")
  var explain = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if model.activeExperts != nil, model.experts == nil {
      throw ValidationError("--active-experts needs --experts.")
    }
    if use.inferencePrice != nil, spending.price == nil {
      throw ValidationError("--inference-price needs --price, the price in training, to be compared with.")
    }
    try PlanRange.check(parameters, "--parameters", PlanRange.parameters)
    try PlanRange.check(tokens, "--tokens", PlanRange.tokens)
    try PlanRange.check(uniqueTokens, "--unique-tokens", PlanRange.tokens)
    guard parameters != nil, tokens != nil else { return }
    if spending.devices != nil, spending.hours != nil {
      throw ValidationError("With --parameters and --tokens the FLOPs are given; leave out --devices or --hours.")
    }
    let planning: [(String, Bool)] = [
      ("--compute", spending.compute != nil), ("--money", spending.money != nil),
      ("--unique-tokens", uniqueTokens != nil), ("--lifetime-tokens", use.lifetimeTokens != nil),
      ("--report", report != nil), ("--context", model.context != nil), ("--vocabulary", model.vocabulary != nil),
      ("--experts", model.experts != nil),
    ]
    if let flag = planning.first(where: \.1)?.0 {
      throw ValidationError("\(flag) plans a run; with --parameters and --tokens it is given.")
    }
  }

  func run(_ console: Console) throws {
    let law = try LawLibrary.parametric(self.law)
    if let parameters, let tokens {
      try judge(WhatIf(law, parameters: parameters.value, tokens: tokens.value), law, console)
    } else {
      try plan(law, console)
    }
  }

  private func judge(_ run: WhatIf, _ law: ParametricLaw, _ console: Console) throws {
    let words = WhatIfWords(run, law: law, budget: try spending.budget(of: run.compute))
    switch format {
    case .json: try console.printJSON(words.json, pretty: true)
    case .text: for line in words.lines(explain: explain) { try console.output.line(line) }
    }
  }

  private func plan(_ law: ParametricLaw, _ console: Console) throws {
    var request = ScalingPlanRequest(budget: try spending.budget(), law: law)
    request.parameters = parameters?.value ?? tokens.map { request.budget.compute / 6 / $0.value }
    request.context = model.context ?? ShapeRequest.context(for: request.size)
    request.vocabulary = model.vocabulary
    request.experts = model.experts.map { .init(count: $0, active: model.activeExperts ?? 1) }
    request.uniqueTokens = uniqueTokens?.value
    request.lifetimeTokens = use.lifetimeTokens?.value
    request.inferenceWeight = use.weight(against: request.budget)
    let words = PlanWords(try ScalingPlan(request))
    if let report { try words.report.write(to: report, console) }
    switch format {
    case .json: try console.printJSON(words.json, pretty: true)
    case .text:
      for line in words.lines(explain: explain) { try console.output.line(line) }
    }
  }
}

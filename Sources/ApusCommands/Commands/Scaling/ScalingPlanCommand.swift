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
    guard parameters != nil, tokens != nil else { return }
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
    if let report {
      try ScalingReport(words).write(to: report)
      console.note("report: \(FileSystem.join(report, "report.html"))")
    }
    switch format {
    case .json: try console.printJSON(words.json, pretty: true)
    case .text:
      for line in words.lines(explain: explain) { try console.output.line(line) }
    }
  }
}

/// What may be spent, and on what.
struct SpendingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Operations to spend on training: 5.76e23.", valueName: "flops"))
  var compute: Amount?

  @Option(help: ArgumentHelp("How many devices train.", valueName: "count"))
  var devices: Int?

  @Option(help: ArgumentHelp("Hours of training, or until it must be done.", valueName: "hours"))
  var hours: Amount?

  @Option(help: ArgumentHelp("Dollars to spend on training.", valueName: "dollars"))
  var money: Amount?

  @Option(help: ArgumentHelp("Dollars a device and hour.", valueName: "dollars"))
  var price: Amount?

  @Option(help: ArgumentHelp("What trains: \(Device.all.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var device = "h100"

  @Option(
    help: ArgumentHelp(
      "Take this machine's rate instead, from what 'apus benchmark training --format json' printed.",
      valueName: "file"))
  var measured: String?

  @Option(help: ArgumentHelp("The share of the device's peak that training reaches (default: 0.4).", valueName: "0–1"))
  var utilization: Double?

  func validate() throws {
    if let devices, !(1...100_000_000).contains(devices) {
      throw ValidationError("--devices is \(devices); give 1 to 100000000.")
    }
    if let utilization, !(utilization > 0 && utilization <= 1) {
      throw ValidationError("--utilization is \(utilization); give a share above 0 and up to 1.")
    }
    if measured != nil, utilization != nil {
      throw ValidationError("--measured says how fast training is; leave out --utilization.")
    }
    if let compute { try ComputeRange.check(compute, "--compute") }
  }

  /// The budget that is said, or what `operations` take.
  func budget(of operations: Double? = nil) throws(ApusError) -> Budget {
    var machine: Device
    if let measured { machine = try Device.measured(measured) } else { machine = try Device.named(device) }
    if let utilization { machine.utilisation = utilization }
    return try Budget(
      Budget.Request(
        compute: operations ?? compute?.value, devices: devices, hours: hours?.value, money: money?.value,
        hourlyPrice: price?.value), device: machine)
  }
}

/// What the model is to be like.
struct PlannedModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Tokens of a row (default: in step with the model).", valueName: "count"))
  var context: Int?

  @Option(help: ArgumentHelp("The vocabulary (default: in step with the model).", valueName: "count"))
  var vocabulary: Int?

  @Option(help: ArgumentHelp("Experts of each layer (default: a dense model).", valueName: "count"))
  var experts: Int?

  @Option(help: ArgumentHelp("Experts that a token uses (default: 1).", valueName: "count"))
  var activeExperts: Int?

  func validate() throws {
    let counts = [("--context", context ?? 1), ("--vocabulary", vocabulary ?? 1), ("--experts", experts ?? 1)]
    for (name, count) in counts where !(1...10_000_000).contains(count) {
      throw ValidationError("\(name) is \(count); give 1 to 10000000.")
    }
    if let experts, let activeExperts, !(1...experts).contains(activeExperts) {
      throw ValidationError("--active-experts is \(activeExperts); give 1 to \(experts), the number of experts.")
    }
  }
}

/// What a model's use costs.
struct LifetimeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Tokens that the model will read and write in use.", valueName: "count"))
  var lifetimeTokens: Amount?

  @Option(
    help: ArgumentHelp("The share of the peak reached in use (default: that of training).", valueName: "0–1"))
  var inferenceUtilization: Double?

  @Option(help: ArgumentHelp("Dollars a device and hour in use (default: --price).", valueName: "dollars"))
  var inferencePrice: Amount?

  func validate() throws {
    if lifetimeTokens == nil, inferenceUtilization != nil || inferencePrice != nil {
      throw ValidationError("--inference-utilization and --inference-price need --lifetime-tokens.")
    }
    if let share = inferenceUtilization, !(share > 0 && share <= 1) {
      throw ValidationError("--inference-utilization is \(share); give a share above 0 and up to 1.")
    }
  }

  /// What an operation in use costs relative to one in training.
  func weight(against budget: Budget) -> Double {
    let prices = inferencePrice.flatMap { use in budget.hourlyPrice.map { use.value / $0 } } ?? 1
    return prices * budget.device.utilisation / (inferenceUtilization ?? budget.device.utilisation)
  }
}

// What `apus scaling plan` is told: what may be spent, what the model is to be like, what its use costs.

import ApusCore
import ApusScaling
import ArgumentParser

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
    try PlanRange.check(compute, "--compute", PlanRange.flops)
    try PlanRange.check(hours, "--hours", PlanRange.hours)
    try PlanRange.check(money, "--money", PlanRange.dollars)
    try PlanRange.check(price, "--price", PlanRange.dollars)
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
    let counts = [
      ("--context", context, 10_000_000), ("--vocabulary", vocabulary, 10_000_000), ("--experts", experts, 16384),
    ]
    for (name, count, most) in counts {
      if let count, !(1...most).contains(count) { throw ValidationError("\(name) is \(count); give 1 to \(most).") }
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
    try PlanRange.check(lifetimeTokens, "--lifetime-tokens", PlanRange.tokens)
    try PlanRange.check(inferencePrice, "--inference-price", PlanRange.dollars)
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

// A plan in words: what `apus scaling plan` prints for people, block by block.

import ApusCore
import ApusScaling

/// The words of a plan.
struct PlanWords {
  let plan: ScalingPlan

  init(_ plan: ScalingPlan) { self.plan = plan }

  private var request: ScalingPlanRequest { plan.request }
  private var budget: Budget { plan.request.budget }

  func lines(explain: Bool) -> [String] {
    var blocks = [heading, optimum, choices, shape, costs, advice]
    blocks += [lifetime, data, explain ? formulas : [], warnings].filter { !$0.isEmpty }
    return Array(blocks.joined(separator: [""])).flatMap { NumberText.wrapped($0, columns: 100) }
  }

  // MARK: Blocks

  var heading: [String] {
    var table = TextTable(["", ""], left: [0, 1])
    for (index, line) in budget.words.enumerated() { table.add([index == 0 ? "budget" : "", line]) }
    let law = request.law.card
    table.add(["law", "\(law.id): \(law.source) (\(law.edition))"])
    return table.lines
  }

  var optimum: [String] {
    let unit = request.law.card.lossUnit
    var table = TextTable(["", "best", "95 % interval", ""], left: [0, 2, 3])
    func row(_ name: String, _ estimate: Estimate, _ unit: String, _ text: (Double) -> String) {
      let interval = estimate.interval.map { "\(text($0.lower)) to \(text($0.upper))" } ?? "not known"
      table.add([name, text(estimate.value), interval, unit])
    }
    row("parameters N", plan.parameters, "counting: \(request.law.card.counts.rawValue)", NumberText.short)
    row("tokens D", plan.tokens, "\(NumberText.short(plan.tokens.value / plan.parameters.value)) a parameter") {
      NumberText.short($0)
    }
    row("loss L", plan.loss, unit) { NumberText.fixed($0, 3) }
    return table.lines
  }

  var choices: [String] {
    let (flat, laws) = (plan.flat, plan.acrossLaws)
    return [
      "Any N from \(NumberText.short(flat.low)) to \(NumberText.short(flat.high)) costs less than "
        + "\(NumberText.fixed(100 * flat.tolerance, 1)) % of the loss: take the smaller end to serve it cheaply.",
      "Other laws say \(NumberText.short(laws.lowerBound)) to \(NumberText.short(laws.upperBound)) "
        + "(apus scaling compare --compute \(FormulaText.compute(plan.compute))).",
    ]
  }

  var shape: [String] {
    let shape = plan.shape
    let grouped = NumberText.grouped
    let inner = shape.experts.map { "\($0.count) experts of \(grouped(shape.feedForward)), \($0.active) a token" }
    var table = TextTable(["", "", ""], left: [0, 2])
    func add(_ name: String, _ value: Int, _ words: String = "") { table.add([name, grouped(value), words]) }
    add("parameters", shape.parameters, "all that is stored")
    if shape.experts != nil { add("", shape.activeParameters, "used by a token") }
    add("", shape.activeNonEmbeddingParameters, "without embeddings and output")
    add("", shape.multipliedParameters, "that multiply: layers and output")
    for convention in FlopConvention.allCases {
      let flops = shape.trainingFlops(convention, context: Double(request.context))
      let name = convention == .full ? "FLOPs a token" : ""
      add(name, Int(flops), "\(convention.rawValue)\(convention == .sixN ? ", without embeddings" : "")")
    }
    add("KV cache", shape.cacheBytes(), "bytes a token, 16 bits")
    let feedForward = inner ?? "feed-forward \(grouped(shape.feedForward))"
    return [
      "Shape: \(shape.layers) layers of width \(grouped(shape.width)), \(shape.heads) heads of \(shape.headWidth), "
        + "\(shape.keyValueHeads) key–value heads,",
      "\(feedForward) (gated), vocabulary \(grouped(shape.vocabulary)) (\(shape.isTied ? "tied" : "untied")), "
        + "context \(grouped(request.context)), \(NumberText.short(plan.shapeTokens)) tokens",
    ] + table.lines.map { "  " + $0 }
  }

  var costs: [String] {
    let total = "\(FormulaText.compute(plan.trainingFlops)) FLOPs, attention counted"
    let alone = "\(NumberText.days(plan.trainingFlops / budget.device.rate)) on one device"
    let time = plan.seconds.map { "\(NumberText.days($0)) on \(NumberText.grouped(budget.devices ?? 1))" } ?? alone
    let money = budget.hourlyPrice.map {
      "; \(NumberText.dollars($0 * plan.trainingFlops / budget.device.rate / 3600))"
    }
    let training = "Training the shape: \(total); \(time)\(money ?? "").\(attention)"
    guard let memory = plan.memory else {
      let limit = NumberText.short((budget.device.memory ?? 0) / 1e9)
      let devices = NumberText.grouped(budget.devices ?? 1)
      return [
        training,
        "Memory: no layout over \(devices) fits \(limit) GB a device; give more --devices, larger ones or a shorter "
          + "--context.",
      ]
    }
    func gigabytes(_ bytes: Double) -> String { "\(NumberText.short(bytes / 1e9)) GB" }
    let states = memory.weights + memory.gradients + memory.optimiser
    let limit = budget.device.memory.map { " of \(gigabytes($0))" } ?? ""
    return [
      training,
      "Memory a device: \(gigabytes(memory.total))\(limit), one row of \(NumberText.grouped(request.context)) at a "
        + "time: states \(gigabytes(states)), activations \(gigabytes(memory.activations)), "
        + "logits \(gigabytes(memory.logits))",
      "(\(memory.layout.words); mixed precision, AdamW).",
    ]
  }

  /// What attention takes on top of C = 6 N D, where it is much.
  private var attention: String {
    let context = Double(request.context)
    let counted = 6 * plan.shape.parameters(request.law.card.counts, context: context)
    let beyond = plan.shape.trainingFlops(.full, context: context) / counted
    guard beyond > 1.1 else { return "" }
    let share =
      request.law.card.counts == .nonEmbedding
      ? "attention and output, which C = 6 N D leaves out" : "attention, which C = 6 N D leaves out"
    return budget.basis == .machines
      ? " \(NumberText.fixed(100 * (1 - 1 / beyond), 0)) % of it is \(share); N and D share the rest, "
        + "\(FormulaText.compute(plan.compute)). A shorter --context costs less."
      : " \(NumberText.fixed(100 * (beyond - 1), 0)) % on top is \(share): a shorter --context costs less."
  }

  var advice: [String] {
    var table = TextTable(["", "batch, tokens", "learning rate"], left: [0])
    func rate(_ value: Double) -> String { NumberText.scaled(value, digits: 3) }
    for law in plan.hyperparameters.advice {
      table.add([
        law.name, law.batchTokens.map(NumberText.short) ?? "–", law.learningRate.map(rate) ?? "–",
      ])
    }
    let (batch, eta) = (plan.hyperparameters.batchRange, plan.hyperparameters.rateRange)
    table.add([
      "range", "\(NumberText.short(batch.lowerBound)) to \(NumberText.short(batch.upperBound))",
      "\(rate(eta.lowerBound)) to \(rate(eta.upperBound))",
    ])
    return table.lines
  }

  var lifetime: [String] {
    guard let life = plan.lifetime else { return [] }
    let short = NumberText.short
    let money = budget.hourlyPrice.map { price in
      ", \(NumberText.dollars(life.cost / budget.device.rate / 3600 * price)) in all"
    }
    return [
      "For \(short(life.lifetimeTokens)) tokens in use, the same loss is cheapest from "
        + "\(short(life.allocation.parameters)) parameters on \(short(life.allocation.tokens)) tokens "
        + "(\(short(life.allocation.ratio)) a parameter):",
      "training \(FormulaText.compute(life.trainingFlops)) FLOPs (\(times(life.trainingFlops / plan.compute)) the "
        + "budget), use \(FormulaText.compute(life.inferenceFlops)), "
        + "\(NumberText.fixed(100 * life.saving, 0)) % less than the training-optimal model of this loss"
        + "\(money ?? "").\(plan.reason == .use ? " The shape above is that." : "")",
    ]
  }

  private func times(_ factor: Double) -> String { "\(NumberText.fixed(factor, 2)) times" }

  var data: [String] {
    guard let data = plan.data else { return [] }
    let law = LawLibrary.repeated.card
    guard let advice = data.advice else {
      return ["\(NumberText.short(data.unique)) different tokens suffice: none needs to be read twice."]
    }
    return [
      "With \(NumberText.short(data.unique)) different tokens: \(NumberText.short(data.allocation.parameters)) "
        + "parameters, \(NumberText.short(data.allocation.tokens)) tokens read; \(advice).",
      "Loss \(NumberText.fixed(data.loss, 3)) against \(NumberText.fixed(data.unlimitedLoss, 3)) on endless text, "
        + "by \(law.id) (\(law.source); \(law.lossUnit)).\(plan.reason == .text ? " The shape above is that." : "")",
      law.notes.first ?? "",
    ]
  }

  var formulas: [String] {
    var lines = ["How:"] + request.law.explanation(compute: plan.compute)
    lines.append(flops)
    lines += plan.hyperparameters.advice.map { "\($0.name): \($0.formula)" }
    if let life = plan.lifetime { lines.append(use(life)) }
    if let data = plan.data { lines += LawLibrary.repeated.explanation(data.allocation, unique: data.unique) }
    if let spread = request.law.uncertainty { lines.append("intervals: \(spread.origin)") }
    return lines
  }

  private var flops: String {
    let (shape, grouped) = (plan.shape, NumberText.grouped)
    let each = Int(shape.trainingFlops(.full, context: Double(request.context)))
    return "FLOPs a token = 6 · \(grouped(shape.multipliedParameters)) that multiply + 12 · \(shape.layers) layers · "
      + "\(shape.heads) heads · \(shape.headWidth) · \(grouped(request.context)) positions = \(grouped(each))"
  }

  private func use(_ life: LifetimeCost) -> String {
    let (size, short) = (NumberText.short(life.allocation.parameters), NumberText.short)
    return "least 6 N D + w · 2 N D_use with L(N, D) = \(NumberText.fixed(life.loss, 4)), w = "
      + "\(FormulaText.number(life.inferenceWeight)): 6 · \(size) · \(short(life.allocation.tokens)) + "
      + "\(FormulaText.number(life.inferenceWeight)) · 2 · \(size) · \(short(life.lifetimeTokens)) = "
      + FormulaText.compute(life.cost)
  }

  var warnings: [String] {
    let notes = request.law.card.notes.map { "note: \($0)" }
    return plan.warnings.map { "warning: \($0)" } + notes
  }
}

extension Budget {
  /// What is spent: operations, device hours, time, money; a line each, where known.
  var words: [String] {
    let rate = "\(NumberText.short(device.rate / 1e12)) TFLOP/s"
    let share = "\(NumberText.fixed(100 * device.utilisation, 0)) % of its peak"
    var lines = [
      "\(FormulaText.compute(compute)) FLOPs",
      "\(NumberText.short(deviceHours)) hours of one \(device.name) at \(rate) (\(share))",
    ]
    if let seconds, let devices { lines.append("\(NumberText.grouped(devices)) of them: \(NumberText.days(seconds))") }
    if let money, let hourlyPrice {
      lines.append("\(NumberText.dollars(money)) at \(NumberText.dollars(hourlyPrice)) a device and hour")
    }
    return lines
  }
}

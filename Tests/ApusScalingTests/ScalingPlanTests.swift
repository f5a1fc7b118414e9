// Plans without fixtures: budgets, what a plan promises and keeps, shapes, memory, and LLaMA 3's 8 billion parameters
// on 15 trillion tokens.

import ApusCore
import ApusScaling
import Testing

@Suite struct CoursePlanTests {
  /// LLaMA-3-8B on 15 T tokens: 5.5 times the FLOPs that its loss needs, for a model a quarter of the size; cheaper in
  /// all from 11 trillion tokens in use on, which a model that millions use sees.
  @Test func llamaThreeEightBillionOnFifteenTrillionTokensIsAboutItsUse() throws {
    let run = WhatIf(LawLibrary.replication, parameters: 8.03e9, tokens: 15e12)
    let breakEven = try #require(run.breakEven)
    print(
      "LLaMA-3-8B: loss \(run.loss), overhead \(run.overhead), same loss \(run.sameLoss), break-even \(breakEven), "
        + "best \(run.best), \(run.bestLoss)")
    #expect(abs(run.allocation.ratio - 1868) < 1)
    #expect(abs(run.loss - 2.0218) < 1e-3)
    #expect(abs(run.overhead / 5.5 - 1) < 0.01)
    #expect(run.sameLoss.parameters > 3 * run.allocation.parameters)
    // Chinchilla's rule would have stopped at 160 billion tokens, or spent the FLOPs on ten times the size.
    #expect(run.best.parameters > 9 * run.allocation.parameters && run.bestLoss < run.loss)
    #expect(abs(breakEven / 11.44e12 - 1) < 0.01)
    // Cheapest at that loss for what it was used for since: near what was trained.
    let life = try #require(LifetimeCost(LawLibrary.replication, loss: run.loss, lifetimeTokens: 1e13))
    #expect(life.allocation.parameters < run.sameLoss.parameters && life.saving > 0.2)
  }

  @Test func fourHundredFiveBillionWasFineWhereFourHundredTwoWereBest() {
    let flat = FlatBand(LawLibrary.replication, compute: 3.8e25)
    #expect(flat.high / flat.low > 4)
    #expect(flat.low < 405e9 && 405e9 < flat.high)
  }
}

@Suite struct BudgetTests {
  private let device = Device(name: "test", peak: 1e15, memory: 80e9, utilisation: 0.5)

  @Test func everyWayOfSayingIt() throws {
    let machines = try Budget(.init(devices: 8, hours: 100), device: device)
    #expect(machines.compute == 8 * 100 * 3600 * 0.5e15 && machines.seconds == 360_000)
    let money = try Budget(.init(money: 1600, hourlyPrice: 2), device: device)
    #expect(money.compute == machines.compute && money.devices == nil && money.money == 1600)
    let deadline = try Budget(.init(compute: machines.compute, hours: 33), device: device)
    #expect(deadline.devices == 25 && (deadline.seconds ?? 1e9) <= 33 * 3600)
  }

  @Test(arguments: [
    Budget.Request(), .init(devices: 8), .init(hours: 9), .init(money: 100),
    .init(compute: 1e20, money: 5, hourlyPrice: 1),
    .init(compute: 1e20, devices: 8, hours: 1), .init(compute: 1e39, hours: 1e-3), .init(compute: 1),
    .init(money: 1e300, hourlyPrice: 1e-300),
  ])
  func whatSaysTooLittleOrTooMuchIsRefused(_ request: Budget.Request) {
    do {
      _ = try Budget(request, device: device)
      Issue.record("accepted \(request)")
    } catch {
      #expect(error.kind == .usage && error.remedy != nil)
    }
  }
}

@Suite struct ScalingPlanTests {
  private func request(_ compute: Double) throws -> ScalingPlanRequest {
    let budget = try Budget(.init(compute: compute, devices: 64), device: try Device.named("h100"))
    return ScalingPlanRequest(budget: budget, law: LawLibrary.replication)
  }

  @Test func shapesComeNearWhatWasAsked() throws {
    for compute in [1e15, 1e17, 1e19, 1e21, 5.76e23, 3.8e25] {
      let plan = try ScalingPlan(try request(compute))
      let found = Double(plan.shape.parameters)
      print("\(compute): \(plan.shape.layers) × \(plan.shape.width), \(found) for \(plan.parameters.value)")
      #expect(abs(Double.log(found / plan.parameters.value)) < 0.08)
      let aspect = plan.shape.width / plan.shape.layers
      #expect(aspect >= 16 && aspect <= 190)
      #expect(plan.shape.heads * plan.shape.headWidth == plan.shape.width)
      #expect(plan.shape.heads % plan.shape.keyValueHeads == 0)
      let interval = try #require(plan.parameters.interval)
      #expect(interval.lower < plan.parameters.value && plan.parameters.value < interval.upper)
      #expect(plan.flat.low < plan.parameters.value && plan.parameters.value < plan.flat.high)
    }
  }

  /// Eight hours are eight hours: what attention takes is not there for N and D. A law's C = 6 N D is kept.
  @Test(arguments: [(1, 8.0), (64, 1000.0), (4096, 2000.0)])
  func timeAndMoneyAreKept(devices: Int, hours: Double) throws {
    let device = try Device.named(devices == 1 ? "rtx4090" : "h100")
    let machines = try Budget(.init(devices: devices, hours: hours), device: device)
    let plan = try ScalingPlan(ScalingPlanRequest(budget: machines, law: LawLibrary.replication))
    #expect(abs((plan.seconds ?? 0) / (hours * 3600) - 1) < 1e-9)
    #expect(plan.compute < machines.compute && plan.compute > 0.5 * machines.compute)
    #expect(abs(Double.log(plan.shapeTokens / plan.tokens.value)) < 0.1)
    let law = try Budget(.init(compute: machines.compute, devices: devices), device: device)
    let counted = try ScalingPlan(ScalingPlanRequest(budget: law, law: LawLibrary.replication))
    #expect(counted.compute == machines.compute && (counted.seconds ?? 0) > hours * 3600)
    // A deadline takes the devices that the whole training needs, and no more.
    let late = try Budget(.init(compute: machines.compute, hours: hours), device: device)
    let met = try ScalingPlan(ScalingPlanRequest(budget: late, law: LawLibrary.replication))
    let needed = try #require(met.request.budget.devices)
    #expect((met.seconds ?? 1e99) <= hours * 3600 && needed > devices)
    #expect((met.seconds ?? 0) * Double(needed) > hours * 3600 * Double(needed - 1))
  }

  @Test func theFlatBandsEdgesLoseExactlyItsTolerance() {
    let law = LawLibrary.replication
    let flat = FlatBand(law, compute: 1e21, tolerance: 0.01)
    for size in [flat.low, flat.high] {
      let loss = law.loss(parameters: size, tokens: 1e21 / 6 / size)
      #expect(abs(loss / (law.optimalLoss(compute: 1e21) ?? 0) - 1.01) < 1e-9)
    }
  }

  @Test func expertsAreCountedByWhatATokenUses() throws {
    var request = try request(1e22)
    request.experts = .init(count: 64, active: 8)
    let plan = try ScalingPlan(request)
    #expect(abs(Double.log(Double(plan.shape.activeParameters) / plan.parameters.value)) < 0.1)
    #expect(plan.shape.parameters > 3 * plan.shape.activeParameters)
  }

  @Test func lifetimeUseMakesSmallerModelsAndLimitedTextRepeats() throws {
    let plain = try ScalingPlan(try request(1e22))
    var request = try request(1e22)
    request.lifetimeTokens = 1e13
    let used = try ScalingPlan(request)
    let life = try #require(used.lifetime)
    #expect(used.shape.parameters < plain.shape.parameters && life.saving > 0.2)
    #expect(life.trainingFlops > 1e22)
    request.lifetimeTokens = nil
    request.uniqueTokens = 20e9
    let limited = try ScalingPlan(request)
    let data = try #require(limited.data)
    #expect(data.epochs > 4 && data.loss > data.unlimitedLoss && data.advice?.contains("beyond 4") == true)
    request.uniqueTokens = 1e15
    #expect(try ScalingPlan(request).data?.advice == nil)
  }

  /// What is asked for in more than one way: the size that is trained is one of them, and the plan says which.
  @Test func theShapeIsThatOfWhatDecides() throws {
    var request = try request(1e21)
    request.lifetimeTokens = 1e12
    #expect(try ScalingPlan(request).reason == .use)
    request.uniqueTokens = 70e9  // Enough for the law's 60 billion, too few for the 200 billion that use asks for.
    let used = try ScalingPlan(request)
    #expect(used.reason == .use && used.warnings.contains { $0.contains("of which only 70B differ") })
    request.uniqueTokens = 2e9
    #expect(try ScalingPlan(request).reason == .text)
    request.parameters = 1e9
    let given = try ScalingPlan(request)
    #expect(given.reason == .budget && abs(Double(given.shape.parameters) / 1e9 - 1) < 0.05)
    #expect(given.data?.allocation == Allocation(parameters: 1e9, tokens: 1e21 / 6e9))
    #expect((given.data?.loss ?? 0) > (given.data?.unlimitedLoss ?? 9))
  }

  @Test func lifetimeBreaksEvenWhereBothCostTheSame() throws {
    let law = LawLibrary.replication
    let (compute, loss) = (1e22, law.optimalLoss(compute: 1e22) ?? 0)
    let best = law.optimum(compute: compute)
    let size = best.parameters / 2
    let tokens = try #require(law.tokens(parameters: size, loss: loss))
    let even = try #require(LifetimeCost.breakEven(law, loss: loss, parameters: size))
    let (small, large) = (6 * size * tokens + 2 * size * even, compute + 2 * best.parameters * even)
    #expect(abs(small / large - 1) < 1e-9)
    #expect(LifetimeCost.breakEven(law, loss: loss, parameters: best.parameters * 2) == nil)
  }

  @Test func memoryFitsByShardingAndSplitting() throws {
    let llama = TransformerShape(
      layers: 32, width: 4096, heads: 32, keyValueHeads: 8, feedForward: 14336, vocabulary: 128_256, isTied: false)
    let alone = TrainingMemory(llama, context: 8192, devices: 1, layout: TrainingLayout())
    #expect(alone.weights + alone.gradients + alone.optimiser == 16 * 8_030_261_248)
    #expect(TrainingMemory.fitting(llama, context: 8192, devices: 1, memory: 80e9) == nil)
    let shared = try #require(TrainingMemory.fitting(llama, context: 8192, devices: 16, memory: 80e9))
    #expect(shared.total <= 72e9 && shared.layout.sharding > 0)
    let large = try #require(TrainingMemory.fitting(llama, context: 8192, devices: 16, memory: 900e9))
    #expect(large.layout == TrainingLayout())
  }

  @Test func hyperparametersAreARange() throws {
    let plan = try ScalingPlan(try request(1e21))
    let (batch, rate) = (plan.hyperparameters.batchRange, plan.hyperparameters.rateRange)
    #expect(batch.lowerBound > 1e4 && batch.upperBound < 1e8 && batch.lowerBound < batch.upperBound)
    #expect(rate.lowerBound > 1e-5 && rate.upperBound < 1e-2)
  }

  @Test func aLossThatGuessingWouldBeatIsCalledSo() throws {
    #expect(try ScalingPlan(try request(1e13)).warnings.contains { $0.contains("guessing evenly") })
    #expect(try !ScalingPlan(try request(1e17)).warnings.contains { $0.contains("guessing evenly") })
  }

  @Test func impossibleShapesAreRefused() throws {
    var request = try request(1e14)
    request.vocabulary = 9_000_000
    do {
      _ = try ScalingPlan(request)
      Issue.record("a tiny model with a vocabulary of nine million")
    } catch { #expect(error.kind == .usage) }
  }
}

@Suite struct ScalingChartTests {
  @Test func chartsAreCompleteAndAlwaysTheSame() {
    let charts = ScalingCharts(LawLibrary.replication, compute: 1e21)
    let run = ("a run", [Allocation(parameters: 1e9, tokens: 1e11)])
    for chart in [charts.isoFLOP, charts.frontier, charts.contours([run]), charts.lifetimeCost()] {
      let text = chart.render()
      #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n") && !text.contains("nan"))
      #expect(text.contains("replication") && text == chart.render())
      #expect(chart.series.allSatisfy { $0.points.contains { $0.y.isFinite } })
    }
  }
}

@Suite struct FittedLawTests {
  /// Runs of a known law on a grid of sizes and tokens, each loss off by up to half a per cent.
  private func table() -> RunTable {
    let law = LawLibrary.replication
    var stream = Philox(seed: 7).stream()
    let runs = [5e7, 1e8, 2e8, 4e8, 8e8].flatMap { size in
      [1e9, 2e9, 4e9, 8e9, 16e9].map { tokens in
        let noise = 1 + 0.005 * (2 * stream.uniform() - 1)
        return MeasuredRun(
          parameters: size, tokens: tokens, loss: law.loss(parameters: size, tokens: tokens) * noise)
      }
    }
    return RunTable(runs, file: "runs.csv")
  }

  @Test func aFittedLawIsPlannedWithLikeAnyOther() throws {
    let center = LogParameters(a: 6.18, b: 7.64, e: 0.597, alpha: 0.3478, beta: 0.3658)
    let resamples = (0..<50).map { index in
      LogParameters(a: 6.18, b: 7.64, e: 0.597 + 1e-4 * Double(index - 25), alpha: 0.3478, beta: 0.3658)
    }
    let file = LawFile(
      name: "mine", source: "made up", form: .parametric(center, resamples: resamples), table: table(), findings: [])
    let read = try LawFile(file.json, file: "mine.json")
    let law = try #require(read.law(path: "folder/mine.json") as? ParametricLaw)
    #expect(law.card.id == "mine.json" && law.card.fitted.parameters == 5e7...8e8)
    #expect(abs(law.sizeCoefficient / Double.exp(6.18) - 1) < 1e-12)
    let draws = try #require(law.uncertainty).draws(of: law)
    #expect(draws.count == 50 && draws[0].irreducible < law.irreducible)
    let plan = try ScalingPlan(
      ScalingPlanRequest(
        budget: Budget(Budget.Request(compute: 1e20), device: Device.named("h100")), law: law))
    let loss = try #require(plan.loss.interval)
    #expect(loss.lower < plan.loss.value && plan.loss.value < loss.upper && plan.warnings.count == 3)
  }

  /// Laws of batches need nats a token: bits a token become that, bits a byte cannot.
  @Test(arguments: [LossUnit.natsPerToken, .bitsPerToken, .bitsPerByte])
  func aFittedLawKeepsItsUnitAndItsCount(_ unit: LossUnit) throws {
    var runs = table()
    runs.lossUnit = unit
    let center = LogParameters(a: 6.18, b: 7.64, e: 0.597, alpha: 0.3478, beta: 0.3658)
    let file = LawFile(
      name: "mine", source: "made up", form: .parametric(center, resamples: []), counts: .nonEmbedding, table: runs,
      findings: [])
    let law = try #require(try LawFile(file.json).law(path: "mine.json") as? ParametricLaw)
    #expect(law.card.counts == .nonEmbedding && law.card.unit == unit)
    #expect(law.explanation(compute: 1e20).last?.hasSuffix(unit.words) == true)
    let budget = try Budget(Budget.Request(compute: 1e20), device: Device.named("h100"))
    let plan = try ScalingPlan(ScalingPlanRequest(budget: budget, law: law))
    #expect(abs(Double(plan.shape.nonEmbeddingParameters) / plan.parameters.value - 1) < 0.1)
    let batch = plan.hyperparameters.advice.first { $0.name == "MiniCPM" }?.batchTokens
    let nats = unit.nats(plan.loss.value)
    #expect(batch == nats.map { 1.21e9 / Double.pow($0, 6.24) } && (batch == nil) == (unit == .bitsPerByte))
  }

  @Test func pathsAndNamesAreToldApart() throws {
    #expect(LawLibrary.isPath("law.json") && LawLibrary.isPath("./law") && !LawLibrary.isPath("kaplan"))
    do {
      _ = try LawLibrary.named("/nowhere/law.json")
      Issue.record("read a file that is not there")
    } catch { #expect(error.kind == .missingInput) }
  }

  @Test func fitsAreDrawn() throws {
    let fit = try ParametricFit(table(), ParametricFitOptions(starts: .projection))
    let residuals = fit.residualChart
    #expect(residuals.series[0].points.count == 25)
    #expect(residuals.series[0].points.allSatisfy { abs($0.y) < 2 })
    let profile = fit.profile(.growth).chart(of: "runs.csv")
    #expect((profile.series.first?.points.count ?? 0) > 5)
    #expect(profile.series[0].points.allSatisfy { $0.y >= 0.9999 })
    let law = LawLibrary.replication
    let equal = [1e18, 1e19].flatMap { compute in
      [0.25, 0.5, 1, 2, 4].map { factor -> MeasuredRun in
        let size = law.optimum(compute: compute).parameters * factor
        let tokens = compute / 6 / size
        return MeasuredRun(parameters: size, tokens: tokens, loss: law.loss(parameters: size, tokens: tokens))
      }
    }
    let chart = try IsoFLOPFit(RunTable(equal, file: "equal.csv")).chart
    #expect(chart.series.count == 5 && chart.render().contains("least loss"))
    let ridge = Bootstrap(fit, resamples: 60).ridgeChart(of: fit)
    #expect(ridge.series[0].points.count > 50 && !ridge.render().contains("nan"))
    let frontier = try IsoFLOPFit(RunTable(equal, file: "equal.csv")).frontierChart
    #expect(frontier.series.map(\.name) == ["N = k C^0.513", "lowest points"])
  }
}

import ApusCore
import ApusScaling
import Testing

@Suite struct LawTests {
  /// The course's own example: Chinchilla's 70 B parameters go with 1.4 T tokens.
  @Test func seventyBillionParametersGoWithOnePointFourTrillionTokens() {
    let best = FrontierLaw.chinchilla.optimum(compute: 6 * 70e9 * 1.4e12)
    print("Chinchilla, approach 1, at 5.88e23: \(best.parameters / 1e9) B parameters, \(best.tokens / 1e12) T tokens")
    #expect(abs(best.parameters / 70e9 - 1) < 0.05 && abs(best.tokens / 1.4e12 - 1) < 0.05)
    #expect(abs(best.ratio / 20 - 1) < 0.1)
  }

  @Test func kaplanWouldHaveSpentTheSameBudgetOnALargerModel() {
    let compute = 6 * 70e9 * 1.4e12
    #expect(
      FrontierLaw.kaplan.optimum(compute: compute).parameters > 5
        * FrontierLaw.chinchilla.optimum(compute: compute).parameters)
  }

  /// Rows of the paper's tables 3 and A3 (the row of 175 B has a misprint there: 1.26e24 for 1.26e25).
  @Test(arguments: [
    (1.92e19, 0.4e9), (1.21e20, 1e9), (1.23e22, 10e9), (5.76e23, 67e9), (3.85e24, 175e9), (1.27e26, 1e12),
  ])
  func tableThree(compute: Double, parameters: Double) {
    #expect(abs(FrontierLaw.chinchilla.optimum(compute: compute).parameters / parameters - 1) < 0.02)
  }

  @Test(arguments: [(2.21e19, 0.4e9), (2.46e22, 10e9), (1.71e24, 67e9), (1.26e25, 175e9), (5.65e26, 1e12)])
  func tableA3(compute: Double, parameters: Double) {
    #expect(abs(ParametricLaw.chinchilla.optimum(compute: compute).parameters / parameters - 1) < 0.2)
  }

  @Test func theOptimumIsTheLeastLossOfItsBudget() {
    for law in [ParametricLaw.chinchilla, .replication] {
      let compute = 1e21
      let best = law.optimum(compute: compute)
      let least = law.loss(parameters: best.parameters, tokens: best.tokens)
      for factor in [0.5, 0.9, 0.99, 1.01, 1.1, 2.0] {
        let size = best.parameters * factor
        #expect(law.loss(parameters: size, tokens: compute / 6 / size) > least)
      }
      #expect(abs(6 * best.parameters * best.tokens / compute - 1) < 1e-12)
    }
    // Published: 2.80 B parameters on 59.6 B tokens at 1e21 by the replication.
    #expect(abs(ParametricLaw.replication.optimum(compute: 1e21).parameters / 2.8e9 - 1) < 0.03)
  }
}

@Suite struct CostTests {
  @Test func countsAreThoseOfKnownModels() {
    let llama = TransformerShape(
      layers: 32, width: 4096, heads: 32, feedForward: 11008, vocabulary: 32000, isTied: false)
    #expect(llama.parameters == 6_738_415_616)
    let llama3 = TransformerShape(
      layers: 32, width: 4096, heads: 32, keyValueHeads: 8, feedForward: 14336, vocabulary: 128_256, isTied: false)
    #expect(llama3.parameters == 8_030_261_248)
  }

  @Test func trainingCostsSixAParameterAndTheAttention() {
    let shape = TransformerShape(layers: 2, width: 64, heads: 2, feedForward: 192, vocabulary: 1000)
    #expect(shape.workingParameters == 2 * (4 * 64 * 64 + 3 * 64 * 192) + 64_000)
    #expect(shape.trainingFlops(context: 100) == 6 * Double(shape.workingParameters) + 12 * 2 * 64 * 100)
  }
}

@Suite struct PlanTests {
  private let rate = MeasuredRate(flopsPerSecond: 60e9, overhead: 2e-9)

  @Test(arguments: [5.0, 20, 90, 600, 36_000])
  func plansKeepToTheTimeAndTheBalance(seconds: Double) throws {
    let request = PlanRequest(seconds: seconds, context: 80, vocabulary: 1024)
    let plan = try Planner.plan(request, rate: rate)
    #expect(abs(plan.tokens * rate.secondsPerToken(plan.shape, context: 80) - seconds) < 1e-6 * seconds)
    #expect(plan.reasons.count == 3)
    let ratio = plan.tokens / Double(plan.shape.workingParameters)
    if seconds >= 20, seconds <= 600 { #expect(ratio > 10 && ratio < 40) }
  }

  @Test func moreTimeMakesLargerModels() throws {
    let sizes = try [10.0, 100, 1000].map { seconds in
      try Planner.plan(PlanRequest(seconds: seconds, context: 80, vocabulary: 1024), rate: rate).shape.workingParameters
    }
    #expect(sizes[0] < sizes[1] && sizes[1] < sizes[2])
  }

  @Test func aMeasurementIsExplainedByItsRate() {
    let shape = TransformerShape(layers: 4, width: 128, heads: 4, feedForward: 352, vocabulary: 1024)
    let rate = MeasuredRate(shape: shape, context: 80, secondsPerToken: 3e-5, overheadShare: 0.3)
    #expect(abs(rate.secondsPerToken(shape, context: 80) - 3e-5) < 1e-12)
  }

  @Test func impossibleRequestsAreErrors() {
    #expect(throws: ApusError.self) {
      try Planner.plan(PlanRequest(seconds: 0, context: 80, vocabulary: 1024), rate: rate)
    }
    #expect(throws: ApusError.self) {
      try Planner.plan(PlanRequest(seconds: 9, context: 80, vocabulary: 1024), rate: rate, shapes: [])
    }
  }

  @Test func repeatedTextIsSaid() throws {
    let request = PlanRequest(seconds: 90, context: 80, vocabulary: 1024, uniqueTokens: 100_000)
    #expect(try Planner.plan(request, rate: rate).reasons[2].contains("reads the text"))
  }
}

@Suite struct MeasuredRateTests {
  private let small = TransformerShape(layers: 2, width: 64, heads: 2, feedForward: 192, vocabulary: 1024)
  private let large = TransformerShape(layers: 3, width: 160, heads: 5, feedForward: 448, vocabulary: 1024)

  private func sample(_ shape: TransformerShape, _ seconds: Double) -> RateSample {
    RateSample(shape: shape, context: 90, secondsPerToken: seconds)
  }

  @Test func twoMeasurementsGiveTheRateBack() {
    let rate = MeasuredRate(flopsPerSecond: 1.3e11, overhead: 7e-9)
    let found = MeasuredRate(
      small: sample(small, rate.secondsPerToken(small, context: 90)),
      large: sample(large, rate.secondsPerToken(large, context: 90)))
    #expect(abs(found.flopsPerSecond / rate.flopsPerSecond - 1) < 1e-9)
    #expect(abs(found.overhead / rate.overhead - 1) < 1e-9)
  }

  @Test func measurementsThatContradictEachOtherLeaveTheLargerOne() {
    let found = MeasuredRate(small: sample(small, 1e-3), large: sample(large, 1e-5))
    #expect(found.overhead == 0)
    #expect(abs(found.secondsPerToken(large, context: 90) - 1e-5) < 1e-12)
  }
}

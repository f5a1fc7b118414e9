import ApusCore
import ApusScaling
import Testing

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

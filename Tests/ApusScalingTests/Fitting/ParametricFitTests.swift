import ApusCore
import ApusScaling
import ApusTestSupport
import Testing

/// Whether the tests were built without optimisation, which makes the arithmetic a hundred times slower.
let isDebugBuild: Bool = {
  var isDebug = false
  assert(
    {
      isDebug = true
      return true
    }())
  return isDebug
}()

@Suite(.enabled(if: !isDebugBuild, "takes minutes without optimisation"))
struct ParametricFitFixtureTests {
  @Test func fitsReachTheObjectiveAndThenTheConstants() throws {
    for fixture in try FitFixture.all(approach: 3, for: "Parametric fits") {
      let delta = fixture.expected["delta"]?.double ?? 1e-3
      let fit = try ParametricFit(fixture.table, ParametricFitOptions(delta: delta))
      let objective = try #require(fixture.expected["objective_sum"]?.double)
      let logs = try #require(fixture.expected["log_params"])
      #expect(fit.table.runs.count == fixture.expected["n"]?.int, "\(fixture.name)")
      #expect(fit.objective <= objective * (1 + 1e-6), "\(fixture.name)")
      print(
        "\(fixture.name): objective \(fit.objective), \(fit.objective / objective - 1) above SciPy's,",
        "\(fit.startsAtBest) of \(fit.starts) starts")
      guard fit.objective > objective * (1 - 1e-6) else { continue }  // A better minimum: the fixture allows for it.
      let (alpha, beta) = (try #require(logs["alpha"]?.double), try #require(logs["beta"]?.double))
      #expect(abs(fit.parameters.alpha - alpha) < 2e-4 && abs(fit.parameters.beta - beta) < 2e-4, "\(fixture.name)")
      for optimum in try #require(fixture.expected["optimum"]?.array) {
        let best = fit.parameters.optimum(compute: try #require(optimum["C"]?.double))
        let loss = fit.parameters.loss(parameters: best.parameters, tokens: best.tokens)
        #expect(abs(best.parameters / (try #require(optimum["N"]?.double)) - 1) < 5e-3, "\(fixture.name)")
        #expect(abs(loss - (try #require(optimum["loss"]?.double))) < 1e-4, "\(fixture.name)")
      }
    }
  }
}

/// Losses of a known law, without noise, on a grid of sizes and tokens.
func exactRuns(_ law: LogParameters, sizes: Int = 5, tokens: Int = 5) -> [MeasuredRun] {
  (0..<sizes * tokens).map { index in
    let size = 1e7 * Double.pow(3, Double(index / tokens)), data = 1e9 * Double.pow(2.5, Double(index % tokens))
    return MeasuredRun(
      parameters: size, tokens: data, loss: law.loss(parameters: size, tokens: data), line: index + 2)
  }
}

@Suite struct ParametricFitTests {
  private let law = LogParameters(a: 6, b: 7.5, e: 0.6, alpha: 0.34, beta: 0.37)

  @Test func exactLossesGiveTheLawBack() throws {
    let fit = try ParametricFit(RunTable(exactRuns(law)), ParametricFitOptions(starts: .projection))
    print("exact losses: objective \(fit.objective), \(fit.parameters)")
    #expect(fit.objective < 1e-18)
    #expect(abs(fit.parameters.alpha - law.alpha) < 1e-5 && abs(fit.parameters.beta - law.beta) < 1e-5)
    #expect(abs(fit.parameters.e - law.e) < 1e-5)
    #expect(fit.residuals.allSatisfy { abs($0) < 1e-8 })
  }

  @Test func tiedExponentsAreEqual() throws {
    let tied = LogParameters(a: 5, b: 6, e: 0.4, alpha: 0.3, beta: 0.3)
    let options = ParametricFitOptions(isTied: true, starts: .projection)
    let fit = try ParametricFit(RunTable(exactRuns(tied)), options)
    #expect(fit.parameters.alpha == fit.parameters.beta || abs(fit.parameters.alpha - fit.parameters.beta) < 1e-14)
    #expect(abs(fit.parameters.alpha - 0.3) < 1e-5 && fit.objective < 1e-18)
    // Where the exponents differ, tying them must cost something.
    let forced = try ParametricFit(RunTable(exactRuns(law)), options)
    #expect(forced.objective > 1e-9 && abs(forced.parameters.alpha - forced.parameters.beta) < 1e-14)
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let runs = exactRuns(law).map { run in
      var run = run
      run.loss *= 1 + 0.01 * Double.sin(Double(run.line * run.line))
      return run
    }
    let fits = try [1, 2, 5].map { threads in
      try ParametricFit(
        RunTable(runs), ParametricFitOptions(starts: isDebugBuild ? .projection : .all),
        pool: ThreadPool(threads: threads))
    }
    #expect(fits.allSatisfy { $0.parameters == fits[0].parameters && $0.objective == fits[0].objective })
    #expect(fits.allSatisfy { $0.startsAtBest == fits[0].startsAtBest })
  }

  /// The frontier's closed form against a search along the budget.
  @Test func theOptimumIsTheLeastLossOfItsBudget() {
    let best = law.optimum(compute: 1e21)
    let least = law.loss(parameters: best.parameters, tokens: best.tokens)
    for factor in [0.5, 0.9, 0.99, 1.01, 1.1, 2.0] {
      let size = best.parameters * factor
      #expect(law.loss(parameters: size, tokens: 1e21 / 6 / size) > least)
    }
  }

  @Test func tablesThatNoLawFollowsFromAreErrors() throws {
    let runs = exactRuns(law)
    let oneSize = runs.filter { $0.parameters == 1e7 } + runs.filter { $0.parameters == 1e7 }
    let oneData = runs.filter { $0.tokens == 1e9 } + runs.filter { $0.tokens == 1e9 }
    for (table, word, place) in [
      (Array(runs.prefix(5)), "too few", nil), (oneSize, "one size", "lines 2 to 6, N" as String?),
      (oneData, "one number of tokens", "lines 2 to 22, D"),
    ] {
      let error = #expect(throws: ApusError.self) { try ParametricFit(RunTable(table)) }
      #expect(error?.problem.contains(word) == true && error?.place == place)
    }
    #expect(throws: ApusError.self) { try ParametricFit(RunTable(runs), ParametricFitOptions(delta: 0)) }
  }
}

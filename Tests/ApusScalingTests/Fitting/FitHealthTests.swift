import ApusCore
import ApusScaling
import Testing

@Suite(.enabled(if: !isDebugBuild, "takes minutes without optimisation"))
struct FitHealthTests {
  private func health(_ table: RunTable, isTied: Bool = false) throws -> FitHealth {
    let fit = try ParametricFit(table, ParametricFitOptions(isTied: isTied, starts: .projection))
    return FitHealth(fit, Bootstrap(fit, resamples: 400))
  }

  @Test(arguments: RunDesign.illPosed)
  func runsThatCannotTellAreCalledIllPosed(design: RunDesign) throws {
    for seed in 0..<6 {
      let health = try health(.simulated(trueLaw, design, seed: UInt64(seed)))
      #expect(health.verdict == .illPosed, "\(design) \(seed): \(health.findings)")
      #expect(health.findings.first?.text.hasPrefix("Ill-posed") ?? false)
    }
  }

  @Test(arguments: RunDesign.wellPosed)
  func runsThatCanTellAreNot(design: RunDesign) throws {
    for seed in 0..<6 {
      let health = try health(.simulated(trueLaw, design, seed: UInt64(seed)))
      #expect(health.verdict < .illPosed, "\(design) \(seed): \(health.findings)")
    }
  }

  @Test func aSpoiltRunIsNamed() throws {
    var table = RunTable.simulated(trueLaw, .grid, seed: 3)
    table.runs[40].loss *= 1.2
    table.runs[40].name = "spoilt"
    let health = try health(table)
    #expect(health.outliers.map(\.run.name) == ["spoilt"])
    #expect(health.findings.contains { $0.weight == .doubtful && $0.text.contains("spoilt (line 42)") })
  }

  @Test func theRunThatDecidesIsNamed() throws {
    // One run alone has much more data than the others, and its loss is off.
    var table = RunTable.simulated(trueLaw, .narrowSizes, noise: 0.001, seed: 4)
    table.runs += RunTable.simulated(trueLaw, .grid, noise: 0.001, seed: 5).runs.prefix(1).map { run in
      MeasuredRun(name: "lever", parameters: 2e10, tokens: 1e12, loss: 2.2, line: 99)
    }
    let health = try health(table)
    #expect(health.influence.first?.run.name == "lever")
  }

  @Test func theLargestRunsAreForetold() throws {
    let holdOut = try #require(try health(.simulated(trueLaw, .budgets, seed: 6)).holdOut)
    #expect(holdOut.predictions.count >= 20 && abs(holdOut.bias) < 0.01)
    // Runs that stop following the law are seen.
    var table = RunTable.simulated(trueLaw, .budgets, seed: 6)
    for index in table.runs.indices.suffix(24) { table.runs[index].loss *= 1.05 }
    let broken = try health(table)
    #expect((broken.holdOut?.bias ?? 0) < -0.02)
    #expect(broken.findings.contains { $0.weight == .doubtful && $0.text.contains("too low") })
  }

  /// The profile's ends are where the objective crosses the limit, and between them it is below.
  @Test func profilesRiseFromTheBestValue() throws {
    let fit = try ParametricFit(
      .simulated(trueLaw, .grid, seed: 7), ParametricFitOptions(starts: .projection))
    for quantity in LawQuantity.allCases {
      let profile = fit.profile(quantity)
      let best = quantity.value(fit.parameters)
      #expect(profile.interval.contains(best) && profile.interval.isClosed, "\(quantity)")
      #expect(profile.points.allSatisfy { $0.objective >= fit.objective * (1 - 1e-6) })
      for point in profile.points {
        let isInside = profile.interval.contains(point.value)
        #expect(isInside == (point.objective <= profile.limit) || abs(point.value - best) < 1e-9, "\(quantity)")
      }
      let wide = fit.profile(quantity, level: 0.999).interval
      #expect(wide.lower < profile.interval.lower && wide.upper > profile.interval.upper)
    }
  }

  @Test func tiedExponentsAreProfiledTogether() throws {
    let health = try health(.simulated(trueLaw, .grid, seed: 8), isTied: true)
    #expect(health.profiles.map(\.quantity) == [.alpha, .irreducible])
    #expect(health.profiles.allSatisfy { $0.interval.isClosed })
  }

  /// Tables of any numbers that reading lets through have an answer or a typed error, never a trap.
  @Test func oddTablesNeverTrap() throws {
    var random = Philox(seed: 21).stream()
    func spread(_ low: Double, _ high: Double) -> Double {
      let steps = Double(Int.random(in: 0...3, using: &random))
      return low * Double.pow(high / low, steps == 0 ? random.uniform() : steps / 3)
    }
    var answered = 0
    for round in 0..<60 {
      let runs = (0..<Int.random(in: 1...14, using: &random)).map { index in
        MeasuredRun(
          name: round % 3 == 0 ? "\(index / 2)" : nil, parameters: spread(1e3, 1e16), tokens: spread(1e4, 1e18),
          loss: spread(1e-300, 20), uniqueTokens: round % 2 == 0 ? spread(1e4, 1e18) : nil, line: index + 2)
      }
      let table = RunTable(runs)
      let options = ParametricFitOptions(isTied: round % 4 == 0, starts: .projection)
      if let fit = try? ParametricFit(table, options) {
        let health = FitHealth(fit, Bootstrap(fit, resamples: 20))
        answered += health.findings.isEmpty ? 0 : 1
      }
      _ = try? IsoFLOPFit(table, IsoFLOPOptions(nearBest: nil, fewestRuns: 3, budgetTolerance: 10)).frontier.findings()
      _ = try? EnvelopeFit(table, resamples: 5)
      _ = try? RepetitionFit(table)
    }
    print("Odd tables: \(answered) of 60 have a law")
    #expect(answered > 10)
  }
}

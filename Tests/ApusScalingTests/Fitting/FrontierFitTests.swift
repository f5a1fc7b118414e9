import ApusCore
import ApusScaling
import ApusTestSupport
import Foundation
import Testing

@Suite struct FrontierFitFixtureTests {
  /// Parabolas by NumPy: closed form, so to 1e-6.
  @Test func parabolasAndTheirPowerLawAreNumPys() throws {
    for fixture in try FitFixture.all(approach: 2, for: "IsoFLOP fits") {
      let words = fixture.expected["filter"]?.string ?? ""
      let nearBest = words.contains("budget minimum") ? 1.08 : nil
      let fit = try IsoFLOPFit(fixture.table, IsoFLOPOptions(nearBest: nearBest))
      let points = try #require(fixture.expected["points"]?.array)
      #expect(fit.curves.count == points.count, "\(fixture.name)")
      for (curve, point) in zip(fit.curves, points) {
        #expect(abs(curve.compute / (try #require(point["C"]?.double)) - 1) < 1e-9, "\(fixture.name)")
        #expect(curve.runs.count == point["n"]?.int && curve.isBracketed == point["inside"]?.bool, "\(fixture.name)")
        #expect(abs(curve.bestSize / (try #require(point["N_opt"]?.double)) - 1) < 1e-6, "\(fixture.name)")
        #expect(abs(curve.leastLoss - (try #require(point["loss_min"]?.double))) < 1e-6, "\(fixture.name)")
        #expect(abs(curve.curvature - (try #require(point["curvature"]?.double))) < 1e-6, "\(fixture.name)")
      }
      let exponent = try #require(fixture.expected["exp_N"]?.double)
      #expect(abs(fit.frontier.exponent - exponent) < 1e-6, "\(fixture.name)")
      for expected in try #require(fixture.expected["pred"]?.array) {
        let best = fit.frontier.optimum(compute: try #require(expected["C"]?.double))
        #expect(abs(best.parameters / (try #require(expected["N"]?.double)) - 1) < 1e-5, "\(fixture.name)")
      }
      let interval = fit.frontier.exponentInterval()
      print("\(fixture.name): a = \(fit.frontier.exponent) in \(interval.lower) to \(interval.upper)")
    }
  }

  /// What repetition is worth: the objective at the published constants, then a better one, then that nobody knows.
  @Test func theValueOfRepetitionIsFoundAndCalledUnknown() throws {
    guard let folder = Fixtures.folder("scaling", for: "Repetition") else { return }
    var found = 0
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      guard file.pathExtension == "json", let expected = try? JSON.read(file.path),
        let fixed = expected["fixed"], let published = expected["published"],
        let input = expected["input"]?.string?.split(separator: "/").last
      else { continue }
      let path = folder.appending(path: "../../data/scaling/\(input)").path
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let number = { (object: JSON, key: String) in try #require(object[key]?.double) }
      let law = LogParameters(
        a: try number(fixed, "a"), b: try number(fixed, "b"), e: try number(fixed, "e"),
        alpha: try number(fixed, "alpha"), beta: try number(fixed, "beta"))
      let fit = try RepetitionFit(try RunTable.read(path), law: law)
      #expect(fit.table.runs.count == expected["n"]?.int)
      let there = try #require(
        fit.objective(
          dataConstant: try number(published, "R_D_star"), sizeConstant: try number(published, "R_N_star")))
      #expect(abs(there / (try number(expected, "objective_at_published")) - 1) < 1e-8)
      #expect(fit.objective <= (try number(expected, "objective_sum")) * (1 + 1e-4))
      // Whether the law without repetition is given or fitted to the runs that saw every token once.
      let own = try RepetitionFit(fit.table)
      #expect(own.law != law && own.findings.first?.weight == .illPosed && fit.findings.first?.weight == .illPosed)
      print("R_D* = \(fit.dataConstant), R_N* = \(fit.sizeConstant), objective \(fit.objective),", terminator: " ")
      print("R_D* from \(fit.interval.lower) to \(fit.interval.upper)")
      found += 1
    }
    print("Repetition: \(found) fits")
  }
}

@Suite struct FrontierFitTests {
  /// Five budgets of seven sizes of a parabola in ln N whose lowest point is at 0.1 C^½.
  private func budgets(noise: Double = 0) -> RunTable {
    var random = Philox(seed: 9).stream()
    return RunTable(
      (0..<35).map { index in
        let compute = 1e18 * Double.pow(10, Double(index / 7)), best = 0.1 * compute.squareRoot()
        let x = (Double(index % 7) - 3) * 0.5
        let size = best * .exp(x)
        return MeasuredRun(
          parameters: size, tokens: compute / 6 / size, compute: compute,
          loss: 2 + 10 / Double(index / 7 + 3) + 0.03 * x * x + noise * random.normal(), line: index + 2)
      })
  }

  @Test func parabolasGiveTheirLowestPoints() throws {
    let fit = try IsoFLOPFit(budgets())
    #expect(fit.curves.count == 5 && fit.notes.isEmpty)
    #expect(abs(fit.frontier.exponent - 0.5) < 1e-9 && abs(fit.frontier.coefficient / 0.1 - 1) < 1e-7)
    #expect(fit.curves.allSatisfy { abs($0.curvature - 0.03) < 1e-9 && $0.isBracketed })
    #expect(fit.frontier.exponentInterval().width < 1e-6)
  }

  @Test func budgetsThatShowNoLowestPointAreLeftOut() throws {
    var table = budgets()
    // The first budget keeps its small sizes alone, the second has three runs.
    table.runs = table.runs.enumerated().filter { !(3...6).contains($0.offset) && !(10...13).contains($0.offset) }
      .map(\.element)
    let size = 1e8 * Double.exp(-2)
    table.runs.append(
      MeasuredRun(parameters: size, tokens: 1e18 / 6 / size, compute: 1e18, loss: 2 + 10 / 3.0 + 0.03 * 4))
    let fit = try IsoFLOPFit(table, IsoFLOPOptions(nearBest: nil))
    #expect(fit.notes.count == 2 && fit.curves.filter(\.isBracketed).count == 3)
    #expect(fit.notes[0].contains("not between") && fit.notes[1].contains("3 runs"))
    table.runs.removeAll { $0.compute > 1.1e20 }
    #expect { try IsoFLOPFit(table, IsoFLOPOptions(nearBest: nil)) } throws: {
      ($0 as? ApusError)?.problem.contains("ill-posed") ?? false
    }
  }

  /// Students' intervals of a straight line hold the truth 95 % of the time: exact for normal errors.
  @Test func intervalsOfThePowerLawHoldTheTruth() throws {
    var held = 0
    var random = Philox(seed: 11).stream()
    for _ in 0..<400 {
      var table = budgets()
      for index in table.runs.indices { table.runs[index].loss += 0.002 * random.normal() }
      let fit = try IsoFLOPFit(table)
      if fit.frontier.exponentInterval().contains(0.5) { held += 1 }
    }
    print("IsoFLOP: a in \(Double(held) / 4) % of 400")
    #expect((368...396).contains(held))
  }

  /// Curves of the true law, six sizes' trainings read at forty places: the envelope grows as the law's optimum does.
  private func curves(sizes: Int = 12) -> RunTable {
    RunTable(
      (0..<sizes * 40).map { index in
        let size = 3e7 * Double.pow(1e10 / 3e7, Double(index / 40) / Double(sizes - 1))
        let tokens = size * Double.pow(10, -1 + 4 * Double(index % 40) / 39)
        let loss = trueLaw.loss(parameters: size, tokens: tokens)
        return MeasuredRun(name: "\(index / 40)", parameters: size, tokens: tokens, loss: loss, line: index + 2)
      })
  }

  @Test func theEnvelopeOfCurvesGrowsAsTheOptimum() throws {
    let fit = try EnvelopeFit(curves())
    print("Envelope: a = \(fit.frontier.exponent), the law's \(trueLaw.sizeGrowth), in \(fit.exponentInterval())")
    #expect(abs(fit.frontier.exponent - trueLaw.sizeGrowth) < 0.02)
    #expect(fit.exponentInterval().contains(trueLaw.sizeGrowth))
    let best = fit.frontier.optimum(compute: 1e20).parameters
    #expect(abs(best / trueLaw.optimum(compute: 1e20).parameters - 1) < 0.1)
    let again = try EnvelopeFit(curves(), pool: ThreadPool(threads: 5))
    #expect(again.exponents.elementsEqual(fit.exponents) { $0 == $1 || ($0.isNaN && $1.isNaN) })
  }

  @Test func tablesWithoutCurvesHaveNoEnvelope() throws {
    var table = curves()
    for index in table.runs.indices { table.runs[index].name = nil }
    #expect { try EnvelopeFit(table) } throws: { ($0 as? ApusError)?.problem.contains("training curves") ?? false }
  }

  /// Repetition with known constants is found again.
  @Test func knownValuesOfRepetitionAreFound() throws {
    var random = Philox(seed: 13).stream()
    let law = LogParameters(a: 6.25, b: 7.3, e: 0.625, alpha: 0.35, beta: 0.35)
    let runs = (0..<60).map { index in
      let unique = 1e8 * Double.pow(4, Double(index / 20)), repeats = Double(index % 20) * 3
      let size = unique / 20 * Double.pow(2, Double(index % 4))
      func effective(_ whole: Double, _ more: Double, _ constant: Double) -> Double {
        whole * (1 + constant * (1 - .exp(-more / constant)))
      }
      let fed = min(size, law.optimum(compute: 1e20).parameters * unique / law.optimum(compute: 1e20).tokens)
      let loss = law.loss(
        parameters: effective(fed, size / fed - 1, 5), tokens: effective(unique, repeats, 15))
      return MeasuredRun(
        parameters: size, tokens: unique * (1 + repeats), loss: loss * .exp(0.001 * random.normal()),
        uniqueTokens: unique, line: index + 2)
    }
    let fit = try RepetitionFit(RunTable(runs), law: law)
    print("R_D* = \(fit.dataConstant) in \(fit.interval), R_N* = \(fit.sizeConstant)")
    #expect(abs(fit.dataConstant / 15 - 1) < 0.1 && abs(fit.sizeConstant / 5 - 1) < 0.1)
    #expect(fit.interval.isClosed && fit.interval.contains(15))
    #expect(throws: ApusError.self) { try RepetitionFit(.simulated(trueLaw, .grid, seed: 1)) }
  }
}

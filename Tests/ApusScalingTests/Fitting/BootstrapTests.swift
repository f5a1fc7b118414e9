import ApusCore
import ApusScaling
import ApusTestSupport
import Foundation
import Testing

@Suite(.enabled(if: !isDebugBuild, "takes minutes without optimisation"))
struct BootstrapFixtureTests {
  /// Resamples that SciPy fitted, row by row: objectives to 1e-5, as the fixture asks.
  @Test func exactResamplesReachSciPysObjectives() throws {
    guard let folder = Fixtures.folder("scaling", for: "Exact resamples") else { return }
    var checked = 0
    for fixture in try FitFixture.all(approach: 3, for: "Exact resamples") {
      let file = folder.appending(path: "\(fixture.inputName)_bootstrap200.json")
      guard fixture.table.runs.count < fixture.rowsOfInput, FileManager.default.fileExists(atPath: file.path) else {
        continue
      }
      let expected = try JSON.read(file.path)
      let places = Dictionary(uniqueKeysWithValues: fixture.table.runs.enumerated().map { ($1.line - 2, $0) })
      let draws = try #require(expected["indices"]?.array).map { draw in
        (draw.array ?? []).compactMap { $0.int }.map { places[$0] ?? -1 }
      }
      let fit = try ParametricFit(fixture.table, ParametricFitOptions(starts: .projection))
      let bootstrap = Bootstrap(fit, draws: draws)
      let objectives = try #require(expected["objective"]?.array).compactMap(\.double)
      #expect(draws.joined().allSatisfy { $0 >= 0 } && objectives.count == bootstrap.objectives.count)
      let excess = zip(bootstrap.objectives, objectives).map { $0 / $1 - 1 }
      #expect(excess.allSatisfy { $0 < 1e-5 })
      let laws = try #require(expected["params"]?.array)
      for (law, expected) in zip(zip(bootstrap.laws, excess), laws) where law.1 > -1e-5 {
        let numbers = (expected.array ?? []).compactMap(\.double)
        #expect(abs(law.0.alpha - numbers[3]) < 3e-3 && abs(law.0.beta - numbers[4]) < 3e-3)
      }
      checked += draws.count
      print("\(fixture.name): \(draws.count) resamples, objective at most \(excess.max() ?? 0) above SciPy's")
    }
    print("Exact resamples: \(checked)")
  }

  @Test func standardErrorsAreThePublishedOnes() throws {
    guard let folder = Fixtures.folder("scaling", for: "Standard errors") else { return }
    for fixture in try FitFixture.all(approach: 3, for: "Standard errors") {
      let file = folder.appending(path: "\(fixture.inputName).json")
      guard let whole = try? JSON.read(file.path), fixture.table.runs.count < fixture.rowsOfInput,
        let expected = whole["bootstrap"]?["polished"]
      else { continue }
      let fit = try ParametricFit(fixture.table, ParametricFitOptions(starts: .projection))
      let bootstrap = Bootstrap(fit, resamples: 4000)
      let quantities: [(String, (LogParameters) -> Double)] = [
        ("A", \.sizeCoefficient), ("B", \.dataCoefficient), ("E", \.irreducible), ("alpha", \.alpha),
        ("beta", \.beta), ("a", \.sizeGrowth),
      ]
      for (name, quantity) in quantities {
        let error = bootstrap.standardError(of: quantity)
        let published = try #require(expected["se_\(name)"]?.double)
        // With 1,000 resamples on either side the errors' own errors are 3 % each, and B's tail is heavy.
        #expect(abs(error / published - 1) < (0.05), "\(name)")
        print("\(fixture.name): standard error of \(name) \(error), SciPy \(published)")
      }
      let interval = bootstrap.interval(of: \.sizeGrowth)
      let ends = try #require(expected["a_ci95"]?.array).compactMap(\.double)
      #expect(abs(interval.lower - ends[0]) < 0.008 && abs(interval.upper - ends[1]) < 0.008)
    }
  }
}

@Suite(.enabled(if: !isDebugBuild, "takes minutes without optimisation"))
struct BootstrapTests {
  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let fit = try ParametricFit(
      .simulated(trueLaw, .grid, seed: 1), ParametricFitOptions(starts: .projection))
    let bootstraps = [1, 2, 5].map { Bootstrap(fit, resamples: 60, seed: 3, pool: ThreadPool(threads: $0)) }
    #expect(bootstraps.allSatisfy { $0.laws == bootstraps[0].laws && $0.objectives == bootstraps[0].objectives })
    #expect(Bootstrap(fit, resamples: 60, seed: 4).laws != bootstraps[0].laws)
    // A resample does not depend on how many there are.
    #expect(Array(bootstraps[0].laws.prefix(20)) == Bootstrap(fit, resamples: 20, seed: 3).laws)
  }

  /// Rows of one run are drawn together: a table that has every run twice is no surer than one that has it once.
  @Test func rowsOfOneRunAreDrawnTogether() throws {
    let options = ParametricFitOptions(starts: .projection)
    let once = RunTable.simulated(trueLaw, .grid, seed: 2)
    var twice = once
    twice.runs = once.runs.flatMap { [$0, $0] }
    let alone = Bootstrap(try ParametricFit(once, options), resamples: 200)
    let naive = Bootstrap(try ParametricFit(twice, options), resamples: 200)
    for index in twice.runs.indices { twice.runs[index].name = "\(index / 2)" }
    let together = Bootstrap(try ParametricFit(twice, options), resamples: 200)
    for (one, two) in zip(alone.laws, together.laws) { #expect(abs(one.alpha - two.alpha) < 1e-4) }
    let error = alone.standardError(of: \.alpha)
    #expect((0.55...0.9).contains(naive.standardError(of: \.alpha) / error))
  }

  @Test func tiedFitsStayTied() throws {
    let fit = try ParametricFit(
      .simulated(trueLaw, .grid, seed: 1), ParametricFitOptions(isTied: true, starts: .projection))
    #expect(Bootstrap(fit, resamples: 20).laws.allSatisfy { abs($0.alpha - $0.beta) < 1e-12 })
  }
}

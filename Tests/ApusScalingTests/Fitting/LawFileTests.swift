import ApusCore
import ApusScaling
import Foundation
import Testing

@Suite(.enabled(if: !isDebugBuild, "takes minutes without optimisation"))
struct LawFileTests {
  private func file() throws -> LawFile {
    let table = RunTable.simulated(trueLaw, .oneRatio, seed: 1)
    let fit = try ParametricFit(table, ParametricFitOptions(starts: .projection))
    let bootstrap = Bootstrap(fit, resamples: 20)
    let health = FitHealth(fit, bootstrap)
    return LawFile(
      name: "test", source: "a test", form: .parametric(fit.parameters, resamples: bootstrap.laws), table: table,
      findings: health.findings)
  }

  @Test func whatIsWrittenIsRead() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "apus-law-\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try file()
    try file.write(to: path)
    #expect(try LawFile.read(path) == file)
    #expect(file.verdict == .illPosed && !file.caveats.isEmpty)
    var frontier = file
    frontier.form = .frontier(coefficient: 0.1, exponent: 0.5)
    #expect(try LawFile(frontier.json) == frontier)
  }

  @Test(arguments: [
    ("\"apus-scaling-law\"", "\"other\"", "format"), ("\"version\": 1", "\"version\": 2", "version"),
    ("\"nats/token\"", "\"furlongs\"", "loss_unit"), ("\"parametric\"", "\"oracle\"", "form"),
    ("\"alpha\"", "\"alpha2\"", "alpha"), ("\"verdict\"", "\"verdikt\"", "verdict"), ("\"runs\"", "\"laps\"", "runs"),
    ("\"resamples\": [\n    \"", "\"resamples\": [\n    \"x ", "resamples"),
  ])
  func filesThatAreNoneAreErrors(what: String, instead: String, key: String) throws {
    let text = try file().json.text(pretty: true)
    #expect(text.contains(what))
    let damaged = text.replacingOccurrences(of: what, with: instead)
    let error = #expect(throws: ApusError.self) { try LawFile(try JSON.parse(damaged), file: "law.json") }
    #expect("\(String(describing: error))".contains(key) && error?.file == "law.json")
  }

  @Test func constantsThatOverflowAreErrors() throws {
    for (key, value) in [("ln_A", 1e9), ("alpha", 1e300)] {
      guard case .object(let object) = try file().json else { return }
      let fields = object.map { name, field -> (String, JSON) in
        guard name == "constants", case .object(let constants) = field else { return (name, field) }
        return (name, .object(JSON.Object(constants.map { ($0, $0 == key ? .double(value) : $1) })))
      }
      #expect(throws: ApusError.self) { try LawFile(.object(JSON.Object(fields))) }
    }
  }
}

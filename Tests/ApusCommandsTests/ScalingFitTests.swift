// `apus scaling fit` on tables made here.

import ApusCore
import ApusScaling
import Foundation
import Testing

@Suite struct ScalingFitTests {
  /// A table of a law without much noise: six sizes on six numbers of tokens.
  private func table(_ header: String = "run,N,D,loss", tokens: (Double, Int) -> Double) -> String {
    var random = Philox(seed: 1).stream()
    let law = LogParameters(a: 6.17, b: 7.64, e: 0.597, alpha: 0.3478, beta: 0.3658)
    let rows = (0..<36).map { index in
      let size = 3e7 * Double.pow(3, Double(index / 6)), data = tokens(size, index % 6)
      let loss = law.loss(parameters: size, tokens: data) * .exp(0.002 * random.normal())
      return "r\(index),\(size),\(data),\(loss)"
    }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }

  private func grid(_ size: Double, _ index: Int) -> Double { 1e9 * Double.pow(3, Double(index)) }

  private func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-fit-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(text, to: folder + "/runs.csv")
    return try await body(folder)
  }

  @Test func aTableGivesALawWithIntervalsAndItsHealth() async throws {
    try await withFile(table(tokens: grid)) { folder in
      let arguments = [
        "scaling", "fit", folder + "/runs.csv", "--starts", "projection", "--bootstraps", "40", "--format", "json",
      ]
      let outcome = await apus(arguments + ["--output", folder + "/law.json", "--budget", "1e21", "--name", "mine"])
      #expect(outcome.status == 0, "\(outcome.error)")
      let answer = try JSON.parse(outcome.output)
      #expect(answer["rows"]?.int == 36 && answer["starts"]?.int == 16)
      let constants = try #require(answer["constants"]?.array)
      let alpha = try #require(constants.first { $0["name"]?.string == "α" })
      #expect(abs((try #require(alpha["value"]?.double)) - 0.3478) < 0.05)
      #expect(alpha["interval_95"]?.array?.count == 2 && alpha["profile_95"]?.array?.count == 2)
      let prediction = try #require(answer["predictions"]?.array?.first)
      #expect(prediction["compute_flops"]?.double == 1e21 && prediction["loss_95"]?.array?.count == 2)
      let file = try LawFile.read(folder + "/law.json")
      guard case .parametric(let law, let resamples) = file.form else { throw ApusError(.fault, "no parametric law") }
      #expect(file.name == "mine" && resamples.count == 40 && law.alpha == alpha["value"]?.double)
      let plan = await apus("scaling", "plan", "--compute", "1e21", "--law", folder + "/law.json", "--format", "json")
      #expect(plan.status == 0 && plan.output.contains("parametric fit to 36 rows of runs.csv"), "\(plan.error)")
      // The same question has the same answer.
      #expect(await apus(arguments + ["--budget", "1e21", "--threads", "3"]).output == outcome.output)
    }
  }

  @Test func peopleGetWordsAndFormulas() async throws {
    try await withFile(table(tokens: grid)) { folder in
      let outcome = await apus(
        "scaling", "fit", folder + "/runs.csv", "--starts", "projection", "--bootstraps", "40", "--explain", "--tied",
        "--report", folder + "/report")
      #expect(outcome.status == 0 && outcome.error.contains("report.html"), "\(outcome.error)")
      let pictures = ["residuals", "ridge", "profile-alpha", "profile-E", "isoflop", "frontier", "contours"]
      let page = String(decoding: try FileSystem.readAll(folder + "/report/report.html"), as: UTF8.self)
      for name in pictures {
        let drawing = try FileSystem.readAll("\(folder)/report/\(name).svg")
        #expect(drawing.starts(with: Array("<svg".utf8)) && page.contains("\(name).svg"))
      }
      let files = try FileSystem.list(folder + "/report")
      #expect(files.count == pictures.count + 3)
      for words in ["Health:", "95 % interval", "L(N, D) = E + A / N^α + B / D^β", "N spans a factor of 243"] {
        #expect(outcome.output.contains(words), "\(words)")
      }
    }
  }

  @Test func runsThatCannotTellAreCalledIllPosed() async throws {
    try await withFile(table { size, _ in 20 * size }) { folder in
      // Rows that differ by noise alone are no repeats.
      let outcome = await apus("scaling", "fit", folder + "/runs.csv", "--starts", "projection", "--bootstraps", "40")
      #expect(outcome.status == 0 && outcome.output.contains("Health: ill-posed"), "\(outcome.error)")
      #expect(outcome.output.contains("✗ Ill-posed: every run has nearly the same tokens a parameter"))
    }
  }

  /// A column that is no loss: it rises with size. The fit says so, and no law is written that plans would follow.
  @Test func aLossThatRisesIsNoLaw() async throws {
    let rising = table(tokens: grid).split(separator: "\n").map { line -> String in
      var cells = line.split(separator: ",").map(String.init)
      if let loss = Double(cells[3]) { cells[3] = "\(6 - loss)" }
      return cells.joined(separator: ",")
    }
    try await withFile(rising.joined(separator: "\n") + "\n") { folder in
      let outcome = await apus(
        "scaling", "fit", folder + "/runs.csv", "--starts", "projection", "--bootstraps", "40", "--output",
        folder + "/law.json")
      #expect(outcome.status == 65 && outcome.output.contains("the loss does not fall with parameters (α = −"))
      #expect(outcome.error.contains("law.json: the loss does not fall"), "\(outcome.error)")
      let files = try FileSystem.list(folder)
      #expect(files == ["runs.csv"])
    }
  }

  @Test func theOtherApproachesAnswerOrSayWhatIsMissing() async throws {
    let budgets = table { size, index in 1e18 * Double.pow(10, Double(index)) / 6 / size }
    try await withFile(budgets) { folder in
      let isoflop = await apus(
        "scaling", "fit", folder + "/runs.csv", "--approach", "isoflop", "--near-best", "2", "--output",
        folder + "/size.json", "--report", folder + "/report")
      let files = try FileSystem.list(folder + "/report")
      #expect(files.contains("frontier.svg"))
      #expect(isoflop.status == 0 && isoflop.output.contains("best use of"), "\(isoflop.error)")
      let plan = await apus("scaling", "plan", "--compute", "1e21", "--law", folder + "/size.json")
      #expect(plan.status == 64 && plan.error.contains("gives no loss"), "\(plan.error)")
      let envelope = await apus("scaling", "fit", folder + "/runs.csv", "--approach", "envelope")
      #expect(envelope.status == 65 && envelope.error.contains("training curves"))
      let repetition = await apus("scaling", "fit", folder + "/runs.csv", "--approach", "repetition")
      #expect(repetition.status == 65 && repetition.error.contains("unique"))
    }
  }

  @Test func columnsAndConditionsAreChosen() async throws {
    let text = table("run,N,D,loss_c4", tokens: grid)
    try await withFile(text) { folder in
      let path = folder + "/runs.csv"
      let missing = await apus("scaling", "fit", path)
      #expect(missing.status == 65 && missing.error.contains("--column loss=loss_c4"))
      let chosen = await apus(
        "scaling", "fit", path, "--column", "loss=loss_c4", "--where", "N<3e9", "--bootstraps", "0", "--format", "json",
        "--starts", "projection", "--counts", "non-embedding", "--output", folder + "/law.json")
      try #require(chosen.status == 0, "\(chosen.error)")
      let law = try LawFile.read(folder + "/law.json")
      #expect(law.counts == .nonEmbedding)
      let answer = try JSON.parse(chosen.output)
      #expect(answer["rows"]?.int == 30)
      for arguments in [
        ["--column", "loss"], ["--column", "speed=x"], ["--where", "N"], ["--delta", "0"], ["--bootstraps", "-1"],
        ["--near-best", "1"], ["--starts", "everywhere"], ["--bootstraps", "10"], ["--approach", "isoflop", "--tied"],
        ["--budget", "0"], ["--counts", "some"],
        ["--column", "D=N"], ["--approach", "isoflop", "--bootstraps", "40"], ["--near-best", "1.2"],
        ["--approach", "envelope", "--delta", "0.1"], ["--approach", "repetition", "--output", "law.json"],
        ["--report", "", "--starts", "projection", "--bootstraps", "0"],
      ] {
        let outcome = await apus(["scaling", "fit", path, "--column", "loss=loss_c4"] + arguments)
        #expect(outcome.status == 64, "\(arguments): \(outcome.error)")
      }
      #expect(await apus("scaling", "fit", folder + "/none.csv").status == 66)
    }
  }
}

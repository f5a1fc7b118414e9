// `apus scaling`: what it prints, and how it refuses.

import ApusCommands
import ApusCore
import Testing

@Suite struct ScalingCommandTests {
  @Test func compareShowsEveryLawOnOneBudget() async throws {
    let text = await apus("scaling", "compare", "--compute", "5.76e23")
    #expect(text.status == 0 && text.error.isEmpty)
    for id in ["kaplan", "chinchilla-1", "replication", "llama3", "krajewski"] { #expect(text.output.contains(id)) }
    let json = await apus("scaling", "compare", "--compute", "5.76e23", "--format", "json")
    let laws = try #require(try JSON.parse(json.output).object?["laws"]?.array)
    #expect(laws.count >= 15)
    for law in laws {
      let object = try #require(law.object)
      for key in ["source", "edition", "parameters_count", "loss_unit"] {
        #expect(object[key]?.string?.isEmpty == false)
      }
      #expect((object["parameters"]?.double ?? 0) > 0)
    }
  }

  @Test func explainPrintsTheFormulaWithTheNumbersInIt() async {
    let outcome = await apus("scaling", "compare", "--compute", "1e21", "--law", "replication", "--explain")
    #expect(outcome.output.contains("1.8172 + 482.01/N^0.3478 + 2085.4/D^0.3658"))
    #expect(outcome.output.contains("= 2.78B parameters"))
  }

  @Test func lawsAreListedAndShownInFull() async throws {
    let list = await apus("scaling", "laws")
    #expect(list.status == 0 && list.output.contains("arXiv:2404.10102"))
    let one = await apus("scaling", "laws", "kaplan")
    #expect(one.output.contains("non-embedding") && one.output.contains("petaflop days"))
    let table = await apus("scaling", "laws", "chinchilla-1")
    #expect(table.output.contains("table 3 of the paper") && table.output.contains("216T"))
    let all = await apus("scaling", "laws", "--explain")
    #expect(all.output.contains("petaflop days") && all.output.contains("1.8172 + 482.01/N^0.3478"))
    let json = await apus("scaling", "laws", "kaplan", "--format", "json")
    #expect(json.output.contains("formula_at_1e21_flops"))
    let fitted = try JSON.parse(await apus("scaling", "laws", "chinchilla-3", "--format", "json").output)
    #expect(fitted.array?.first?["constants"]?["alpha"]?.double == 0.33917084)
    let far = await apus("scaling", "laws", "x"), near = await apus("scaling", "laws", "kaplann")
    #expect(!far.error.contains("did you mean") && near.error.contains("did you mean 'kaplan'"))
  }

  @Test func aPlanHasIntervalsAShapeCostsAndAdvice() async throws {
    let text = await apus("scaling", "plan", "--compute", "1e21", "--devices", "8", "--price", "2", "--explain")
    #expect(text.status == 0 && text.error.isEmpty)
    for part in ["95 % interval", "layers of width", "FLOPs a token", "Memory a device", "Step Law", "L(N, D) ="] {
      #expect(text.output.contains(part), "\(part)")
    }
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let json = await apus("scaling", "plan", "--compute", "1e21", "--format", "json")
    let plan = try #require(try JSON.parse(json.output).object)
    let size = try #require(plan["parameters"]?.object?["value"]?.double)
    #expect(abs(size / 2.778e9 - 1) < 1e-3)
    #expect(plan["parameters"]?.object?["interval_95"]?.array?.count == 2)
    #expect((plan["shape"]?.object?["parameters"]?.int ?? 0) > 2_000_000_000)
  }

  /// The course's example: 8 billion parameters on 15 trillion tokens, in its numbers.
  @Test func llamaThreeIsExplained() async {
    let outcome = await apus("scaling", "plan", "--parameters", "8.03B", "--tokens", "15T", "--explain")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("5.50 times the FLOPs") && outcome.output.contains("beyond 11.4T tokens in use"))
    #expect(outcome.output.contains("0.17306 for too few parameters"))
    #expect(outcome.output.contains("Training takes 507k hours of one h100"))
  }

  @Test func plansForUseAndForLittleText() async {
    let used = await apus("scaling", "plan", "--compute", "1e21", "--lifetime-tokens", "1T", "--explain")
    #expect(used.output.contains("least 6 N D + w · 2 N D_use with L(N, D)"))
    #expect(used.output.contains("that multiply + 12 ·"))
    #expect(used.output.contains("tokens in use, the same loss is cheapest from"))
    let little = await apus("scaling", "plan", "--compute", "1e21", "--unique-tokens", "2B")
    #expect(little.output.contains("the text is read") && little.output.contains("not fixed by its data"))
  }

  @Test func aMeasuredRateIsUsed() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let file = FileSystem.join(folder, "rate.json")
    try AtomicFile.write(#"{"flops_per_second": 5e10, "peak_flops_per_second": 2e11}"#, to: file)
    let plan = await apus("scaling", "plan", "--devices", "1", "--hours", "10", "--measured", file, "--context", "256")
    #expect(plan.status == 0 && plan.output.contains("1.8e15 FLOPs") && plan.output.contains("25 % of its peak"))
    try AtomicFile.write(#"{"flops_per_second": "fast"}"#, to: file)
    let bad = await apus("scaling", "plan", "--devices", "1", "--hours", "10", "--measured", file)
    #expect(bad.status == 65 && bad.error.contains("flops_per_second"))
    let absent = await apus("scaling", "plan", "--devices", "1", "--hours", "1", "--measured", file + "x")
    #expect(absent.status == 66)
  }

  @Test func aReportIsAFolderThatOneCanShow() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let outcome = await apus(
      "scaling", "plan", "--compute", "1e20", "--lifetime-tokens", "1T", "--report", FileSystem.join(folder, "r"))
    #expect(outcome.status == 0)
    let names = try FileSystem.list(FileSystem.join(folder, "r"))
    let expected = [
      "contours.svg", "frontier.svg", "isoflop.svg", "lifetime.svg", "plan.json", "report.html", "report.md",
    ]
    #expect(names.sorted() == expected)
    let page = try FileSystem.readAll(FileSystem.join(folder, "r/report.html"))
    let html = String(decoding: page, as: UTF8.self)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("95 % interval") && html.contains("frontier.svg"))
  }

  @Test func aFittedLawsFileStandsBesideTheLibrarysLaws() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let path = FileSystem.join(folder, "own.json")
    let law = """
      {"format": "apus-scaling-law", "version": 1, "name": "own", "source": "made up", "loss_unit": "nats/token",
       "form": "parametric", "constants": {"ln_A": 6.18, "ln_B": 7.64, "ln_E": 0.597, "alpha": 0.3478, "beta": 0.3658},
       "resamples": [], "runs": 9, "N": [1e7, 1e9], "D": [1e8, 1e11], "C": [1e16, 1e21], "verdict": "sound",
       "caveats": []}
      """
    try AtomicFile.write(law, to: path)
    let compared = await apus("scaling", "compare", "--compute", "1e21", "--law", path)
    #expect(compared.status == 0 && compared.output.contains("own.json") && compared.output.contains("kaplan"))
    let planned = await apus("scaling", "plan", "--compute", "1e21", "--law", path)
    #expect(planned.status == 0 && planned.output.contains("not known") && planned.output.contains("own.json"))
    try AtomicFile.write("{}", to: path)
    #expect(await apus("scaling", "plan", "--compute", "1e21", "--law", path).status == 65)
  }

  /// Whatever a law's file says and whatever is asked of it: an answer or an error, never a trap.
  @Test func oddLawsNeverTrap() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let path = FileSystem.join(folder, "own.json")
    var random = Philox(seed: 3).stream()
    func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * random.uniform() }
    func constants() -> [Double] {
      let reach = [8.0, 60, 600][Int(random.uniform() * 3)]
      return [between(-reach, reach), between(-reach, reach), between(-reach, 3)]
        + (0..<2).map { _ in random.uniform() < 0.1 ? between(-1, 1) : Double.exp(between(-8, 2)) }
    }
    var answered = 0
    for _ in 0..<120 {
      let c = constants()
      let resamples = (0..<45).map { _ in "\"\(constants().map { "\($0)" }.joined(separator: " "))\"" }
      let law = """
        {"format": "apus-scaling-law", "version": 1, "name": "own", "source": "made up", "loss_unit": "nats/token",
         "form": "parametric", "constants": {"ln_A": \(c[0]), "ln_B": \(c[1]), "ln_E": \(c[2]), "alpha": \(c[3]),
         "beta": \(c[4])}, "resamples": [\(resamples.joined(separator: ","))], "runs": 9, "N": [1e7, 1e9],
         "D": [1e8, 1e11], "C": [1e16, 1e21], "verdict": "sound", "caveats": []}
        """
      try AtomicFile.write(law, to: path)
      let compute = "\(Double.exp(between(14, 92)))"
      let size = "\(Double.exp(between(7, 36)))", tokens = "\(Double.exp(between(7, 46)))"
      let questions = [
        ["plan", "--compute", compute, "--law", path, "--explain", "--report", folder],
        ["plan", "--compute", compute, "--law", path, "--lifetime-tokens", tokens, "--unique-tokens", "1e9"],
        ["plan", "--compute", compute, "--law", path, "--parameters", size, "--unique-tokens", tokens],
        ["plan", "--law", path, "--parameters", size, "--tokens", tokens, "--explain", "--format", "json"],
        ["compare", "--compute", compute, "--law", path, "--explain"],
      ]
      let outcome = await apus(["scaling"] + questions[Int(random.uniform() * 5)])
      #expect([0, 64, 65].contains(outcome.status), "\(outcome.error)")
      answered += outcome.status == 0 ? 1 : 0
    }
    print("Odd laws: \(answered) of 120 questions have an answer")
    #expect(answered > 20)
  }

  @Test(arguments: [
    ["compare"], ["compare", "--compute", "much"], ["compare", "--compute", "-1e20"], ["compare", "--compute", "nan"],
    ["compare", "--compute", "1e300"], ["compare", "--compute", "1e21", "--law", "chinchila"], ["laws", "kaplann"],
    ["plan"], ["plan", "--compute", "1e21", "--money", "5", "--price", "1"], ["plan", "--money", "5"],
    ["plan", "--compute", "1e21", "--law", "kaplan"], ["plan", "--compute", "1e21", "--device", "abacus"],
    ["plan", "--compute", "1e21", "--utilization", "1.5"], ["plan", "--compute", "1e21", "--active-experts", "2"],
    ["plan", "--compute", "1e21", "--experts", "4", "--active-experts", "5"],
    ["plan", "--compute", "1e21", "--context", "0"],
    ["plan", "--parameters", "1B", "--tokens", "1T", "--lifetime-tokens", "1T"],
    ["plan", "--parameters", "1B", "--tokens", "1T", "--compute", "1e20"],
    ["plan", "--compute", "1e21", "--inference-utilization", "0.2"],
    ["plan", "--compute", "1e21", "--lifetime-tokens", "1T", "--inference-price", "2"], ["plan", "--devices", "8"],
    ["plan", "--compute", "1e21", "--parameters", "0"], ["plan", "--compute", "1e14", "--vocabulary", "9000000"],
    ["plan", "--parameters", "1e30", "--tokens", "1e30"], ["plan", "--compute", "1e21", "--lifetime-tokens", "1e300"],
    ["plan", "--compute", "1e21", "--experts", "10000000"], ["plan", "--compute", "1e21", "--price", "1e300"],
    ["plan", "--money", "1e300", "--price", "1e-300"], ["plan", "--compute", "1e21", "--unique-tokens", "1"],
    ["plan", "--parameters", "8B", "--tokens", "15T", "--devices", "8", "--hours", "9"],
    ["plan", "--compute", "1e21", "--hours", "1e300"],
  ])
  func whatCannotBeIsRefused(_ arguments: [String]) async {
    let outcome = await apus(["scaling"] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && !outcome.error.isEmpty)
  }
}

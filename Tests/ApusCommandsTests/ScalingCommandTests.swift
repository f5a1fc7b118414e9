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
    #expect(outcome.output.contains("1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658"))
    #expect(outcome.output.contains("= 2.78B parameters"))
  }

  @Test func lawsAreListedAndShownInFull() async {
    let list = await apus("scaling", "laws")
    #expect(list.status == 0 && list.output.contains("arXiv:2404.10102"))
    let one = await apus("scaling", "laws", "kaplan")
    #expect(one.output.contains("non-embedding") && one.output.contains("petaflop days"))
  }

  @Test(arguments: [
    ["compare"], ["compare", "--compute", "much"], ["compare", "--compute", "-1e20"], ["compare", "--compute", "nan"],
    ["compare", "--compute", "1e300"], ["compare", "--compute", "1e21", "--law", "chinchila"], ["laws", "kaplann"],
  ])
  func whatCannotBeIsRefused(_ arguments: [String]) async {
    let outcome = await apus(["scaling"] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && !outcome.error.isEmpty)
  }
}

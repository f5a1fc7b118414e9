// The parts of the demo by themselves: words on lines, the recipe, the baselines, the floor.

import ApusCore
import ApusScaling
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

@Suite struct DemoPartsTests {
  @Test func proseIsWrappedAtSpaces() {
    let lines = Narrator.wrapped("one two three  four\nfive six-and-twenty", width: 9)
    #expect(lines == ["one two", "three", "four five", "six-and-twenty"])
    #expect(Narrator.bar(0.5, cells: 4) == "██" && Narrator.bar(1.0 / 32, cells: 4) == "▏")
    #expect(Narrator.bar(.nan, cells: 4) == "" && Narrator.bar(7, cells: 2) == "██")
  }

  @Test func streamedTextLooksAsIfItHadComeAtOnce() throws {
    let text = String(decoding: Stories(seed: 1).story(0).text, as: UTF8.self)
    let (whole, streamed) = (TestConsole(), TestConsole())
    try Narrator(whole.console).quote(text)
    var quote = StreamedQuote(Narrator(streamed.console))
    for index in stride(from: 0, to: text.count, by: 3) { try quote.push(String(text.dropFirst(index).prefix(3))) }
    try quote.finish()
    #expect(whole.output.text.contains("\n"))
    #expect(streamed.output.text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(words(streamed.output.text) == words(whole.output.text))
  }

  private func words(_ text: String) -> [Substring] { text.split { $0.isWhitespace || $0 == "│" } }

  @Test func commandsAreSpelledAsTheUserStartedThisOne() {
    #expect(Invocation.words(program: "/a/.build/x/release/apus", isInPackage: true) == "swift run -c release apus")
    #expect(Invocation.words(program: "/a b/.build/release/apus", isInPackage: false) == "'/a b/.build/release/apus'")
    #expect(Invocation.words(program: "/usr/bin/apus", isInPackage: false) == "/usr/bin/apus")
    #expect(Invocation.words(program: "apus", isInPackage: true) == "apus")
    #expect(Invocation.quoted("runs/demo-2") == "runs/demo-2" && Invocation.quoted("") == "''")
    #expect(Invocation.quoted("it's") == "'it'\\''s'")
  }

  @Test func aPlanAlwaysGivesTheSameRun() throws {
    let rate = MeasuredRate(flopsPerSecond: 1e11, overhead: 1e-9)
    let request = PlanRequest(seconds: 60, context: 90, vocabulary: 1024, uniqueTokens: 1e9)
    let plan = try Planner.plan(request, rate: rate)
    var data = PretrainConfiguration().data
    data.text = ["stories.txt"]
    let configuration = DemoRecipe(data: data).configuration(plan, tokensPerRow: 400)
    #expect(configuration == DemoRecipe(data: data).configuration(plan, tokensPerRow: 400))
    try configuration.validate()
    let tokens = Double(configuration.training.steps * configuration.training.batch) * 400
    #expect(abs(tokens / plan.tokens - 1) < 0.01)
    #expect((1...DemoRecipe.milestones) ~= configuration.training.steps / configuration.evaluation.every)
    #expect(plan.reasons == (try Planner.plan(request, rate: rate)).reasons)
  }

  @Test func aPlanOfAnyTimeCanBeTrained() throws {
    let rate = MeasuredRate(flopsPerSecond: 1e11, overhead: 1e-9)
    var data = PretrainConfiguration().data
    data.text = ["stories.txt"]
    for seconds in [0.1, 1, 20, 100, 3600, 1e6] {
      let plan = try Planner.plan(PlanRequest(seconds: seconds, context: 90, vocabulary: 1024), rate: rate)
      let configuration = DemoRecipe(data: data).configuration(plan, tokensPerRow: 400)
      try configuration.validate()
      #expect(configuration.training.batch >= 1 && configuration.training.steps >= 1)
    }
  }

  @Test func baselinesAreDistributions() throws {
    var random = Philox(seed: 4).stream()
    let tokens = (0..<500).map { _ in Int32.random(in: 0..<7, using: &random) * Int32.random(in: 0...1, using: &random)
    }
    let corpus = TokenCorpus(tokens, documentEnds: [], identity: CorpusIdentity(vocabularySize: 9))
    let baselines = try DemoBaselines(corpus)
    for before in Int32(0)..<9 {
      let sum = (Int32(0)..<9).reduce(0.0) { $0 + baselines.probability($1, after: before) }
      #expect(abs(sum - 1) < 1e-9, "after \(before)")
    }
    let bits = try baselines.bits(of: corpus)
    #expect(abs(bits.uniform - 500 * log2(9)) < 1e-6 && bits.single < bits.uniform && bits.pairs < bits.single)
  }

  @Test func theFloorIsThatOfTheValidationText() throws {
    let folder = try FileSystem.makeTemporaryFolder(prefix: "apus-demo")
    defer { try? FileSystem.remove(folder) }
    let text = try DemoText(storiesAt: folder + "/stories.txt", count: 1024) { _ in }
    let stories = Stories(seed: 2017)
    let kept = (0..<1024).filter { $0 % 4 == 3 }.map { stories.story(UInt64($0)).bits }
    let bits = try #require(try text.validationBits())
    #expect(kept.count == DemoText.validationStories)
    #expect(abs(bits - kept.reduce(0, +)) < 1e-6)
  }

  @Test func fourTimesTheTimeReadsTwiceTheText() {
    let once = Double(DemoText.storyCount(seconds: 100, peak: 2e11))
    #expect(abs(Double(DemoText.storyCount(seconds: 400, peak: 2e11)) / once - 2) < 0.01)
    #expect(DemoText.storyCount(seconds: 0.001, peak: 1) > 4 * DemoText.validationStories)
  }
}

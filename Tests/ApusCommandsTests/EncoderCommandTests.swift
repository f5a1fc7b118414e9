// fill, embed and logits on a tiny random encoder with a vocabulary of a few words.

import ApusCore
import ApusModels
import Foundation
import Testing

@testable import ApusCommands

/// Folders with a tiny encoder, made once and removed with their last user.
private final class Encoders: Sendable {
  static let words = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat", "walk", "##ing", ".", "dog",
  ]
  let folder: String
  let headless: String

  init() throws {
    folder = try FileSystem.makeTemporaryFolder(prefix: "apus-encoder")
    headless = folder + "/headless"
    var specification = Specification.bert(
      vocabulary: Self.words.count, context: 16, width: 16, layers: 1, heads: 2, feedForwardWidth: 32)
    specification.initialDeviation = 0.4
    try Self.save(specification, to: folder)
    specification.encoder?.maskedHead = nil
    specification.biases.output = false
    try Self.save(specification, to: headless)
  }

  private static func save(_ specification: Specification, to folder: String) throws {
    try Model(specification: specification, seed: 5).save(to: folder)
    try AtomicFile.write(Array(words.joined(separator: "\n").utf8), to: folder + "/vocab.txt")
  }

  deinit {
    try? FileSystem.remove(folder)
  }
}

@Suite struct FillTests {
  private let models: Encoders
  private let decoder: TinyModel

  init() throws {
    models = try Encoders()
    decoder = try TinyModel()
  }

  @Test func jsonHasTheTokensOfEachGap() async throws {
    let outcome = await apus(
      "fill", "--model", models.folder, "--text", "The [MASK] sat on the [MASK].", "--top-k", "3", "--format", "json")
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    let json = try JSON.parse(outcome.output)
    let gaps = try #require(json["gaps"]?.array)
    #expect(gaps.map { $0["position"]?.int } == [2, 6])
    for gap in gaps {
      let fillings = try #require(gap["fillings"]?.array)
      let probabilities = fillings.compactMap { $0["probability"]?.double }
      #expect(probabilities.count == 3 && probabilities == probabilities.sorted(by: >) && probabilities[2] > 0)
      for filling in fillings {
        #expect(Encoders.words[try #require(filling["id"]?.int)] == filling["token"]?.string)
        #expect(filling["text"]?.string?.hasPrefix("the ") == true)
      }
    }
    #expect(json["text"]?.string?.contains("[MASK]") == false)
  }

  // The same numbers as the other command's, by another way.
  @Test func probabilitiesAreThoseOfTheLogits() async throws {
    let fill = await apus("fill", "--model", models.folder, "--text", "the [MASK]", "--format", "json", "--top-k", "99")
    let logits = await apus("logits", "--model", models.folder, "--ids", "2,5,4,3", "--format", "json")
    let row = try #require(try JSON.parse(logits.output)["logits"]?.array?[2].array).compactMap(\.double)
    let sum = row.reduce(0) { $0 + exp($1) }
    let fillings = try #require(try JSON.parse(fill.output)["gaps"]?.array?.first?["fillings"]?.array)
    #expect(fillings.count == Encoders.words.count)
    for filling in fillings {
      let id = try #require(filling["id"]?.int)
      #expect(abs((filling["probability"]?.double ?? 0) - exp(row[id]) / sum) < 1e-6)
    }
  }

  @Test func textIsATable() async {
    let one = await apus("fill", "--model", models.folder, "--text", "the <mask> sat")
    #expect(one.status == 0)
    #expect(one.output.split(separator: "\n").count == 6 && one.output.hasPrefix("probability  token"))
    #expect(one.output.split(separator: "\n").dropFirst().allSatisfy { $0.contains("  \"") }, "\(one.output)")
    let two = await apus("fill", "--model", models.folder, "--text", "the [MASK] [MASK]", "--top-k", "2")
    #expect(two.output.split(separator: "\n").count == 1 + 4 + 1 && two.output.hasPrefix("gap  probability"))
  }

  @Test func wrongUseIsRefused() async throws {
    let fill = ["fill", "--model", models.folder, "--text"]
    let none = await apus(fill + ["the cat"])
    #expect(none.status == 64 && none.error.contains("[MASK]") && none.output.isEmpty)
    #expect(await apus(fill + [String(repeating: "cat ", count: 20) + "[MASK]"]).status == 64)
    #expect(await apus(fill + ["[MASK]", "--top-k", "0"]).status == 64)
    #expect(await apus("fill", "--model", models.headless, "--text", "[MASK]").status == 65)
    #expect(await apus("fill", "--model", "/nothing/here", "--text", "[MASK]").status == 66)
    let refused = await apus("fill", "--model", decoder.bare, "--text", "[MASK]")
    #expect(refused.status == 65 && refused.error.contains("decoder"))
    try FileSystem.removeFile(models.folder + "/vocab.txt")
    #expect(await apus(fill + ["[MASK]"]).status == 66)
  }
}

@Suite struct EmbedTests {
  private let models: Encoders
  private let decoder: TinyModel

  init() throws {
    models = try Encoders()
    decoder = try TinyModel()
  }

  private func embed(_ arguments: String..., input: String = "") async -> Outcome {
    await apus(["embed", "--model", models.headless] + arguments, input: input)
  }

  private func vectors(_ output: String) throws -> [[Double]] {
    try output.split(separator: "\n").map { line in
      try #require(try JSON.parse(String(line)).array).compactMap(\.double)
    }
  }

  @Test func aTextMayComeInThreeWays() async throws {
    let file = models.folder + "/text"
    try AtomicFile.write(Array("the cat sat\n".utf8), to: file)
    let argument = await embed("the cat sat")
    #expect(argument.status == 0 && argument.error.isEmpty)
    #expect(argument.output.split(separator: " ").count == 16)
    #expect(await embed(file).output == argument.output)
    #expect(await embed(input: "The cat sat").output == argument.output)
    #expect(await embed("-", input: "The cat sat").output == argument.output)
    let json = try JSON.parse(await embed("the cat sat", "--format", "json").output)
    #expect(
      json["embedding"]?.array?.compactMap { $0.double.map { "\(Float($0))" } }.joined(separator: " ")
        == String(argument.output.dropLast()))
    #expect(json["tokens"]?.int == 5 && json["left_out"]?.int == 0)
    #expect(json["pooling"]?.string == "mean" && json["normalised"]?.bool == true)
  }

  @Test func linesGiveOneArrayEach() async throws {
    let texts = ["the cat", "", "\"the dog\"", #""the\ncat""#, "\"sat\" on the mat", "walking."]
    let outcome = await embed("--lines", input: texts.joined(separator: "\n"))
    #expect(outcome.status == 0 && outcome.error.contains("6 texts"))
    let rows = try vectors(outcome.output)
    #expect(rows.count == texts.count)
    for (text, row) in zip(["the cat", "[CLS]", "the dog", "the cat", texts[4], "walking."], rows) where text != "[CLS]"
    {
      let single = try JSON.parse(await embed(text, "--format", "json").output)
      #expect(single["embedding"]?.array?.compactMap(\.double) == row, "\(text)")
    }
  }

  @Test func thousandsOfLinesPassInOrder() async throws {
    let count = 3000
    let texts = (0..<count).map { "\(Encoders.words[5 + $0 % 9]) \(Encoders.words[5 + $0 / 9 % 9])" }
    let rows = try vectors(await embed("--lines", input: texts.joined(separator: "\n")).output)
    #expect(rows.count == count)
    #expect((81..<count).allSatisfy { rows[$0] == rows[$0 % 81] })
    #expect(Set(rows).count == 81)
  }

  @Test func longTextsAreCutWithAWarning() async throws {
    let long = String(repeating: "cat ", count: 500)
    let single = await embed(long)
    #expect(single.status == 0 && single.error.contains("16 tokens; 486 are left out"))
    let lines = await embed("--lines", input: "the\n\(long)\n\(long)\ndog")
    #expect(
      lines.status == 0 && lines.error.contains("of 2 texts longer than 16 tokens") && lines.error.contains("line 2"))
    #expect(try vectors(lines.output).count == 4)
    try AtomicFile.write(Array(#"{"max_seq_length": 5}"#.utf8), to: models.headless + "/sentence_bert_config.json")
    #expect(await embed(long).error.contains("5 tokens; 497 are left out"))
    #expect(await embed("cat cat cat").output == embed(long).output)
  }

  @Test func optionsComeBeforeTheFolder() async throws {
    func json(_ arguments: String...) async throws -> JSON {
      try JSON.parse(
        await apus(["embed", "--model", models.headless, "the cat", "--format", "json"] + arguments).output)
    }
    let mean = try await json()
    let first = try await json("--pooling", "first")
    #expect(first["pooling"]?.string == "first" && first["embedding"] != mean["embedding"])
    let raw = try await json("--no-normalise")
    let values = try #require(raw["embedding"]?.array).compactMap(\.double)
    #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) > 1e-3)
    try FileSystem.makeFolders(models.headless + "/1_Pooling")
    try AtomicFile.write(
      Array(#"{"pooling_mode_cls_token": true}"#.utf8), to: models.headless + "/1_Pooling/config.json")
    try AtomicFile.write(
      Array(#"[{"type": "sentence_transformers.models.Transformer"}]"#.utf8), to: models.headless + "/modules.json")
    let folder = try await json()
    #expect(folder["pooling"]?.string == "first" && folder["normalised"]?.bool == false)
    #expect(try await json("--normalise")["embedding"] == first["embedding"])
    #expect(try await json("--pooling", "mean")["embedding"] == raw["embedding"])
  }

  @Test func wrongUseIsRefused() async throws {
    #expect(await embed("the", "--pooling", "middle").status == 64)
    #expect(await embed("the", "--pooling", "pooler").status == 65)
    #expect(await embed(input: "").status == 65)
    #expect(await embed("--lines", "/nothing/here").status == 66)
    #expect(await embed("sentences.txt").error.contains("no file is called sentences.txt"))
    #expect(await embed("The cat.").error.isEmpty)
    let refused = await apus("embed", "--model", decoder.folder, "a")
    #expect(refused.status == 65 && refused.error.contains("decoder"))
    let invalid = models.folder + "/invalid"
    try AtomicFile.write(Array("the ".utf8) + [0xFF], to: invalid)
    let warned = await embed(invalid)
    #expect(warned.status == 0 && warned.error.contains("byte 4"))
  }

  @Test func interruptionEndsWith130() async {
    let console = TestConsole(input: "the\ncat\n")
    console.console.interruption.request()
    let arguments = ["embed", "--model", models.headless, "--lines"]
    #expect(await Apus.run(arguments: arguments, console: console.console) == 130)
  }
}

@Suite struct EncoderLogitsTests {
  private let models: Encoders
  private let decoder: TinyModel

  init() throws {
    models = try Encoders()
    decoder = try TinyModel()
  }

  private func logits(_ arguments: String...) async throws -> JSON? {
    let outcome = await apus(["logits", "--model", models.folder, "--format", "json"] + arguments)
    return try JSON.parse(outcome.output)["logits"]
  }

  @Test func tokenTypesTellTwoTextsApart() async throws {
    let none = try await logits("--ids", "2,5,3,6,3")
    #expect(none?.array?.count == 5)
    #expect(try await logits("--ids", "2,5,3,6,3", "--token-types", "0,0,0,0,0") == none)
    let two = try await logits("--ids", "2,5,3,6,3", "--token-types", "0,0,0,1,1")
    #expect(two?.array?.count == 5 && two != none)
  }

  @Test func textNamesTheTokensHere() async {
    let outcome = await apus("logits", "--model", models.folder, "--ids", "2,5,3")
    #expect(outcome.status == 0 && outcome.output.contains("tokens here"))
  }

  @Test func wrongUseIsRefused() async throws {
    let base = ["logits", "--model", models.folder, "--ids", "2,5,3"]
    for types in ["0,0", "0,0,2", "0,-1,0", "x"] {
      #expect(await apus(base + ["--token-types=\(types)"]).status == 64, "\(types)")
    }
    let refused = await apus("logits", "--model", decoder.bare, "--ids", "1,2", "--token-types", "0,0")
    #expect(refused.status == 64 && refused.error.contains("leave the option out"))
    let headless = await apus("logits", "--model", models.headless, "--ids", "2,5,3")
    #expect(headless.status == 65 && headless.error.contains("no projection to the vocabulary"))
    #expect(headless.error.contains(models.headless))
  }
}

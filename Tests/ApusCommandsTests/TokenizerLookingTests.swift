// `apus tokenizer inspect`, `encode --show` and `compare`: looking inside tokenizers.

import ApusCore
import Testing

@testable import ApusCommands

@Suite struct TokenizerLookingTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder() }

  private func file(_ name: String, _ content: String) throws -> String {
    let path = FileSystem.join(folder, name)
    try AtomicFile.write(content, to: path)
    return path
  }

  private func trained(_ name: String, size: Int, on text: String) async throws -> String {
    let path = try file(name + ".txt", String(repeating: text + "\n", count: 20))
    let output = FileSystem.join(folder, name)
    let outcome = await apus(
      "tokenizer", "train", path, "--vocab-size", "\(size)", "--special-token", "<|end|>", "--output", output)
    #expect(outcome.status == 0, "\(outcome.error)")
    return output
  }

  @Test func aTokenizerIsInspected() async throws {
    defer { try? FileSystem.remove(folder) }
    let path = try await trained("low", size: 270, on: "low lower newest widest")
    let text = try file("sample.txt", "lower дом\n")
    let shown = await apus("tokenizer", "inspect", path, text, "--longest", "2")
    #expect(shown.status == 0 && shown.error.isEmpty, "\(shown.error)")
    #expect(shown.output.contains("269 tokens stand for text") && shown.output.contains("<|end|>"))
    #expect(shown.output.contains("Cyrillic") && shown.output.contains("longest tokens"))
    let answer = try JSON.parse(await apus("tokenizer", "inspect", path, text, "--format", "json").output)
    #expect(answer["text_tokens"]?.int == 269 && answer["vocabulary"]?.int == 270)
    #expect(answer["longest_tokens"]?.array?.count == 10)
    let scripts = try #require(answer["scripts"]?.array)
    #expect(scripts.map { $0["script"]?.string } == ["Cyrillic", "Latin"])
    #expect(scripts[0]["tokens"]?.int == 7 && scripts[0]["words"]?.int == 1 && scripts[0]["bytes"]?.int == 7)
    #expect(scripts[0]["tokens_per_byte"]?.double == 1)
    let bare = try JSON.parse(await apus("tokenizer", "inspect", path, "--format", "json").output)
    let names = Set((bare["scripts"]?.array ?? []).compactMap { $0["script"]?.string })
    #expect(names.isSuperset(of: ["Latin", "Cyrillic", "Han", "Thai", "Arabic", "Devanagari", "Hangul"]))
    #expect(bare["total"]?["bytes"]?.int == SampleTexts.paragraphs.reduce(0) { $0 + $1.utf8.count })
    #expect(await apus("tokenizer", "inspect", text).status == 65)
    #expect(await apus("tokenizer", "inspect", path, "--longest", "-1").status == 64)
  }

  @Test func tokensAreShown() async throws {
    defer { try? FileSystem.remove(folder) }
    let path = try await trained("low", size: 270, on: "low lower newest widest")
    let text = try file("new.txt", "low\"é\n<|end|>")
    let encode = ["tokenizer", "encode", "--tokenizer", path, text, "--show"]
    let plain = await apus(encode)
    #expect(plain.output == #""low" "\"" "\xc3" "\xa9" "\n" "<|end|>""# + "\n", "\(plain.output)")
    #expect(plain.error == "6 tokens for 14 bytes: 2.33 bytes per token\n")
    let tokens = try #require(try JSON.parse(await apus(encode + ["--format", "json"]).output).array)
    #expect(tokens.map { $0["text"]?.string } == ["low", "\"", "\u{FFFD}", "\u{FFFD}", "\n", "<|end|>"])
    #expect(tokens[2]["bytes"]?.array?.map(\.int) == [0xC3] && tokens[0]["bytes"] == nil)
    #expect(tokens.map { $0["start"]?.int } == [0, 3, 4, 4, 6, 7] && tokens[3]["end"]?.int == 6)
    #expect(await apus(encode + ["--lines"]).status == 64)
  }

  @Test func coloursEndWithTheirTokenAndNothingSteersTheTerminal() {
    let terminal = Terminal(isInteractive: true, width: 80, hasColor: true)
    let shown = TokenText.colored([Array("a ".utf8), Array("\u{1B}[2J\n".utf8), [0xFF], Array("b".utf8)], terminal)
    let expected =
      "\u{1B}[30;46ma \u{1B}[0m" + "\u{1B}[30;42m\\u{1b}[2J⏎\u{1B}[0m\n" + "\u{1B}[30;43m\\xff\u{1B}[0m"
      + "\u{1B}[30;45mb\u{1B}[0m"
    #expect(shown == expected)
    #expect(TokenText.quoted(Array("\t\"\\\u{301}\u{A0}".utf8)) == #""\t\"\\\u{301}\u{a0}""#)
  }

  @Test func twoTokenizersAreCompared() async throws {
    defer { try? FileSystem.remove(folder) }
    let latin = try await trained("latin", size: 270, on: "low lower newest widest")
    let other = try await trained("cyrillic", size: 275, on: "дом дома домой")
    let texts = [try file("one.txt", "low lower\n"), try file("two.txt", "дом дома\n")]
    let svg = FileSystem.join(folder, "chart.svg")
    let shown = await apus(["tokenizer", "compare", latin, other] + texts + ["--svg", svg])
    #expect(shown.status == 0 && shown.output.contains("on 2 files") && shown.output.contains("Cyrillic"))
    let chart = String(decoding: try FileSystem.readAll(svg), as: UTF8.self)
    #expect(chart.contains(">latin</text>") && chart.contains(">cyrillic</text>") && chart.contains(">Cyrillic</text>"))
    let answer = try JSON.parse(
      await apus(["tokenizer", "compare", latin, other] + texts + ["--format", "json"]).output)
    let rows = try #require(answer["scripts"]?.array)
    let ratios = Dictionary(
      uniqueKeysWithValues: rows.map { ($0["script"]?.string ?? "", $0["token_ratio"]?.double ?? .nan) })
    #expect(ratios["Latin"] ?? 0 > 1 && ratios["Cyrillic"] ?? 9 < 1)
    for side in ["first", "second"] {
      let tokens = rows.compactMap { $0[side]?["tokens"]?.int }
      #expect(answer["total"]?[side]?["tokens"]?.int == tokens.reduce(0, +) && tokens.count == 2)
    }
    #expect(await apus("tokenizer", "compare", latin, FileSystem.join(folder, "none")).status == 66)
  }
}

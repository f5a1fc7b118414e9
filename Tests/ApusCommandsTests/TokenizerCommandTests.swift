// `apus tokenizer`: training, encoding and decoding as a person or a program calls them.

import ApusCore
import Testing

@testable import ApusCommands

@Suite struct TokenizerCommandTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder() }

  private func file(_ name: String, _ content: String) throws -> String {
    let path = FileSystem.join(folder, name)
    try AtomicFile.write(content, to: path)
    return path
  }

  /// A byte-level tokenizer of a little text, in a folder.
  private func tokenizer() async throws -> String {
    let text = try file("text.txt", String(repeating: "low lower newest widest\n", count: 20))
    let output = FileSystem.join(folder, "tokenizer")
    let outcome = await apus(
      "tokenizer", "train", text, "--vocab-size", "270", "--special-token", "<|endoftext|>", "--output", output)
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
    return output
  }

  @Test func trainedTextGoesThereAndBack() async throws {
    defer { try? FileSystem.remove(folder) }
    let path = try await tokenizer()
    let text = try file("new.txt", "new lower\n中😀 <|endoftext|>")
    let encoded = await apus("tokenizer", "encode", "--tokenizer", path, text)
    #expect(encoded.status == 0 && encoded.output.split(separator: " ").last == "0\n")
    let ids = try file("ids.txt", encoded.output)
    let decoded = await apus("tokenizer", "decode", "--tokenizer", path, ids)
    #expect(decoded.status == 0 && decoded.output == "new lower\n中😀 <|endoftext|>")
    let plain = await apus("tokenizer", "encode", "--tokenizer", path, text, "--special", "none", "--format", "json")
    let list = try #require(try JSON.parse(plain.output).array)
    #expect(!list.contains(0) && list.count > encoded.output.split(separator: " ").count)
    let withoutSpecial = await apus("tokenizer", "decode", "--tokenizer", path, ids, "--skip-special")
    #expect(withoutSpecial.output == "new lower\n中😀 ")
  }

  @Test func linesAreJSONBothWays() async throws {
    defer { try? FileSystem.remove(folder) }
    let path = try await tokenizer()
    let input = try file("lines.jsonl", "\"low\\n\"\n\"\"\n\"é\\u0000\"")
    let encoded = await apus("tokenizer", "encode", "--tokenizer", path, "--lines", input)
    let lines = encoded.output.split(separator: "\n")
    #expect(encoded.status == 0 && lines.count == 3 && lines[1] == "[]")
    let ids = try file("ids.jsonl", encoded.output)
    let decoded = await apus("tokenizer", "decode", "--tokenizer", path, "--lines", ids)
    #expect(decoded.output == "\"low\\n\"\n\"\"\n\"é\\u0000\"\n")
    let bad = try file("bad.jsonl", "\"a\"\n7\n")
    let failed = await apus("tokenizer", "encode", "--tokenizer", path, "--lines", bad)
    #expect(failed.status == 65 && failed.error.contains("line 2"))
  }

  @Test func theTextbookIsTraced() async throws {
    defer { try? FileSystem.remove(folder) }
    let words = try file("words.txt", "low 5\nlower 2\nnewest 6\nwidest 3\n")
    let arguments = ["tokenizer", "train", "--word-counts", words, "--trace"]
    let traced = await apus(arguments + ["--merges", "3"])
    #expect(traced.status == 0)
    #expect(traced.output.contains("1. e + s → es  (9 times, first seen of as many: s + t, t + </w>)"))
    #expect(traced.output.contains("      n e w e s t </w> → n e w es t </w>  6\n"))
    let output = FileSystem.join(folder, "textbook")
    let all = await apus(arguments + ["--merges", "20", "--end-of-word", "", "--format", "json", "--output", output])
    let result = try JSON.parse(all.output)
    #expect(result["merges"]?.array?.count == 12 && result["stopped"]?.string == "no pairs left")
    #expect(result["merges"]?.array?.first?["words"] == ["newest", "widest"])
    #expect(all.error.contains("No pairs are left after 12 merges"))
    let text = try file("text.txt", "lowest newest")
    let encoded = await apus("tokenizer", "encode", "--tokenizer", output, text)
    #expect(encoded.status == 0 && encoded.output.split(separator: " ").count == 3)
  }

  @Test func charactersOfAText() async throws {
    defer { try? FileSystem.remove(folder) }
    let text = try file("text.txt", "cab\n")
    let output = FileSystem.join(folder, "characters")
    let outcome = await apus("tokenizer", "train", text, "--algorithm", "characters", "--output", output)
    #expect(outcome.status == 0)
    #expect(await apus("tokenizer", "encode", "--tokenizer", output, text).output == "3 1 2 0\n")
    let other = try file("other.txt", "cad")
    let failed = await apus("tokenizer", "encode", "--tokenizer", output, other)
    #expect(failed.status == 65 && failed.error.contains("'d'") && failed.error.contains("byte 2"))
  }

  @Test func whatCannotBeIsSaidInOneSentence() async throws {
    defer { try? FileSystem.remove(folder) }
    let text = try file("text.txt", "some text")
    let empty = try file("empty.txt", "")
    let binary = try file("binary", String(repeating: "\0\u{1}\u{2}", count: 100))
    let output = FileSystem.join(folder, "out")
    let cases: [(arguments: [String], status: Int32, says: String)] = [
      (["train", text, "--vocab-size", "255", "--output", output], 64, "256"),
      (["train", text, "--vocab-size", "256", "--special-token", "x", "--output", output], 64, "257"),
      (["train", text, "--output", output], 64, "--vocab-size"),
      (["train", text, "--vocab-size", "300"], 64, "--output"),
      (["train", "--vocab-size", "300", "--output", output], 64, "text"),
      (["train", empty, "--vocab-size", "300", "--output", output], 65, "empty"),
      (["train", binary, "--vocab-size", "300", "--output", output], 65, "binary"),
      (["train", text + "x", "--vocab-size", "300", "--output", output], 66, "text.txtx"),
      (["train", "--word-counts", text, "--merges", "3", "--trace"], 65, "line 1"),
      (["encode", "--tokenizer", output, text], 66, "tokenizer.json"),
      (["encode", "--tokenizer", text, text], 65, "text.txt"),
    ]
    for (arguments, status, says) in cases {
      let outcome = await apus(["tokenizer"] + arguments)
      #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments): \(outcome.error)")
      #expect(outcome.error.contains(says), "\(arguments): \(outcome.error)")
      #expect(!FileSystem.exists(output))
    }
  }
}

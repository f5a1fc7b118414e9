// `apus tokenizer train` with each algorithm: what it writes is read again, and options that do not go together are
// told.

import ApusCore
import ApusTokenizers
import Foundation
import Testing

@testable import ApusCommands

@Suite struct TokenizerTrainingCommandTests {
  private let folder: String
  private let text: String
  private static let prose = String(
    repeating: "The lowest river is wider.\nNewer rivers are the widest, and lower!\nà la carte\n", count: 40)

  init() throws {
    folder = try FileSystem.makeTemporaryFolder()
    text = FileSystem.join(folder, "text.txt")
    try AtomicFile.write(Self.prose, to: text)
  }

  private func train(_ algorithm: String, _ size: Int, _ more: [String] = [], input: [String]? = nil) async
    -> (status: Int32, output: String, error: String, path: String)
  {
    let output = FileSystem.join(folder, algorithm)
    let arguments = ["tokenizer", "train"] + (input ?? [text]) + ["--algorithm", algorithm, "--vocab-size", "\(size)"]
    let outcome = await apus(arguments + ["--output", output] + more)
    return (outcome.status, outcome.output, outcome.error, output)
  }

  @Test(arguments: [("bpe", 290), ("character-bpe", 60), ("wordpiece", 60), ("unigram", 288)])
  func whatIsWrittenIsReadAgain(_ algorithm: String, _ size: Int) async throws {
    defer { try? FileSystem.remove(folder) }
    let outcome = await train(algorithm, size, ["--memory", "100M"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let tokenizer = try TokenizerFile.load(path: outcome.path)
    #expect(tokenizer.vocabularySize == size)
    let ids = try tokenizer.encode("The widest river is lower")
    #expect(try tokenizer.decode(ids) == Array("The widest river is lower".utf8) && ids.count < 15)
  }

  @Test func otherFormatsGiveTheSameIDs() async throws {
    defer { try? FileSystem.remove(folder) }
    for (algorithm, size, format, name, pattern) in [
      ("bpe", 300, "tiktoken", "tokenizer.tiktoken", SplitPattern.gpt2 as SplitPattern?),
      ("unigram", 320, "sentencepiece", "tokenizer.model", nil),
    ] {
      let outcome = await train(algorithm, size, ["--also", format])
      #expect(outcome.status == 0, "\(outcome.error)")
      let tokenizer = try TokenizerFile.load(path: outcome.path)
      let other = try TokenizerFile.load(path: FileSystem.join(outcome.path, name), pattern: pattern)
      for line in [Self.prose, "Ωmega  spaces", ""] {
        let ids = try tokenizer.encode(line)
        #expect(try other.encode(line) == ids && other.decode(ids) == Array(line.utf8), "\(algorithm): \(line)")
      }
    }
  }

  @Test func severalTextsAndStandardInputAddUp() async throws {
    defer { try? FileSystem.remove(folder) }
    let whole = await train("bpe", 290, input: [text, text])
    let expected = try TokenizerFile.load(path: whole.path)
    let output = FileSystem.join(folder, "piped")
    let piped = await apus(
      "tokenizer", "train", text, "-", "--vocab-size", "290", "--output", output, input: Self.prose)
    #expect(piped.status == 0, "\(piped.error)")
    let found = try TokenizerFile.load(path: output)
    for id in 0..<Int32(290) { #expect(found.content(of: id) == expected.content(of: id)) }
  }

  @Test func optionsThatDoNotGoTogetherAreTold() async throws {
    defer { try? FileSystem.remove(folder) }
    let cases: [(algorithm: String, options: [String], says: String)] = [
      ("unigram", ["--tie-break", "first"], "--tie-break goes with"),
      ("unigram", ["--min-frequency", "2"], "--min-frequency goes with"),
      ("bpe", ["--lowercase"], "--lowercase goes with"),
      ("wordpiece", ["--pretokenizer", "gpt2"], "--pretokenizer goes with"),
      ("wordpiece", ["--also", "tiktoken"], "--also tiktoken goes with"),
      ("bpe", ["--also", "sentencepiece"], "--also sentencepiece goes with"),
      ("bpe", ["--pretokenizer", "whitespace"], "cannot use the splitting pattern"),
      ("character-bpe", ["--pretokenizer", "gpt2"], "keeps white space"),
      ("bpe", ["--limit-alphabet", "9"], "all 256 bytes"),
      ("bpe", ["--end-of-word", "$"], "--end-of-word goes with"),
      ("bpe", ["--min-frequency", "0"], "at least 1"),
      ("unigram", ["--invalid-utf8", "keep"], "--invalid-utf8 keep goes with"),
      ("bpe", ["--memory", "1M"], "at least 64M"),
      ("bpe", ["--memory", "64M", "--vocab-size", "100000"], "at least 93M"),
      ("bpe", ["--memory", "lots"], "lots"),
      ("unigram", ["--limit-alphabet", "0"], "at least 1"),
      ("unigram", ["--special-token", "<s>"], "<unk>"),
    ]
    for (algorithm, options, says) in cases {
      let outcome = await train(algorithm, 320, options)
      #expect(outcome.status == 64 && outcome.error.contains(says), "\(algorithm) \(options): \(outcome.error)")
      #expect(!FileSystem.exists(outcome.path))
    }
  }

  @Test func mergesAreShownAsTheyAreLearnt() async throws {
    defer { try? FileSystem.remove(folder) }
    let live = await train("bpe", 262, ["--trace"])
    let lines = live.output.split(separator: "\n")
    #expect(lines.count == 6 && lines.first == "1\te + r\t200" && lines.last?.hasPrefix("6\t") == true, "\(lines)")
    #expect(!live.error.contains("Merging pairs"), "the trace is the progress")
    let whole = try JSON.parse(await train("bpe", 262, ["--trace", "--format", "json"]).output)
    let merges = try #require(whole["merges"]?.array)
    #expect(merges.count == 6 && merges.first?["pair"] == ["e", "r"] && merges.first?["count"]?.int == 200)
  }

  @Test func aPipeIsReadAsAFile() async throws {
    defer { try? FileSystem.remove(folder) }
    let pipe = FileSystem.join(folder, "pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    // Opening waits for the reader; nobody waits for this thread.
    Thread.detachNewThread {
      guard let file = try? OutputFile(appendingTo: pipe) else { return }
      try? file.write(Self.prose)
      try? file.close()
    }
    let piped = await train("bpe", 290, input: [pipe])
    #expect(piped.status == 0, "\(piped.error)")
    let found = try FileSystem.readAll(FileSystem.join(piped.path, "tokenizer.json"))
    let whole = await train("bpe", 290)
    #expect(try FileSystem.readAll(FileSystem.join(whole.path, "tokenizer.json")) == found)
  }

  @Test func whereNothingCanBeWrittenNothingIsLearnt() async throws {
    defer { try? FileSystem.remove(folder) }
    for place in [text, FileSystem.join(text, "below")] {
      let outcome = await apus("tokenizer", "train", text, "--vocab-size", "290", "--output", place)
      #expect(outcome.status == 74 && outcome.error.contains("folder is to be made"), "\(outcome.error)")
      #expect(!outcome.error.contains("Counting"))
    }
  }

  @Test func bytesAreCountedInPowersOf1024() {
    for (text, bytes) in [("64M", 64 << 20), ("2GiB", 2 << 30), ("500kb", 500 << 10), ("7", 7)] {
      #expect(ByteCount(argument: text)?.bytes == bytes)
    }
    for text in ["", "M", "-1G", "0", "1X", "99999999999T"] { #expect(ByteCount(argument: text) == nil) }
  }
}

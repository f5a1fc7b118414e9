// generate, logits, inspect and benchmark inference on a tiny random model with a tokenizer of characters.

import ApusCore
import ApusFormats
import ApusModels
import ApusTokenizers
import Foundation
import Testing

@testable import ApusCommands

/// A folder with a tiny model, made once and removed with its last user.
final class TinyModel: Sendable {
  let folder: String
  let bare: String

  /// - Parameter isByteLevel: whether its tokens are bytes, which GGUF can say, or the characters of a short text.
  init(isByteLevel: Bool = false) throws {
    folder = try FileSystem.makeTemporaryFolder(prefix: "apus-tiny")
    bare = folder + "/bare"
    let tokenizer = try isByteLevel ? Self.bytes() : Self.characters()
    var specification = Specification.llama(
      vocabulary: tokenizer.vocabularySize, context: 128, width: 16, layers: 2, heads: 2, feedForwardWidth: 32)
    specification.initialDeviation = 0.3
    specification.endTokens = [0]
    let model = try Model(specification: specification, seed: 9)
    try model.save(to: folder)
    try model.save(to: bare)
    try tokenizer.save(to: folder)
  }

  deinit {
    try? FileSystem.remove(folder)
  }

  private static func bytes() throws -> PipelineTokenizer {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 257))
    trainer.add(Array("abc".utf8))
    return try trainer.train().tokenizer
  }

  private static func characters() throws -> PipelineTokenizer {
    var trainer = try CharacterTrainer(specialTokens: [Array("<|endoftext|>".utf8)])
    trainer.add(Array("abcdefghijklmnopqrstuvwxyz ,.é你\n".utf8))
    return try trainer.train()
  }
}

@Suite struct GenerateTests {
  let model: TinyModel

  init() throws {
    model = try TinyModel()
  }

  @Test func textStreamsToStandardOutputAndFiguresToStandardError() async {
    let outcome = await apus(
      "generate", "--model", model.folder, "--prompt", "once", "--max-tokens", "20", "--seed", "3")
    #expect(outcome.status == 0)
    #expect(outcome.output.hasSuffix("\n"))
    #expect(outcome.output.count > 2)
    #expect(outcome.error.contains("4 + "))
    #expect(outcome.error.contains("seed 3"))
  }

  @Test func jsonHasEverythingAndNothingElseIsOnStandardOutput() async throws {
    let outcome = await apus(
      "generate", "--model", model.folder, "--prompt", "once", "--max-tokens", "20", "--seed", "3", "--format", "json")
    #expect(outcome.status == 0)
    let json = try JSON.parse(outcome.output)
    let ids = try #require(json["ids"]?.array)
    #expect(json["prompt_ids"]?.array?.count == 4)
    #expect(json["logprobs"]?.array?.count == ids.count)
    #expect(json["logprobs"]?.array?.allSatisfy { ($0.double ?? 1) <= 0 } == true)
    #expect(json["seed"]?.int == 3)
    #expect(json["finish_reason"]?.string == (ids.count == 20 ? "maximum_tokens" : "end_of_text"))
    #expect((json["time_to_first_token"]?.double ?? -1) >= 0)
    let text = await apus("generate", "--model", model.folder, "--prompt", "once", "--max-tokens", "20", "--seed", "3")
    #expect(text.output == (json["text"]?.string ?? "") + "\n")
  }

  @Test(arguments: [["--greedy"], ["--temperature", "0"], ["--seed", "5", "--temperature", "0.8", "--top-k", "12"]])
  func cacheAndThreadsChangeNothing(flags: [String]) async throws {
    let base = ["generate", "--model", model.bare, "--ids", "1,2,3", "--max-tokens", "100", "--format", "json"] + flags
    func ids(_ more: [String]) async throws -> JSON? { try JSON.parse(await apus(base + more).output)["ids"] }
    let expected = try await ids([])
    #expect(expected?.array?.isEmpty == false)
    #expect(try await ids(["--no-cache"]) == expected)
    #expect(try await ids(["--threads", "1"]) == expected)
  }

  @Test func modelsWithoutATokenizerAnswerWithIDs() async throws {
    let arguments = ["generate", "--ids", "1,2", "--max-tokens", "4", "--greedy"]
    let ids = try JSON.parse(await apus(arguments + ["--model", model.bare, "--format", "json"]).output)["ids"]?.array
    let line = await apus(arguments + ["--model", model.bare]).output
    #expect(line == (ids ?? []).compactMap(\.int).map(String.init).joined(separator: ",") + "\n")
    #expect(await apus(arguments + ["--model", model.folder]).output != line)
  }

  @Test func emptyPromptBeginsWithTheTokenThatBeginsTexts() async throws {
    let outcome = await apus(
      "generate", "--model", model.folder, "--prompt", "", "--max-tokens", "3", "--format", "json")
    #expect(try JSON.parse(outcome.output)["prompt_ids"] == [0])
  }

  @Test func specialTokensInThePromptMeanThemselves() async throws {
    let outcome = await apus(
      "generate", "--model", model.folder, "--prompt", "<|endoftext|>ab", "--max-tokens", "1", "--format", "json")
    #expect(try JSON.parse(outcome.output)["prompt_ids"]?.array?.count == 3)
  }

  @Test func stopStringsAreNotShown() async throws {
    let base = [
      "generate", "--model", model.folder, "--prompt", "a", "--max-tokens", "60", "--seed", "8", "--format", "json",
    ]
    let whole = try #require(try JSON.parse(await apus(base).output)["text"]?.string)
    let stop = String(try #require(whole.dropFirst(5).first))
    let cut = try JSON.parse(await apus(base + ["--stop", stop]).output)
    #expect(cut["text"]?.string == String(whole.prefix { String($0) != stop }))
    #expect(cut["finish_reason"]?.string == "stop_string")
  }

  static let wrongFlags: [[String]] = [
    ["--top-p", "0"], ["--top-p", "1.1"], ["--temperature", "-1"], ["--temperature", "nan"], ["--top-k", "-2"],
    ["--max-tokens", "0"], ["--stop", ""], ["--seed", "-1"], ["--greedy", "--temperature", "0.5"], ["--threads", "0"],
    ["--format", "xml"], ["--ids", "1"],
  ]

  @Test(arguments: wrongFlags)
  func wrongFlagsAreRefused(flags: [String]) async {
    let outcome = await apus(["generate", "--model", model.folder, "--prompt", "a"] + flags)
    #expect(outcome.status == 64, "\(flags): \(outcome.error)")
    #expect(outcome.output.isEmpty)
    #expect(!outcome.error.isEmpty)
  }

  @Test func wrongPromptsAndModelsAreRefused() async {
    func status(_ arguments: String...) async -> Int32 {
      let outcome = await apus(["generate", "--max-tokens", "2"] + arguments)
      #expect(outcome.output.isEmpty == (outcome.status != 0))
      return outcome.status
    }
    let long = String(repeating: "ab ", count: 100)
    #expect(await status("--model", model.folder) == 64)
    #expect(await status("--model", model.folder, "--prompt", long) == 64)
    #expect(await status("--model", model.bare, "--prompt", "text") == 64)
    #expect(await status("--model", model.bare, "--ids", "1,x") == 64)
    #expect(await status("--model", model.bare, "--ids", "1,99999") == 64)
    #expect(await status("--model", model.folder, "--prompt", "ЖЖ") == 65)
    #expect(await status("--model", model.folder + "/nothing", "--prompt", "a") == 66)
    #expect(await status("--model", model.folder + "/tokenizer.json", "--prompt", "a") == 0)
  }

  @Test func interruptionEndsWith130AndWhatWasSaid() async {
    let output = MemorySink()
    let error = MemorySink()
    let console = Console(output: output, error: error, input: MemorySource(""))
    console.interruption.request()
    let status = await Apus.run(arguments: ["generate", "--model", model.folder, "--prompt", "a"], console: console)
    #expect(status == 130)
    #expect(error.text.contains("cancelled"))
  }

  @Test func closedPipeEndsQuietly() async {
    let error = MemorySink()
    let console = Console(
      output: ConsoleTests.FailingSink(failure: .closedByReader), error: error, input: MemorySource(""))
    #expect(await Apus.run(arguments: ["generate", "--model", model.folder, "--prompt", "a"], console: console) == 0)
    #expect(error.text.isEmpty)
  }
}

@Suite struct LogitsTests {
  let model: TinyModel

  init() throws {
    model = try TinyModel()
  }

  @Test func jsonAndFileHoldTheSameValues() async throws {
    let file = model.folder + "/logits.safetensors"
    let whole = await apus("logits", "--model", model.bare, "--ids", "1,2,3", "--format", "json")
    let saved = await apus("logits", "--model", model.bare, "--ids", "1 2 3", "--output", file, "--format", "json")
    #expect(whole.status == 0 && saved.status == 0)
    let rows = try #require(try JSON.parse(whole.output)["logits"]?.array)
    let values = rows.flatMap { $0.array ?? [] }.map { Float($0.double ?? .nan) }
    let safetensors = try SafetensorsFile(file)
    let tensor = try #require(safetensors.tensor("logits"))
    #expect(tensor.shape == [3, values.count / 3])
    #expect(try JSON.parse(saved.output)["shape"] == JSON(tensor.shape))
    #expect(try JSON.parse(saved.output)["logits"] == nil)
    let stored = safetensors.withBytes(of: tensor) { bytes in
      values.indices.map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    #expect(stored == values)
  }

  @Test func textShowsTheMostProbableTokens() async {
    let outcome = await apus("logits", "--model", model.bare, "--ids", "4,5")
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: "\n").count == 3)
  }

  @Test func wrongUseIsRefused() async {
    #expect(await apus("logits", "--model", model.bare, "--ids", "").status == 64)
    for ids in ["1,-2", "1,,2", "1,", ","] {
      #expect(await apus("logits", "--model", model.bare, "--ids", ids).status == 64, "\(ids)")
    }
    #expect(await apus("logits", "--model", model.bare, "--ids", "1, 2 3").status == 0)
    #expect(await apus("logits", "--model", model.bare, "--ids", "1,5000").status == 64)
    let long = (0..<129).map { "\($0 % 30)" }.joined(separator: ",")
    #expect(await apus("logits", "--model", model.bare, "--ids", long).status == 64)
    #expect(await apus("logits", "--model", "/nothing/here", "--ids", "1").status == 66)
    #expect(
      await apus("logits", "--model", model.bare, "--ids", "1", "--output", "/nothing/here/x.safetensors").status != 0)
  }
}

@Suite struct InspectTests {
  let model: TinyModel

  init() throws {
    model = try TinyModel()
  }

  @Test func textAndJSONSayWhatTheModelIs() async throws {
    let text = await apus("inspect", model.folder, "--tensors", "--check")
    #expect(text.status == 0)
    #expect(text.output.contains("architecture  llama"))
    #expect(text.output.contains("model.embed_tokens.weight"))
    #expect(text.output.contains("all finite"))
    let outcome = await apus("inspect", model.folder, "--format", "json")
    let json = try JSON.parse(outcome.output)
    #expect(json["layers"]?.int == 2)
    #expect(json["cache_bytes_per_token"]?.int == 2 * 2 * 8 * 2 * 4)
    #expect(json["file_bytes"]?.int == (json["parameters"]?.int ?? 0) * 4)
    #expect(json["tensors"] == nil)
  }

  @Test func aTokenizerAloneIsDescribed() async throws {
    let alone = model.folder + "/alone"
    let tokenizer = try TokenizerFile.load(path: model.folder)
    try tokenizer.save(to: alone)
    for path in [alone, alone + "/tokenizer.json", model.folder + "/tokenizer.json"] {
      let text = await apus("inspect", path)
      #expect(
        text.status == 0 && text.output.contains("\(tokenizer.vocabularySize) tokens"), "\(text.output) \(text.error)")
      #expect(text.output.contains("<|endoftext|> (0): ends texts"))
      let json = try JSON.parse(await apus("inspect", path, "--format", "json").output)
      #expect(
        json["kind"]?.string == "tokenizer" && json["vocabulary"]?.int == tokenizer.vocabularySize
          && json["end_of_text"]?.int == 0)
      for option in [["--context", "9"], ["--check"], ["--tensors"]] {
        let refused = await apus(["inspect", path] + option)
        #expect(refused.status == 64 && refused.error.contains("asks about a model"), "\(refused.error)")
      }
    }
    try AtomicFile.write("{}", to: alone + "/tokenizer.json")
    #expect(await apus("inspect", alone).status == 65)
  }

  @Test func shardsAreDescribed() async throws {
    let (text, corpus) = (model.folder + "/text.txt", model.folder + "/corpus")
    try AtomicFile.write(String(repeating: "one small bird<|endoftext|>", count: 20), to: text)
    let made = await apus("tokenize-corpus", text, "--tokenizer", model.folder, "--output", corpus)
    try #require(made.status == 0, "\(made.error)")
    let train = corpus + "/train-00000.tokens"
    for path in [train, corpus] {
      let text = await apus("inspect", path)
      #expect(text.status == 0 && text.output.contains("documents end with 0"), "\(text.output) \(text.error)")
      let json = try JSON.parse(await apus("inspect", path, "--format", "json").output)
      #expect(json["kind"]?.string == "shards" && json["shards"]?.array?.first?["documents"]?.int == 18)
      #expect(
        json["shards"]?.array?.first?["tokens"]?.int == 18 * 15
          && json["shards"]?.array?.first?["text_bytes"]?.int == 18 * 14)
      #expect(json["shards"]?.array?.count == (path == corpus ? 2 : 1))
    }
    var bytes = try FileSystem.readAll(train)
    bytes[70] ^= 1
    try AtomicFile.write(bytes, to: train)
    let outcome = await apus("inspect", corpus)
    #expect(outcome.status == 65 && outcome.error.contains("train-00000.tokens"))
  }

  @Test func damagedFilesAreRefused() async throws {
    let weights = model.bare + "/model.safetensors"
    let bytes = try FileSystem.readAll(weights)
    try AtomicFile.write(Array(bytes.dropLast(10)), to: weights)
    let outcome = await apus("inspect", model.bare)
    #expect(outcome.status == 65)
    #expect(outcome.error.contains("model.safetensors"))
    #expect(await apus("inspect", model.folder + "/nothing").status == 66)
  }
}

@Suite struct BenchmarkInferenceTests {
  @Test func tableAndJSONHaveFitsAndRates() async throws {
    let arguments = ["benchmark", "inference", "--preset", "gemma-tiny", "--tokens", "100", "--rounds", "1"]
    let text = await apus(arguments)
    #expect(text.status == 0)
    #expect(text.output.contains("a + b·n"))
    #expect(text.output.contains("rate at 100 tokens / rate at 50"))
    let json = try JSON.parse(await apus(arguments + ["--format", "json"]).output)
    #expect(json["lengths"] == [50, 100])
    #expect(json["cached_seconds_per_token"]?.array?.count == 2)
    #expect(json["uncached_fit"]?["r_squared"]?.double != nil)
    #expect((json["prompt_tokens_per_second"]?.double ?? 0) > 0)
    let cached = try JSON.parse(await apus(arguments + ["--format", "json", "--cached-only"]).output)
    #expect(cached["uncached_seconds_per_token"] == [])
  }

  @Test(arguments: [
    [], ["--preset", "huge"], ["--preset", "small-gpt", "--model", "x"],
    ["--preset", "small-gpt", "--tokens", "99"], ["--preset", "small-gpt", "--tokens", "513"],
    ["--preset", "small-gpt", "--rounds", "0"], ["--preset", "bert-tiny"],
  ])
  func wrongUseIsRefused(arguments: [String]) async {
    #expect(await apus(["benchmark", "inference"] + arguments).status == 64)
  }
}

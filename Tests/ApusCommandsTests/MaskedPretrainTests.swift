// A BERT pretrained by `apus pretrain`: from text to a finished model whose loss fell, resumed with the same bits.

import ApusCore
import ApusTokenizers
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

@Suite struct MaskedPretrainTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  private static let settings = [
    "objective=masked", "model.architecture=bert", "tokenizer.algorithm=bpe", "tokenizer.vocabulary_size=300",
    "model.width=32", "model.context=24", "model.dropout=0", "training.batch=8", "evaluation.tokens=0",
  ]

  @Test func aTinyEncoderLearnsFromText() async throws {
    let text = "\(run.folder)/sentences.txt"
    let sentence = "The small bird sees a red tree, and the old bird sees the green tree.\n"
    try AtomicFile.write(String(repeating: sentence, count: 300), to: text)
    // Encoders guess by frequency alone for some hundred steps, before they look at what stands around.
    let more = [
      "data.text=\(text)", "evaluation.every=300", "evaluation.sample_tokens=16", "optimizer.warmup_steps=50",
      "optimizer.learning_rate=2e-3", "masking.whole_words=true", "model.width=64", "training.batch=16",
      "checkpoints.every=0",
    ]
    let outcome = await apus(run.arguments("bert", steps: 600, Self.settings + more))
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.error.contains("% right") && outcome.error.contains("‹"), "\(outcome.error)")
    let folder = RunFolder(run.path("bert"))
    var losses: [Double] = []
    var validations: [JSON] = []
    for line in try FileSystem.readAll(folder.log).split(separator: 0x0A) {
      let record = try JSON.parse(Array(line))
      losses.append(try #require(record["loss"]?.double))
      if record["validation_loss"] != nil { validations.append(record) }
    }
    // From ln 291 = 5.7 to far below 2.1, which frequencies alone give.
    #expect(losses.count == 600 && losses[0] > 5)
    #expect(losses.suffix(10).reduce(0, +) / 10 < 1.5, "\(losses.suffix(10))")
    #expect(validations.count == 2)
    let accuracy = validations.compactMap { $0["validation_accuracy"]?.double }
    #expect(accuracy.count == 2 && accuracy[1] > 0.5 && accuracy[1] <= 1)
    #expect(validations[1]["validation_bits_per_byte"] == .null)
    let tokenizer = try TokenizerFile.load(path: folder.final)
    #expect(tokenizer.specialTokens.padding == 0 && tokenizer.vocabularySize == 291)
    let json = try JSON.read("\(folder.final)/tokenizer.json")
    #expect(json["post_processor"]?["single"]?.array?.count == 3)
    #expect(try JSON.read("\(folder.final)/config.json")["model_type"]?.string == "bert")
  }

  /// Interrupted steps, threads and micro-batches must not show: as for causal runs in ResumeTests.
  @Test func resumedItEndsWithTheSameBits() async throws {
    let settings = Self.settings + ["evaluation.every=4", "model.dropout=0.1"]
    let whole = await apus(run.arguments("whole", steps: 12, settings))
    #expect(whole.status == 0, "\(whole.error)")
    let begun = try ChildProcess(run.arguments("part", steps: 12, settings))
    while begun.isRunning, try RunFolder(run.path("part")).checkpointSteps().isEmpty { usleep(1000) }
    begun.send(SIGKILL)
    _ = begun.wait()
    let resumed = await apus(
      run.arguments("part", steps: 12, settings + ["training.micro_batch=3"], ["--resume", "--threads", "1"]))
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect((try run.result("whole", step: 12) == run.result("part", step: 12)) == true)
  }

  @Test func samplesFillThePromptsMasks() async throws {
    let prompt = [
      "optimizer.warmup_steps=0", "evaluation.sample_tokens=8", "evaluation.sample_prompt=the small [MASK] sees",
    ]
    let outcome = await apus(run.arguments("prompt", steps: 1, Self.settings + prompt))
    #expect(
      outcome.status == 0 && outcome.error.contains("the small") && outcome.error.contains("›"), "\(outcome.error)")
    // As a word of the text has the space before it in its token, the mask has it too.
    let filled = await apus(
      "fill", "--model", run.path("prompt"), "--text", "the small [MASK] sees a [MASK].", "--top-k", "300",
      "--format", "json")
    let gaps = try #require(try JSON.parse(filled.output)["gaps"]?.array)
    for filling in gaps[0]["fillings"]?.array ?? [] {
      guard let token = filling["token"]?.string, token.allSatisfy(\.isASCII), token != "[MASK]" else { continue }
      #expect(filling["text"]?.string == "the small\(token) sees a [MASK].")
    }
    #expect(gaps[1]["fillings"]?.array?.first?["text"]?.string?.hasPrefix("the small [MASK] sees a") == true)
    let none = await apus(
      run.arguments("none", Self.settings + ["evaluation.sample_tokens=8", "evaluation.sample_prompt=the small bird"]))
    #expect(none.status == 64 && none.error.contains("no mask"), "\(none.error)")
  }

  @Test func whatCannotBeMaskedIsRefused() async throws {
    let causal = await apus(run.arguments("causal", steps: 2))
    #expect(causal.status == 0, "\(causal.error)")
    let tokenizer = ["tokenizer.path=\(RunFolder(run.path("causal")).final)"]
    let outcome = await apus(run.arguments("masked", Self.settings + tokenizer))
    #expect(outcome.status == 65 && outcome.error.contains("no mask token"), "\(outcome.error)")
    #expect(outcome.error.contains("causal/final"))
    let shards = ["data.shards=\(RunFolder(run.path("causal")).data)", "data.text=[]"]
    let other = await apus(run.arguments("masked", Self.settings + shards))
    #expect(other.status == 65 && other.error.contains("no mask token"), "\(other.error)")
    let encoder = await apus(run.arguments("encoder", ["model.architecture=bert"]))
    #expect(encoder.status == 64 && encoder.error.contains("objective = masked"), "\(encoder.error)")
  }
}

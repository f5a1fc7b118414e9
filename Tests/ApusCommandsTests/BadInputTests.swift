// What a person can get wrong, and what can be broken: each is one sentence that names the file, with the right exit
// status.

import ApusCore
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension Outcome {
  /// The sentence of the failure; nil where there is not exactly one.
  var sentence: String? {
    let sentences = error.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    return sentences.count == 1 ? sentences.first.map(String.init) : nil
  }

  /// Whether it failed with `status` and one sentence that holds all of `words`.
  func failed(_ status: Int32, _ words: String...) -> Bool {
    guard self.status == status, let sentence else { return false }
    return words.allSatisfy(sentence.contains)
  }
}

@Suite struct BadTextTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  /// Every command that reads a text, given this one.
  private func readers(_ text: String) async throws -> [(name: String, outcome: Outcome)] {
    try await trained()
    let name = "of-bad-text"  // the same each time: what was refused leaves nothing that holds the next up
    return [
      ("pretrain", await apus(run.arguments(name, ["data.text=\(text)"]))),
      ("tokenizer train", await apus("tokenizer", "train", text, "--vocab-size", "300", "--output", run.path("vocab"))),
      (
        "tokenize-corpus",
        await apus("tokenize-corpus", text, "--tokenizer", run.path("good/final"), "--output", run.path("shards"))
      ),
      ("evaluate", await apus("evaluate", "--model", run.path("good"), "--text", text)),
    ]
  }

  private func trained() async throws {
    if FileSystem.exists(run.path("good/final")) { return }
    try #require(await apus(run.arguments("good")).status == 0)
  }

  @Test func missingEmptyAndBinaryTextsAreRefused() async throws {
    let (empty, binary) = (run.path("empty.txt"), run.path("binary.txt"))
    try AtomicFile.write("", to: empty)
    try AtomicFile.write((0..<5000).map { UInt8(truncatingIfNeeded: $0 % 7 == 0 ? 0 : $0 * 37) }, to: binary)
    for (text, status, word) in [
      (run.path("nowhere.txt"), Int32(66), "no such file"), (empty, 65, "empty"), (binary, 65, "binary"),
      (run.folder, 66, "folder"),
    ] {
      for (name, outcome) in try await readers(text) {
        #expect(outcome.failed(status, word, text), "\(name): \(outcome.status) \(outcome.error)")
      }
    }
  }

  @Test func invalidUTF8IsKeptAndSaid() async throws {
    let text = run.path("invalid.txt")
    try AtomicFile.write(try FileSystem.readAll(run.text) + [0xFF, 0x20, 0xC3] + Array(" end.\n".utf8), to: text)
    let name = "invalid"
    let settings = ["data.text=\(text)", "tokenizer.algorithm=bpe", "tokenizer.vocabulary_size=300"]
    let trained = await apus(run.arguments(name, settings))
    #expect(trained.status == 0, "\(trained.error)")
    #expect(trained.error.contains("2 bytes are not valid UTF-8"))
    let path = "\(run.path(name))/final"
    let shards = await apus(
      "tokenize-corpus", text, "--tokenizer", path, "--output", run.path("shards"), "--format", "json")
    #expect(shards.error.contains("2 bytes are not valid UTF-8"))
    let json = try JSON.parse(shards.output)
    let bytes = ["train", "validation"].compactMap { json[$0]?["bytes"]?.int }.reduce(0, +)
    #expect(try bytes == FileSystem.size(text), "no byte is lost")
    let score = await apus("evaluate", "--model", path, "--text", text, "--format", "json")
    #expect(score.error.contains("2 bytes are not valid UTF-8"))
    #expect(try JSON.parse(score.output)["bytes"]?.int == FileSystem.size(text))
  }

  /// Characters have no id for half a character: that is said, not guessed.
  @Test func whatAVocabularyLacksIsRefused() async throws {
    try await trained()
    let text = run.path("other.txt")
    try AtomicFile.write("the small bird 鳥", to: text)
    for outcome in [
      await apus("evaluate", "--model", run.path("good"), "--text", text),
      await apus("tokenize-corpus", text, "--tokenizer", run.path("good/final"), "--output", run.path("shards")),
      await apus("generate", "--model", run.path("good"), "--prompt", "鳥"),
    ] {
      #expect(outcome.status == 65 && outcome.sentence != nil, "\(outcome.error)")
    }
    #expect(!FileSystem.exists(run.path("shards")))
  }

  @Test func aVocabularyBelowTheBytesIsRefused() async throws {
    let trained = await apus("tokenizer", "train", run.text, "--vocab-size", "255", "--output", run.path("vocab"))
    #expect(trained.status == 64 || trained.status == 65, "\(trained.error)")
    #expect(trained.error.contains("25"), "\(trained.error)")
    let settings = ["tokenizer.algorithm=bpe", "tokenizer.vocabulary_size=255"]
    #expect(await apus(run.arguments("small", settings)).failed(64, "tokenizer.vocabulary_size", "255"))
  }

  @Test func unknownSettingsAreRefused() async throws {
    #expect(await apus(run.arguments("x", ["training.stepz=3"])).failed(64, "training.stepz", "training.steps"))
    let file = run.path("config.json")
    try AtomicFile.write(#"{"optimizer": {"beta3": 0.5}}"#, to: file)
    let outcome = await apus("pretrain", file, "--output", run.path("x"))
    #expect(outcome.failed(65, file, "optimizer.beta3", "optimizer.beta"), "\(outcome.error)")
    #expect(await apus("pretrain", run.path("none.json"), "--output", run.path("x")).failed(66, "none.json"))
    let large = ["model.width=16384", "model.heads=128", "model.layers=128"]
    #expect(await apus(run.arguments("large", large)).failed(64, "GiB", "smaller model"))
  }

  @Test func aTextWithNothingLeftToLearnFromIsNamed() async throws {
    let text = run.path("short.txt")
    for content in ["a", "<|endoftext|>"] {
      try AtomicFile.write(content, to: text)
      for algorithm in ["bpe", "characters"] {
        let settings = ["data.text=\(text)", "tokenizer.algorithm=\(algorithm)"]
        let rule = content == "a" ? "text" : "separator"
        let outcome = await apus(run.arguments("short", settings + ["data.documents=\(rule)"]))
        #expect(outcome.failed(65, text, "no text is left to learn from"), "\(outcome.error)")
      }
    }
  }

  @Test func aSamplePromptThatCannotBeEncodedIsRefusedAtOnce() async throws {
    let prompt = ["evaluation.sample_prompt=€", "evaluation.sample_tokens=4"]
    let outcome = await apus(run.arguments("prompt", prompt))
    #expect(outcome.failed(64, "evaluation.sample_prompt", "€"), "\(outcome.error)")
    #expect(!outcome.error.contains("training tokens"), "it comes before training")
  }

  @Test func evaluationOfNothingIsRefused() async throws {
    try await trained()
    func evaluate(_ more: String...) async -> Outcome {
      await apus(["evaluate", "--model", run.path("good"), "--text", run.text] + more)
    }
    #expect(await evaluate("--context", "17").failed(64, "--context", "16"))
    #expect(await evaluate("--context", "0").failed(64, "--context"))
    #expect(await evaluate("--stride", "17").failed(64, "--stride"))
    #expect(await evaluate("--chunks=-1").failed(64, "--chunks"))
    #expect(await evaluate("--chunks", "1", "--stride", "4").failed(64, "--chunks", "--stride"))
    #expect(await evaluate("--chunks", "1", "--context", "2").failed(64, "--context", "3 or more"))
    #expect(await evaluate("--context", "8", "--stride", "9").failed(64, "--stride"))
    #expect(await apus("evaluate", "--model", run.path("none"), "--text", run.text).failed(66, "none"))
    let single = run.path("single.txt")
    try AtomicFile.write("a", to: single)
    #expect(await apus("evaluate", "--model", run.path("good"), "--text", single).failed(65, single))
    let chunk = await apus("evaluate", "--model", run.path("good"), "--text", single, "--chunks", "1")
    #expect(chunk.failed(65, single, "chunk of 16"), "\(chunk.error)")
  }
}

@Suite struct DamageTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  /// A run of six steps that was stopped after four: checkpoints 2 and 4 are there, the last steps are not.
  private func interrupted(_ name: String) async throws -> RunFolder {
    try #require(await apus(run.arguments(name)).status == 0)
    let folder = RunFolder(run.path(name))
    try FileSystem.remove(folder.final)
    return folder
  }

  private func flip(_ path: String, at place: Int) throws {
    var bytes = try FileSystem.readAll(path)
    bytes[place < 0 ? bytes.count + place : place] ^= 1
    try AtomicFile.write(bytes, to: path)
  }

  private func truncate(_ path: String) throws {
    try AtomicFile.write(Array(try FileSystem.readAll(path).dropLast(7)), to: path)
  }

  @Test func damagedShardsAreRefused() async throws {
    let folder = try await interrupted("shards")
    let shard = "\(folder.data)/train-00000.tokens"
    let whole = try FileSystem.readAll(shard)
    for damage in [{ try flip(shard, at: 20) }, { try flip(shard, at: -3) }, { try truncate(shard) }] {
      try damage()
      let outcome = await apus(run.arguments("shards", [], ["--resume"]))
      #expect(outcome.failed(65, shard, "offset"), "\(outcome.error)")
      try AtomicFile.write(whole, to: shard)
    }
    try flip(shard, at: 100)  // a token: found when its page is read
    let fresh = await apus(run.arguments("again", ["data.text=[]", "data.shards=\(folder.data)"]))
    #expect(fresh.failed(65, shard), "\(fresh.error)")
  }

  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "config.json"])
  func aDamagedCheckpointIsPassedOver(file: String) async throws {
    try #require(await apus(run.arguments("whole")).status == 0)
    for (name, damage) in [("flipped", { try flip($0, at: 40) }), ("short", truncate)]
      as [(String, (String) throws -> Void)]
    {
      let folder = try await interrupted(name)
      let path = "\(folder.checkpoint(6))/\(file)"
      try damage(path)
      let outcome = await apus(run.arguments(name, [], ["--resume"]))
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.error.contains("warning: \(folder.checkpoint(6))"), "\(outcome.error)")
      #expect(outcome.error.contains("continuing after step 4"), "\(outcome.error)")
      #expect((try run.result(name, step: 6) == run.result("whole", step: 6)) == true)
    }
  }

  @Test func whereNoCheckpointIsWholeItSaysSo() async throws {
    let folder = try await interrupted("none")
    for step in try folder.checkpointSteps() { try truncate("\(folder.checkpoint(step))/model.safetensors") }
    let outcome = await apus(run.arguments("none", [], ["--resume"]))
    #expect(outcome.failed(65, folder.checkpoints, "--overwrite"), "\(outcome.error)")
  }

  @Test func damagedModelsAreRefused() async throws {
    let folder = try await interrupted("model")
    let weights = "\(folder.checkpoint(6))/model.safetensors"
    try truncate(weights)
    let model = folder.checkpoint(6)
    for arguments in [
      ["generate", "--model", model, "--prompt", "the"], ["logits", "--model", model, "--ids", "1"],
      ["inspect", model], ["evaluate", "--model", model, "--text", run.text],
    ] {
      let outcome = await apus(arguments)
      #expect(outcome.failed(65, weights), "\(arguments[0]): \(outcome.error)")
    }
  }

  @Test func weightsThatAreNoNumbersHaveNoPerplexity() async throws {
    let model = try await interrupted("nan").checkpoint(6)
    let weights = "\(model)/model.safetensors"
    let notANumber = withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) { Array($0) }
    try AtomicFile.write(FileSystem.readAll(weights).dropLast(4) + notANumber, to: weights)
    let outcome = await apus("evaluate", "--model", model, "--text", run.text)
    #expect(outcome.failed(65, model, "not finite") && outcome.output.isEmpty, "\(outcome.error)")
  }

  @Test func divergenceNamesTheStepAndTheLastGoodCheckpoint() async throws {
    let settings = [
      "optimizer.learning_rate=1e3", "optimizer.gradient_clip=0", "optimizer.warmup_steps=60",
      "optimizer.weight_decay=100", "model.dropout=0",
    ]
    let outcome = await apus(run.arguments("diverged", steps: 60, settings))
    let folder = RunFolder(run.path("diverged"))
    let last = try #require(try folder.checkpointSteps().last)
    #expect(outcome.failed(65, "diverged", "step \(last + 1)") || outcome.failed(65, "diverged", "step \(last + 2)"))
    #expect(outcome.failed(65, "the last good checkpoint is \(folder.checkpoint(last))"), "\(outcome.error)")
  }
}

@Suite struct OverwriteTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  @Test func whatCannotBeTrainedReplacesNothing() async throws {
    try #require(await apus(run.arguments("run")).status == 0)
    let (folder, before) = (RunFolder(run.path("run")), try run.result("run", step: 6))
    let short = run.path("short.txt")
    try AtomicFile.write("a", to: short)
    let large = ["model.width=16384", "model.heads=128", "model.layers=128"]
    for (settings, status) in [
      (["data.text=\(run.path("none.txt"))"], Int32(66)), (["data.text=\(short)"], 65), (large, 64),
      (["model.heads=3"], 64), (["evaluation.sample_prompt=€", "evaluation.sample_tokens=4"], 64),
      (["model.context=100000", "data.sampling=crops"], 65), (["data.text=[]", "data.shards=\(short)"], 66),
    ] {
      let outcome = await apus(run.arguments("run", settings, ["--overwrite"]))
      #expect(outcome.status == status && outcome.sentence != nil, "\(settings): \(outcome.status) \(outcome.error)")
      #expect((try run.result("run", step: 6) == before) == true, "\(settings)")
      #expect(FileSystem.isFolder(folder.data) && !FileSystem.exists(folder.draft))
    }
    let resumed = await apus(run.arguments("run", [], ["--resume"]))
    #expect(resumed.status == 0, "the old run is whole: \(resumed.error)")
  }

  @Test func aRunGivesWayToOneThatUsesItsParts() async throws {
    try #require(await apus(run.arguments("run")).status == 0)
    let folder = RunFolder(run.path("run"))
    let shards = ["data.text=[]", "data.shards=\(folder.data)"]
    for settings in [["tokenizer.path=\(folder.final)/tokenizer.json"], shards, []] {
      let outcome = await apus(run.arguments("run", steps: 4, settings, ["--overwrite"]))
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(try folder.checkpointSteps() == [2, 4])
    }
  }

  @Test func whatNoRunWroteStays() async throws {
    let (folder, foreign) = (RunFolder(run.path("mine")), run.path("mine/data/notes.txt"))
    try FileSystem.makeFolders(folder.data)
    try AtomicFile.write("mine", to: foreign)
    try AtomicFile.write("mine", to: run.path("mine/.mine.partial"))
    #expect(await apus(run.arguments("mine", [], ["--overwrite"])).failed(64, folder.path, "not removed"))
    try #require(await apus(run.arguments("run")).status == 0)
    try FileSystem.rename("\(run.path("run"))/configuration.json", to: folder.configuration)
    #expect(await apus(run.arguments("mine", [], ["--overwrite"])).failed(64, foreign, "not removed"))
    try FileSystem.rename(foreign, to: run.path("mine/notes.txt"))
    #expect(await apus(run.arguments("mine", [], ["--overwrite"])).status == 0)
    #expect(FileSystem.exists(run.path("mine/notes.txt")) && FileSystem.exists(run.path("mine/.mine.partial")))
  }
}

@Suite(.serialized) struct DiskTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  /// A limit on the size of files stands for a full disk where none can be made: writing fails half way in both.
  @Test func aFileThatCannotGrowIsOneSentence() throws {
    let outcome = try ChildProcess(
      run.arguments("limited", ["model.width=64"]), shell: #"trap "" XFSZ; ulimit -f 64; exec "$@""#
    ).wait()
    #expect(outcome.failed(74, run.path("limited"), "too large"), "\(outcome.status) \(outcome.error)")
    let left = try FileSystem.list(RunFolder(run.path("limited")).checkpoints)
    #expect(left.isEmpty, "half a checkpoint stays behind: \(left)")
    #expect(try ChildProcess(run.arguments("limited", ["model.width=64"], ["--resume"])).wait().status == 0)
  }

  @Test func aFullDiskIsOneSentence() throws {
    let disk = run.path("disk")
    try FileSystem.makeFolders(disk)
    guard mount("size=700k,mode=755", at: disk) else { return }
    defer { unmount(disk) }
    let outcome = try ChildProcess(run.arguments("disk/run", steps: 60, ["model.width=64"])).wait()
    #expect(outcome.failed(74, "\(disk)/run", "the disk is full"), "\(outcome.status) \(outcome.error)")
  }

  @Test func aReadOnlyFolderIsOneSentence() throws {
    let disk = run.path("disk")
    try FileSystem.makeFolders(disk)
    guard mount("ro", at: disk) else { return }
    defer { unmount(disk) }
    let arguments = ["--tokenizer", run.path("none"), "--output", "\(disk)/x"]
    for arguments in [
      run.arguments("disk/run"), ["tokenizer", "train", run.text, "--vocab-size", "300", "--output", "\(disk)/run"],
    ] {
      let outcome = try ChildProcess(arguments).wait()
      #expect(outcome.failed(74, disk, "read-only"), "\(outcome.status) \(outcome.error)")
    }
    #expect(try ChildProcess(["tokenize-corpus", run.text] + arguments).wait().status == 66)
  }

  /// Puts a small file system of memory at a folder; only root may.
  private func mount(_ options: String, at folder: String) -> Bool {
    let isMounted = shell("mount -t tmpfs -o \(options) apus-test \(folder)")
    if !isMounted { print("skipped: this user may not mount a file system of memory") }
    return isMounted
  }

  private func unmount(_ folder: String) { _ = shell("umount \(folder)") }

  private func shell(_ line: String) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", line + " 2>/dev/null"]
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}

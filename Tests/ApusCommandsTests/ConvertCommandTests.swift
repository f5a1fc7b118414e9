// apus convert through the command line: there and back again, and what it refuses.

import ApusCore
import ApusFormats
import ApusModels
import Foundation
import Testing

@testable import ApusCommands

@Suite struct ConvertCommandTests {
  /// A folder that holds a small model, gone with the object.
  private final class Folder: Sendable {
    let path: String

    init() throws {
      path = try FileSystem.makeTemporaryFolder()
      let specification = Specification.llama(
        vocabulary: 64, context: 32, width: 32, layers: 2, heads: 4, keyValueHeads: 2, feedForwardWidth: 64)
      try Model(specification: specification, seed: 5).save(to: "\(path)/model")
    }

    deinit { try? FileSystem.remove(path) }
  }

  private func logits(_ model: String) async -> String {
    await apus("logits", "--model", model, "--ids", "1,2,3,4", "--format", "json").output
  }

  @Test func thereAndBackAgainTheLogitsAreTheSame() async throws {
    let folder = try Folder()
    let (model, file, back) = ("\(folder.path)/model", "\(folder.path)/model.gguf", "\(folder.path)/back")
    #expect(await apus("convert", model, file).status == 0)
    #expect(await apus("convert", file, back).status == 0)
    let expected = await logits(model)
    #expect(!expected.isEmpty)
    #expect(await logits(file) == expected)
    #expect(await logits(back) == expected)
  }

  @Test func capitalsOfTheEndingDoNotMatter() async throws {
    let folder = try Folder()
    let (model, file) = ("\(folder.path)/model", "\(folder.path)/MODEL.GGUF")
    #expect(await apus("convert", model, file).status == 0)
    #expect(FileSystem.isFile(file))
    #expect(await logits(file) == logits(model))
  }

  @Test func whatCannotBeIsRefused() async throws {
    let folder = try Folder()
    let model = "\(folder.path)/model"
    let cases: [(arguments: [String], status: Int32)] = [
      ([model, model], 64), ([model, "\(folder.path)/q8", "--type", "q8_0"], 64), ([model, ""], 64), (["", model], 64),
      ([model, "\(folder.path)/x.gguf", "--type", "q9"], 64),
      (["\(folder.path)/nothing", "\(folder.path)/x.gguf"], 66),
    ]
    for (arguments, status) in cases {
      #expect(await apus(["convert"] + arguments).status == status, "\(arguments)")
    }
  }

  @Test func theInputIsNeverReplacedHoweverItIsSpelt() async throws {
    let folder = try Folder()
    let (model, file) = ("\(folder.path)/model", "\(folder.path)/model.gguf")
    try #require(await apus("convert", model, file).status == 0)
    let link = "\(folder.path)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "model")
    let before = try FileSystem.readAll("\(model)/model.safetensors")
    for (input, output) in [
      (model, model), (model, "\(folder.path)/./model"), (model, "\(model)/"), (model, link), (link, model),
      ("\(model)/model.safetensors", model), (file, "\(folder.path)/../\(FileSystem.name(of: folder.path))/model.gguf"),
    ] {
      let outcome = await apus("convert", input, output, "--type", "f16", "--overwrite")
      #expect(outcome.status == 64 && outcome.error.contains("is the input"), "\(output): \(outcome.error)")
    }
    #expect(try FileSystem.readAll("\(model)/model.safetensors") == before)
  }

  @Test func aFolderIsReplacedWholeAndForeignFilesStay() async throws {
    let folder = try Folder()
    let (model, copy) = ("\(folder.path)/model", "\(folder.path)/copy")
    #expect(await apus("convert", model, copy).status == 0)
    try AtomicFile.write("{}", to: "\(copy)/tokenizer_config.json")
    #expect(await apus("convert", model, copy).status == 64)
    #expect(await apus("convert", model, copy, "--overwrite").status == 0)
    #expect(try FileSystem.list(copy) == ["config.json", "model.safetensors"], "nothing of the old model stays")
    try AtomicFile.write("mine", to: "\(copy)/notes.txt")
    let refused = await apus("convert", model, copy, "--overwrite")
    #expect(refused.status == 64 && refused.error.contains("notes.txt"), "\(refused.error)")
    #expect(FileSystem.exists("\(copy)/notes.txt") && FileSystem.exists("\(copy)/model.safetensors"))
  }

  @Test(arguments: ["out", "out.gguf"]) func anInterruptLeavesNothingBehind(name: String) async throws {
    let folder = try Folder()
    let console = TestConsole()
    console.console.interruption.request()
    let arguments = ["convert", "\(folder.path)/model", "\(folder.path)/\(name)"]
    #expect(await Apus.run(arguments: arguments, console: console.console) == 130)
    #expect(try FileSystem.list(folder.path) == ["model"])
  }

  @Test func noPartOfTheInputIsReplaced() async throws {
    let folder = try Folder()
    let (file, first) = ("\(folder.path)/model.gguf", "\(folder.path)/m-00001-of-00002.gguf")
    try #require(await apus("convert", "\(folder.path)/model", file).status == 0)
    let (second, whole) = ("\(folder.path)/m-00002-of-00002.gguf", try GGUFFile(file))
    for (path, tensors) in [(first, whole.tensors.dropLast()), (second, whole.tensors.suffix(1))] {
      var metadata = path == first ? whole.metadata : GGUFMetadata()
      metadata["split.no"] = .uint16(path == first ? 0 : 1)
      metadata["split.count"] = .uint16(2)
      try GGUFWriter.write(to: path, metadata: metadata, tensors: tensors.map(\.description)) {
        tensor, sink throws(ApusError) in
        if let entry = whole.tensor(tensor.name) { try sink(whole.bytes(of: entry)) }
      }
    }
    #expect(await logits(second) == logits(file))
    let outcome = await apus("convert", first, second, "--overwrite")
    #expect(outcome.status == 64 && outcome.error.contains("is the input"), "\(outcome.error)")
  }

  @Test func theTypeOfMostWeightsIsNamed() async throws {
    let folder = try Folder()
    let (half, file) = ("\(folder.path)/half", "\(folder.path)/half.gguf")
    #expect(await apus("convert", "\(folder.path)/model", half, "--type", "bf16").status == 0)
    #expect(await apus("convert", half, file).status == 0)
    #expect(try GGUFFile(file).metadata.int("general.file_type") == 32)
  }
}

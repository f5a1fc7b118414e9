// apus convert through the command line: there and back again, and what it refuses.

import ApusCore
import ApusModels
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

  @Test func whatCannotBeIsRefused() async throws {
    let folder = try Folder()
    let model = "\(folder.path)/model"
    let cases: [(arguments: [String], status: Int32)] = [
      ([model, model], 64), ([model, model, "--overwrite"], 64), ([model, "\(folder.path)/q8", "--type", "q8_0"], 64),
      ([model, "\(folder.path)/x.gguf", "--type", "q9"], 64),
      (["\(folder.path)/nothing", "\(folder.path)/x.gguf"], 66),
    ]
    for (arguments, status) in cases {
      #expect(await apus(["convert"] + arguments).status == status, "\(arguments)")
    }
  }
}

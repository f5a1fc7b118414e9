// Models of the conformance fixtures written in both layouts and read again: the results must still be transformers'.
// And a GGUF file that others made.

import ApusCore
import ApusFormats
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels

@Suite struct ConversionTests {
  @Test func bothLayoutsKeepTheResults() throws {
    let workspace = try TinyModels.workspace()
    var (folders, files, refused): (Int, [String], [String]) = (0, [], [])
    try inTemporaryFolder { folder in
      for fixture in try ConformanceTests.cases() {
        guard let model = try? fixture.model("config.json", for: .inference) else { continue }
        let copy = "\(folder)/\(fixture.name)"
        try model.save(to: copy)
        try expect(fixture, Model.load(folder: copy), "folder", workspace)
        folders += 1
        do {
          try model.save(gguf: "\(copy).gguf")
        } catch let error as ApusError {
          #expect(error.problem.contains("GGUF"), "\(error)")
          refused.append(fixture.name)
          continue
        }
        let back = try Model.load(gguf: "\(copy).gguf")
        if back.specification.encoder == nil {
          try expect(fixture, back, "GGUF", workspace)
        } else {
          #expect(try vector(of: back, workspace) == vector(of: model, workspace), "\(fixture.name)")
        }
        files.append(fixture.name)
      }
    }
    print("conversion: \(folders) folders; \(files.count) GGUF files: \(files.joined(separator: ", "))")
    print("conversion: GGUF cannot say: \(refused.joined(separator: ", "))")
  }

  private func expect(_ fixture: ConformanceCase, _ model: Model, _ kind: String, _ workspace: Workspace) throws {
    let difference = try fixture.difference(model, workspace)
    #expect(difference <= ConformanceCase.tolerance, "\(fixture.name) as \(kind): off by \(difference) of the scale")
  }

  /// The mean of what an encoder makes of some tokens; GGUF has no place for heads.
  private func vector(of model: Model, _ workspace: Workspace) throws -> [Float] {
    let batch = PackedBatch(sequence: (0..<20).map { $0 * 7 % Int32(model.specification.vocabulary) })
    return try model.embeddings(batch, pooling: .mean, normalised: false, in: workspace)[0]
  }

  /// GGUF calls RoBERTa a BERT, without the rows of its positions that are never used; llama.cpp asks how many types of
  /// tokens an encoder has.
  @Test(arguments: ["bert", "roberta"])
  func encodersKeepTheirVectors(architecture: String) throws {
    let workspace = try TinyModels.workspace()
    try inTemporaryFolder { folder in
      var specification = TinyModels.encoders[0]
      specification.architecture = architecture
      if architecture == "roberta" { specification.positions = .learned(offset: 3) }
      let model = try TinyModels.model(specification)
      let remarks = try model.save(gguf: "\(folder)/e.gguf")
      #expect(remarks.count == 1, "\(remarks)")
      let file = try GGUFFile("\(folder)/e.gguf")
      #expect(try file.metadata.string("general.architecture") == "bert")
      #expect(try file.metadata.int("tokenizer.ggml.token_type_count") == specification.encoder?.tokenTypes)
      #expect(file.tensor("position_embd.weight")?.shape == [specification.context, specification.width])
      let back = try Model.load(gguf: "\(folder)/e.gguf")
      #expect(back.specification.context == specification.context)
      #expect(try vector(of: back, workspace) == vector(of: model, workspace))
    }
  }

  @Test func filesOfOthersGiveTheSameResults() throws {
    guard let root = Fixtures.folder("conformance/gguf", for: "GGUF models") else { return }
    let workspace = try TinyModels.workspace()
    for name in try FileSystem.list(root.path).sorted() where name.hasSuffix("_model.json") {
      let note = try JSON.read(root.appending(path: name).path)
      guard let file = note["file"]?.string, let twin = note["same_function_as"]?.string else { continue }
      let fixture = try ConformanceCase(root.appending(path: "../\(twin)").standardizedFileURL.path)
      for purpose in [Model.Purpose.inference, .training] {
        try expect(fixture, Model.load(gguf: root.appending(path: file).path, for: purpose), file, workspace)
      }
      print("GGUF models: \(file) as \(twin)")
    }
  }
}

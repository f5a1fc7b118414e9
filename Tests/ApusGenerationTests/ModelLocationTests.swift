// What a path may mean.

import ApusCore
import Foundation
import Testing

@testable import ApusGeneration

@Suite final class ModelLocationTests {
  let root = FileManager.default.temporaryDirectory.appending(path: "apus-location-\(UUID().uuidString)").path

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  private func make(_ file: String) throws {
    let path = "\(root)/\(file)"
    try FileManager.default.createDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: URL(filePath: path))
  }

  @Test func aFolderWithAConfigurationIsAModel() throws {
    try make("model/config.json")
    try make("model/model.safetensors")
    let expected = "\(root)/model"
    #expect(try ModelLocation("\(root)/model").folder == expected)
    #expect(try ModelLocation("\(root)/model/").folder == expected)
    #expect(try ModelLocation("\(root)/model/model.safetensors").folder == expected)
    #expect(try ModelLocation("\(root)/model").has("config.json"))
    #expect(try !ModelLocation("\(root)/model").has("tokenizer.json"))
  }

  @Test func aRunMeansItsLatestCheckpointUntilItIsFinished() throws {
    for step in ["step-000200", "step-001000", "step-1000000", ".step-2000000"] {
      try make("run/checkpoints/\(step)/config.json")
    }
    try make("run/checkpoints/step-3000000/half-made")
    #expect(try ModelLocation("\(root)/run").folder == "\(root)/run/checkpoints/step-1000000")
    try make("run/final/config.json")
    #expect(try ModelLocation("\(root)/run").folder == "\(root)/run/final")
  }

  @Test func whatIsNoModelIsRefused() throws {
    try make("empty/readme.txt")
    try make("empty/weights.bin")
    let missing = #expect(throws: ApusError.self) { try ModelLocation("\(root)/nothing") }
    #expect(missing?.kind == .missingInput)
    for path in ["\(root)/empty", "\(root)/empty/readme.txt", "\(root)/empty/weights.bin"] {
      let error = #expect(throws: ApusError.self) { try ModelLocation(path) }
      #expect(error?.kind == .badData)
      #expect(error?.file == path)
      #expect(error?.remedy != nil)
    }
  }
}

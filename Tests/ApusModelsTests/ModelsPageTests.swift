// Documentation/Models.md names every architecture, as its file and as GGUF call it, and every type of weights.

import ApusTensor
import Foundation
import Testing

@testable import ApusModels

@Suite struct ModelsPageTests {
  private let page: String

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    page = try String(contentsOf: root.appending(path: "Documentation/Models.md"), encoding: .utf8)
  }

  @Test func everyArchitectureHasItsRow() {
    for architecture in Registry.architectures {
      let name = architecture.gguf.map { "`\($0.name)`" } ?? "–"
      #expect(page.contains("\n| `\(architecture.modelType)` | \(name)"), "\(architecture.modelType), \(name)")
    }
    let rows = page.components(separatedBy: "\n| `").count - 1
    #expect(rows == Registry.architectures.count + 1, "and the head of the table")
    for name in Registry.refused.keys { #expect(page.contains("`\(name)` is refused")) }
  }

  @Test func everyTypeOfWeightsIsNamed() {
    let types = page.components(separatedBy: "## Types of weights").last?.components(separatedBy: "A weight in").first
    for type in StoredNumbers.ofWeights { #expect(types?.contains("`\(type.rawValue)`") == true, "\(type.rawValue)") }
    #expect(types?.filter { $0 == "`" }.count == 2 * StoredNumbers.ofWeights.count)
  }

  @Test func thePresetsAreCounted() {
    #expect(page.contains("the \(ModelPreset.all.count) that are known"))
  }
}

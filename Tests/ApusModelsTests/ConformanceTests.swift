// Results of transformers for checkpoints that others made: hidden states, logits, padded batches and greedy
// continuations, in both styles of configuration; and deliberately wrong configurations, which must show. Goes over
// every folder in the fixtures' layout.

import ApusCore
import ApusFormats
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels

@Suite struct ConformanceTests {
  @Test func resultsAreThoseOfTransformers() throws {
    var checked: [String] = []
    var refused: [String] = []
    let workspace = try TinyModels.workspace()
    for fixture in try Self.cases() {
      for configuration in fixture.configurations {
        let name = "\(fixture.name)/\(configuration)"
        let model: Model
        do {
          model = try fixture.model(configuration)
        } catch let error as ApusError where Self.isRefused(fixture, configuration) {
          #expect(error.kind == .badData && error.problem.contains("not supported"), "\(error)")
          refused.append(name)
          continue
        }
        try check(fixture, model, name, workspace)
        try check(fixture, try fixture.model(configuration, for: .inference), "\(name), for inference", workspace)
        checked.append(name)
      }
    }
    print("conformance: \(checked.count) cases: \(checked.joined(separator: ", "))")
    print("conformance: refused by design: \(refused.joined(separator: ", "))")
  }

  private func check(_ fixture: ConformanceCase, _ model: Model, _ name: String, _ workspace: Workspace) throws {
    let difference = try fixture.difference(model, workspace)
    #expect(difference <= ConformanceCase.tolerance, "\(name): off by \(difference) of the scale")
    for side in ["right", "left"] {
      // transformers turns a short sequence by the factors of the longest in its batch.
      let stretches = Self.rotationDependsOnLength(model.specification)
      let padded = try fixture.padded(side, model, workspace) { stretches && $0 == 1 }
      #expect(padded <= ConformanceCase.tolerance, "\(name), padded on the \(side): off by \(padded) of the scale")
    }
    if let greedy = try fixture.greedy(model, workspace) { #expect(greedy, "\(name): greedy continuation") }
  }

  @Test func wrongConfigurationsShow() throws {
    guard let root = Fixtures.folder("conformance/models", for: "mutations") else { return }
    let list = root.appending(path: "mutations.json").path
    guard FileManager.default.fileExists(atPath: list) else { return }
    var detected = 0
    let workspace = try TinyModels.workspace()
    for entry in try JSON.read(list).array ?? [] where entry["detected_at_2e-5"]?.bool == true {
      let mutation = try #require(Mutation(entry["mutation"]?.string ?? ""))
      let fixture = try ConformanceCase(root.appending(path: entry["model"]?.string ?? "").path)
      guard !Self.isRefused(fixture, "config.json") else { continue }
      let config = try mutation.applied(to: try JSON.read("\(fixture.folder)/config.json"))
      let (architecture, specification) = try CheckpointFolder.configuration(config, file: fixture.name)
      let model = try CheckpointFolder.load(specification, architecture, from: try fixture.tensors)
      let difference = try fixture.difference(model, workspace)
      #expect(difference > ConformanceCase.tolerance, "\(fixture.name), \(mutation): only \(difference)")
      detected += 1
    }
    print("mutations: \(detected) detected")
  }

  // MARK: - Parts

  static func cases() throws -> [ConformanceCase] {
    guard let root = Fixtures.folder("conformance/models", for: "conformance") else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
      .map { root.appending(path: $0).path }
      .filter { FileManager.default.fileExists(atPath: "\($0)/expected.safetensors") }
      .map(ConformanceCase.init)
  }

  private static func isRefused(_ fixture: ConformanceCase, _ configuration: String) -> Bool {
    let type = (try? JSON.read("\(fixture.folder)/\(configuration)"))?["model_type"]?.string
    return type.map { type in !Registry.architectures.contains { $0.modelType == type } } ?? false
  }

  private static func rotationDependsOnLength(_ specification: Specification) -> Bool {
    guard case .rotary(let rotation, _) = specification.positions else { return false }
    return switch rotation.scaling {
    case .longRope, .dynamic: true
    default: false
    }
  }
}

/// A deliberate mistake, as the fixtures spell it: `key -> value`.
private struct Mutation: CustomStringConvertible {
  let key: String
  let value: String

  init?(_ text: String) {
    let parts = text.components(separatedBy: " -> ")
    guard parts.count == 2 else { return nil }
    (key, value) = (parts[0], parts[1])
  }

  var description: String { "\(key) -> \(value)" }

  func applied(to config: JSON) throws -> JSON {
    var object = try #require(config.object)
    switch value {
    case "default" where key == "rope": object["rope_parameters"] = ["rope_type": "default"]
    case "swap" where key == "rope": object["rope_parameters"] = try swapped(try #require(object["rope_parameters"]))
    case "flip": object[key] = JSON(object[key]?.bool != true)
    case "None": object[key] = .null
    case "True", "False": object[key] = JSON(value == "True")
    default: object[key] = try number(object[key])
    }
    return .object(object)
  }

  // Whole numbers say how far a whole number is off; others are the new value.
  private func number(_ old: JSON?) throws -> JSON {
    if let offset = Int(value), let old = old?.int { return JSON(old + offset) }
    return Double(value).map { JSON($0) } ?? .string(value)
  }

  private func swapped(_ rotations: JSON) throws -> JSON {
    let keys = try #require(rotations.object).keys
    try #require(keys.count == 2)
    return .object(JSON.Object([(keys[0], rotations[keys[1]] ?? .null), (keys[1], rotations[keys[0]] ?? .null)]))
  }
}

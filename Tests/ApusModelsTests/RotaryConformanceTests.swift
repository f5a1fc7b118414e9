// Frequencies, tables and logits of scaled rotations against transformers, for every case in the fixtures' layout, from
// both styles of configuration and from what Apus writes itself.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels
@testable import ApusTensor

@Suite struct RotaryConformanceTests {
  @Test func tablesAreThoseOfTransformers() throws {
    guard let folder = Fixtures.folder("conformance/rope", for: "rotary tables") else { return }
    let index = try JSON.read(folder.appending(path: "tables.json").path)
    let file = try SafetensorsFile(folder.appending(path: "tables.safetensors").path)
    let positions = try #require(index["positions"]?.array).compactMap(\.int)
    let cases = try #require(index["cases"]?.array)
    for entry in cases { try check(JSON.Reader(entry), positions, file) }
    print("rotary tables: \(cases.count) cases, each from 4 configurations")
    #expect(!cases.isEmpty)
  }

  private func check(_ entry: JSON.Reader, _ positions: [Int], _ file: SafetensorsFile) throws {
    let key = try entry.requiredString("key")
    let (headWidth, context) = (try entry.requiredInt("head_dim"), try entry.requiredInt("max_position_embeddings"))
    let length = try entry.int("seq_len") ?? 1
    let parameters = try #require(entry.value("rope_parameters"))
    let inverse = try #require(try file.floats("\(key).inv_freq"))
    let (cosine, sine) = (try #require(try file.floats("\(key).cos")), try #require(try file.floats("\(key).sin")))
    for (style, config) in try Self.styles(parameters, headWidth, context) {
      let rotary = try RotaryEmbedding(from: JSON.Reader(config), headWidth: headWidth, context: context)
      #expect(try rotary.rotatedWidth == entry.requiredInt("rotary_dim"))
      let (frequencies, scale) = rotary.frequencies(length: length)
      try #require(frequencies.count == inverse.count)
      let areEqual = zip(frequencies, inverse).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) }
      #expect(areEqual, "\(key), \(style)")
      #expect(abs(scale - (try entry.requiredDouble("attention_scaling"))) < 1e-12, "\(key), \(style)")
      let table = rotary.makeTables().table(forLength: length)
      let greatest = Double(inverse.max() ?? 0)
      for (row, position) in positions.enumerated() {
        let tolerance = 2e-7 * Double(position) * greatest + 2e-6
        let turn = table.rotation(position: position)
        for pair in inverse.indices {
          let expected = row * inverse.count + pair
          let error = max(abs(turn.cosine[pair] - cosine[expected]), abs(turn.sine[pair] - sine[expected]))
          if Double(error) > tolerance {
            Issue.record("\(key), \(style): off by \(error) at \(position), pair \(pair)")
          }
        }
      }
    }
  }

  // The same rotation as transformers 5 and 4 keep it, and as Apus writes it for each of them.
  private static func styles(
    _ parameters: JSON, _ headWidth: Int, _ context: Int
  ) throws -> [(style: String, config: JSON)] {
    let object = try #require(parameters.object)
    var (outer, scaling): (JSON.Object, JSON.Object) = ([:], [:])
    for (key, value) in object {
      if ["rope_theta", "partial_rotary_factor"].contains(key) { outer[key] = value } else { scaling[key] = value }
    }
    outer["rope_scaling"] = .object(scaling)
    let five = JSON.object(["rope_parameters": parameters])
    let written = try RotaryEmbedding(from: JSON.Reader(five), headWidth: headWidth, context: context)
      .configuration(headWidth: headWidth, context: context)
    var writtenForFour = written
    writtenForFour["rope_parameters"] = nil
    return [
      ("transformers 5", five), ("transformers 4", .object(outer)),
      ("written for 5", .object(["rope_parameters": try #require(written["rope_parameters"])])),
      ("written for 4", .object(writtenForFour)),
    ]
  }

  @Test func logitsWithinAndBeyondTheOriginalContextAreThoseOfTransformers() throws {
    guard let folder = Fixtures.folder("conformance/rope/model", for: "rotary models") else { return }
    let expected = try SafetensorsFile(folder.appending(path: "expected.safetensors").path)
    var checked = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    where name.hasPrefix("config.") {
      let variant = name.split(separator: ".")[1]
      let model = try Self.model(folder.path, name)
      for length in ["short", "long"] {
        let ids = try expected.integers("\(length).input_ids")
        let logits = try #require(try expected.floats("\(variant).\(length).logits"))
        #expect(try Self.error(model, ids, logits, capacity: nil) <= 2e-4, "\(name), \(length)")
        #expect(try Self.error(model, ids, logits, capacity: ids.count) <= 2e-4, "\(name), \(length), token by token")
        checked += 1
      }
    }
    print("rotary models: \(checked) cases")
    #expect(checked > 0)
  }

  private static func model(_ folder: String, _ name: String) throws -> Model {
    let (architecture, specification) = try CheckpointFolder.configuration("\(folder)/\(name)")
    return try CheckpointFolder.load(
      specification, architecture, from: try SafetensorsFile("\(folder)/model.safetensors").storedTensors)
  }

  // The largest difference as a part of the scale: in one pass, or with a cache for `capacity` tokens one by one.
  private static func error(_ model: Model, _ ids: [Int32], _ expected: [Float], capacity: Int?) throws -> Float {
    let workspace = try TinyModels.workspace()
    var actual: [Float] = []
    if let capacity {
      let cache = model.makeCache(declaredLength: capacity)
      for id in ids {
        let batch = PackedBatch(sequence: [id], position: cache.count)
        let hidden = try model.hidden(batch, caches: [cache], in: workspace)
        actual += try model.logits(hidden, in: workspace).values
      }
    } else {
      actual = try model.logits(try model.hidden(PackedBatch(sequence: ids), in: workspace), in: workspace).values
    }
    try #require(actual.count == expected.count)
    let scale = expected.reduce(0) { max($0, abs($1)) }
    return zip(actual, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}

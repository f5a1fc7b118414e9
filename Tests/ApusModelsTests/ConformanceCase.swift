// One model of the conformance fixtures: what transformers computed with it, and the comparison of it with a model.
// Every difference is a share of the largest expected value.

import ApusCore
import ApusFormats
import ApusTensor
import Foundation
import Testing

@testable import ApusModels

struct ConformanceCase {
  // Looser hides real mistakes.
  static let tolerance: Float = 2e-5

  let name: String
  let folder: String
  let expected: SafetensorsFile

  init(_ folder: String) throws {
    self.folder = folder
    name = (folder as NSString).lastPathComponent
    expected = try SafetensorsFile("\(folder)/expected.safetensors")
  }

  /// The model types and the greatest differences that a comparison found.
  var configurations: [String] {
    ["config.json", "config.legacy.json"].filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }

  func model(_ configuration: String, for purpose: Model.Purpose = .training) throws -> Model {
    let (architecture, specification) = try CheckpointFolder.configuration("\(folder)/\(configuration)")
    return try CheckpointFolder.load(specification, architecture, from: try tensors, for: purpose)
  }

  var tensors: [StoredTensor] {
    get throws { try SafetensorsFolder(folder).files.flatMap(\.storedTensors) }
  }

  // MARK: - Comparisons

  /// The greatest difference of the unpadded sequence's results.
  func difference(_ model: Model, _ workspace: Workspace) throws -> Float {
    var batch = PackedBatch(sequence: try expected.integers("a.input_ids"))
    if expected.tensor("a.token_type_ids") != nil { batch.types = try expected.integers("a.token_type_ids") }
    var worst: Float = 0
    var problems: [Float] = []
    let hidden = try model.hidden(batch, in: workspace) { blocks, values in
      let stage = blocks == 0 ? "a.hidden.embed" : "a.hidden.layer.\(blocks - 1)"
      problems.append((try? difference(values.values, stage)) ?? .infinity)
    }
    for stage in ["a.hidden.last", "a.last_hidden_state"] where expected.tensor(stage) != nil {
      worst = max(worst, try difference(hidden.value.values, stage))
    }
    if expected.tensor("a.logits") != nil {
      worst = max(worst, try difference(try model.logits(hidden, in: workspace).values, "a.logits"))
    }
    return problems.reduce(worst, max)
  }

  /// Compares the rows of a padded batch as one packed batch; `rows` leaves some out.
  func padded(_ side: String, _ model: Model, _ workspace: Workspace, leavingOut: (Int) -> Bool) throws -> Float {
    guard expected.tensor("\(side).input_ids") != nil else { return 0 }
    let rows = try PaddedRows(expected, side)
    let batch = rows.packed
    var worst: Float = 0
    let hidden = try model.hidden(batch, in: workspace)
    let results = try ["logits", "last_hidden_state"].compactMap { kind -> (String, [Float])? in
      guard expected.tensor("\(side).\(kind)") != nil else { return nil }
      return (kind, kind == "logits" ? try model.logits(hidden, in: workspace).values : hidden.value.values)
    }
    for (kind, actual) in results {
      let wanted = try #require(try expected.floats("\(side).\(kind)"))
      worst = max(worst, rows.difference(actual, wanted, leavingOut: leavingOut))
    }
    for (kind, pooling, normalised) in [
      ("mean_pooled", Pooling.mean, false), ("mean_pooled_l2", .mean, true), ("cls", .first, false),
      ("pooler_output", .pooler, false),
    ] where expected.tensor("\(side).\(kind)") != nil {
      let vectors = try model.embeddings(batch, pooling: pooling, normalised: normalised, in: workspace)
      worst = max(worst, try difference(vectors.flatMap { $0 }, "\(side).\(kind)"))
    }
    return worst
  }

  /// Whether greedy continuation through the cache gives transformers' ids; nil where there are none.
  func greedy(_ model: Model, _ workspace: Workspace) throws -> Bool? {
    guard expected.tensor("greedy.prompt_ids") != nil else { return nil }
    var tokens = try expected.integers("greedy.prompt_ids")
    let output = try expected.integers("greedy.output_ids")
    let cache = model.makeCache(declaredLength: output.count)
    while tokens.count < output.count {
      let part = PackedBatch(sequence: Array(tokens[cache.count...]), position: cache.count)
      let hidden = try model.hidden(part, caches: [cache], in: workspace)
      let last = hidden.value.rows - 1
      let logits = try model.logits(hidden, rows: last..<last + 1, in: workspace).values
      tokens.append(Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0))
    }
    return tokens == output
  }

  private func difference(_ actual: [Float], _ name: String) throws -> Float {
    let wanted = try #require(try expected.floats(name))
    try #require(actual.count == wanted.count, "\(name)")
    let scale = wanted.reduce(0) { max($0, abs($1)) }
    return zip(actual, wanted).reduce(0) { max($0, Self.distance($1.0, $1.1)) } / scale
  }

  // NaN is infinitely wrong.
  static func distance(_ a: Float, _ b: Float) -> Float {
    let distance = abs(a - b)
    return distance.isFinite ? distance : .infinity
  }
}

/// A padded batch of the fixtures.
struct PaddedRows {
  let ids: [Int32]
  let mask: [Int32]
  let types: [Int32]
  let length: Int

  init(_ expected: SafetensorsFile, _ side: String) throws {
    ids = try expected.integers("\(side).input_ids")
    mask = try expected.integers("\(side).attention_mask")
    types = expected.tensor("\(side).token_type_ids") == nil ? [] : try expected.integers("\(side).token_type_ids")
    length = try #require(expected.tensor("\(side).input_ids")).shape[1]
  }

  /// The tokens that count, one segment a row.
  var packed: PackedBatch {
    var batch = PackedBatch(tokens: [], segments: [])
    for row in 0..<ids.count / length {
      let places = (row * length..<(row + 1) * length).filter { mask[$0] == 1 }
      batch.segments.append(Segment(start: batch.tokens.count, count: places.count))
      batch.tokens += places.map { ids[$0] }
      if !types.isEmpty { batch.types += places.map { types[$0] } }
    }
    return batch
  }

  /// The greatest difference where the mask counts, as a share of the largest value there.
  func difference(_ actual: [Float], _ wanted: [Float], leavingOut: (Int) -> Bool) -> Float {
    let width = wanted.count / ids.count
    var (worst, scale): (Float, Float) = (0, 0)
    for (index, place) in ids.indices.filter({ mask[$0] == 1 }).enumerated() where !leavingOut(place / length) {
      for feature in 0..<width {
        let value = wanted[place * width + feature]
        scale = max(scale, abs(value))
        worst = max(worst, ConformanceCase.distance(actual[index * width + feature], value))
      }
    }
    return scale > 0 ? worst / scale : 0
  }
}

// Expected results of Hugging Face transformers, wherever they lie in the fixtures: samplers, greedy continuations, and
// cached logits. Cases that need what is not there yet (other processors, other architectures) are counted and named.

import ApusCore
import ApusFormats
import ApusModels
import ApusTestSupport
import Foundation
import Testing

@testable import ApusGeneration

/// Tensors of a fixture.
struct ExpectedTensors {
  let file: SafetensorsFile

  init(_ path: String) throws {
    file = try SafetensorsFile(path)
  }

  func floats(_ name: String) -> [Float]? {
    guard let tensor = file.tensor(name), tensor.type == .float32 else { return nil }
    return file.withBytes(of: tensor) { bytes in
      (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  func ids(_ name: String) -> [Int32]? {
    guard let tensor = file.tensor(name), tensor.type == .int64 else { return nil }
    return file.withBytes(of: tensor) { bytes in
      (0..<tensor.count).map { Int32(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
  }
}

@Suite struct ConformanceTests {
  // MARK: - Samplers

  @Test func samplersGiveTheScoresOfTransformers() throws {
    guard let folder = Fixtures.folder("conformance/decoding", for: "samplers") else { return }
    let cases = try #require(try JSON.read(folder.path + "/cases.json")["cases"]?.array)
    let tensors = try ExpectedTensors(folder.path + "/decoding.safetensors")
    var compared = 0
    for expected in cases {
      guard let chain = Self.chain(expected) else { continue }
      try compare(expected, chain, tensors)
      compared += 1
    }
    print("samplers: \(compared) of \(cases.count) cases compared; the rest use other processors")
    #expect(compared > 0 || cases.isEmpty)
  }

  /// The samplers of a case, as its `order` says; nil where it needs one that is not there.
  private static func chain(_ expected: JSON) -> SamplerChain? {
    let parameters = expected["params"]
    let steps = (expected["order"]?.array ?? []).map { step -> (any Sampler)? in
      switch step.string {
      case "TemperatureLogitsWarper": parameters?["temperature"]?.double.map { Temperature($0) }
      case "TopKLogitsWarper": parameters?["top_k"]?.int.map { TopK($0) }
      case "TopPLogitsWarper": parameters?["top_p"]?.double.map { TopP($0) }
      default: nil
      }
    }
    let known = steps.compactMap { $0 }
    return known.isEmpty || known.count < steps.count ? nil : SamplerChain(known)
  }

  private func compare(_ expected: JSON, _ chain: SamplerChain, _ tensors: ExpectedTensors) throws {
    let id = try #require(expected["id"]?.string)
    let logits = try #require(tensors.floats("logits.\(expected["logits"]?.string ?? "")"), "\(id)")
    let scores = try #require(tensors.floats("out.\(id).scores"), "\(id)")
    var candidates = Candidates(logits)
    chain.apply(to: &candidates)
    if expected["compare"]?.string == "kept_and_multiset" {
      let kept = scores.filter { $0 > -.infinity }.sorted()
      let isEqual = kept.count == candidates.count && zip(kept, candidates.logits.sorted()).allSatisfy(Self.isNear)
      #expect(isEqual, "\(id): kept \(candidates.count), expected \(kept.count)")
    } else {
      let kept = scores.indices.filter { scores[$0] > -.infinity }
      #expect(candidates.ids == kept.map { Int32($0) }, "\(id)")
      #expect(zip(kept.map { scores[$0] }, candidates.logits).allSatisfy(Self.isNear), "\(id)")
    }
  }

  private static func isNear(_ a: Float, _ b: Float) -> Bool { abs(a - b) <= 1e-5 * max(1, abs(a)) }

  // MARK: - Models

  /// The folders of models that can be computed today.
  private static func models(for test: String) -> [(name: String, folder: String, model: Transformer)] {
    guard let root = Fixtures.folder("conformance/models", for: test) else { return [] }
    let names = (try? FileSystem.list(root.path)) ?? []
    return names.compactMap { name in
      let folder = FileSystem.join(root.path, name)
      guard let model = try? Model.load(folder: folder), let transformer = try? Transformer(model) else { return nil }
      return (name, folder, transformer)
    }
  }

  @Test func greedyContinuationsAreThoseOfTransformers() throws {
    var compared: [String] = []
    for (name, folder, model) in Self.models(for: "greedy continuations") {
      let tensors = try ExpectedTensors(folder + "/expected.safetensors")
      guard let prompt = tensors.ids("greedy.prompt_ids"), let output = tensors.ids("greedy.output_ids") else {
        continue
      }
      for cached in [true, false] {
        let options = GenerationOptions(
          sampling: .greedy, maximumTokens: output.count - prompt.count, usesCache: cached, promptChunk: 3)
        let ids = Array(try Generator(model, nil, prompt: prompt, options: options)).map(\.id)
        #expect(prompt + ids == output, "\(name), cached: \(cached)")
      }
      compared.append(name)
    }
    print("greedy continuations: \(compared.count) models compared: \(compared.joined(separator: ", "))")
  }

  @Test func cachedLogitsAreThoseOfOnePass() throws {
    guard let folder = Fixtures.folder("conformance/cache", for: "cached logits") else { return }
    let notes = try JSON.read(folder.path + "/equivalence.json")["models"]
    let tensors = try ExpectedTensors(folder.path + "/equivalence.safetensors")
    var compared: [String] = []
    for (name, _, model) in Self.models(for: "cached logits") {
      guard let note = notes?[name], let ids = tensors.ids("\(name).input_ids"),
        let expected = tensors.floats("\(name).full_logits_last4")
      else { continue }
      let chunks = note["chunks"]?.array?.compactMap(\.int) ?? []
      try compare(name, model, ids, expected, chunks, tolerance: 2e-5 * Float(note["scale"]?.double ?? 1))
      compared.append(name)
    }
    print("cached logits: \(compared.count) models compared: \(compared.joined(separator: ", "))")
  }

  /// Two rows of ids, through the cache one by one and in chunks; the logits of the last four positions.
  private func compare(
    _ name: String, _ model: Transformer, _ ids: [Int32], _ expected: [Float], _ chunks: [Int], tolerance: Float
  ) throws {
    let (length, width) = (ids.count / 2, model.vocabularySize)
    for row in 0..<2 {
      let sequence = Array(ids[row * length..<(row + 1) * length])
      let wanted = expected[row * 4 * width..<(row + 1) * 4 * width]
      let stepwise = try logits(model, sequence, cuts: Array(1...length))
      let last = stepwise.suffix(4).flatMap { $0 }
      #expect(zip(last, wanted).allSatisfy { abs($0 - $1) <= tolerance }, "\(name), row \(row)")
      var cuts: [Int] = []
      for chunk in chunks where (cuts.last ?? 0) + chunk <= length { cuts.append((cuts.last ?? 0) + chunk) }
      for (cut, chunked) in zip(cuts, try logits(model, sequence, cuts: cuts)) {
        #expect(chunked.map(\.bitPattern) == stepwise[cut - 1].map(\.bitPattern), "\(name), \(cut) tokens")
      }
    }
  }

  /// The logits after each cut.
  private func logits(_ model: Transformer, _ ids: [Int32], cuts: [Int]) throws -> [[Float]] {
    let sequence = try model.sequence(cached: true, capacity: ids.count)
    var start = 0
    return try cuts.map { cut in
      try sequence.append(ids[start..<cut])
      start = cut
      var logits = [Float](repeating: 0, count: model.vocabularySize)
      try sequence.logits(into: &logits)
      return logits
    }
  }
}

// The same input gives the same bits: whatever the threads, the micro-batches, the rest of the batch, the cache, or the
// chunks of a prompt.

import ApusModels
import ApusTensor
import Testing

@Suite struct InvarianceTests {
  @Test(arguments: TinyModels.specifications + TinyModels.encoders)
  func threadsChangeNothing(_ specification: Specification) throws {
    let batch = TinyModels.batch(lengths: [90, 3, 40, 96, 70], vocabulary: specification.vocabulary)
    let dropout = DropoutSettings(rate: 0.1, seed: 1, step: 9)
    let results = try [1, 2, 3].map { threads in
      let model = try TinyModels.model(specification)
      let workspace = try TinyModels.workspace(threads: threads)
      let loss = try model.trainingLoss(batch, in: workspace, scale: 0.01, dropout: dropout)
      let optimizer = AdamWState(model.parameters)
      let norm = optimizer.gradientNorm(in: workspace)
      let gradients = model.parameters.map(\.gradient.values)
      optimizer.update(
        AdamWStep(step: 1, learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1), in: workspace)
      return (loss, norm, gradients, model.parameters.map(\.value.values))
    }
    for result in results.dropFirst() {
      #expect(result.0 == results[0].0 && result.1 == results[0].1)
      #expect(result.2 == results[0].2 && result.3 == results[0].3)
    }
  }

  @Test(arguments: TinyModels.specifications + TinyModels.encoders)
  func microBatchesGiveTheWholeGradient(_ specification: Specification) throws {
    let lengths = [30, 5, 64, 17]
    let batch = TinyModels.batch(lengths: lengths, vocabulary: specification.vocabulary)
    let dropout = DropoutSettings(rate: 0.1, seed: 1, step: 9)
    let scale = 1 / Float(batch.validTargets)
    let workspace = try TinyModels.workspace()
    let model = try TinyModels.model(specification)
    let whole = try model.trainingLoss(batch, in: workspace, scale: scale, dropout: dropout)
    let expected = model.parameters.map(\.gradient.values)
    model.zeroGradients()
    var sum = 0.0
    for segment in batch.segments {
      let rows = segment.start..<segment.start + segment.count
      let part = PackedBatch(
        tokens: Array(batch.tokens[rows]), targets: Array(batch.targets[rows]),
        segments: [Segment(start: 0, count: segment.count)], firstToken: segment.start)
      sum += try model.trainingLoss(part, in: workspace, scale: scale, dropout: dropout)
    }
    #expect(abs(sum - whole) < 1e-12 * whole)
    for (parameter, values) in zip(model.parameters, expected) {
      #expect(parameter.gradient.values == values, "\(parameter.name)")
    }
  }

  @Test(arguments: TinyModels.specifications, [false, true])
  func cacheAndChunksChangeNothing(_ specification: Specification, packed: Bool) throws {
    let model = try TinyModels.model(specification)
    let workspace = try TinyModels.workspace()
    let batch = TinyModels.batch(lengths: [96], vocabulary: specification.vocabulary)
    let whole = try model.hidden(PackedBatch(sequence: batch.tokens), in: workspace)
    let expected = try model.logits(whole, in: workspace).values
    if packed { model.packForInference(in: workspace) }
    for chunks in [[96], [1, 63, 1, 1, 30], [65, 31], [Int](repeating: 1, count: 96)] {
      let cache = model.makeCache()
      var logits: [Float] = []
      for chunk in chunks {
        let part = PackedBatch(
          sequence: Array(batch.tokens[cache.count..<cache.count + chunk]), position: cache.count)
        let hidden = try model.hidden(part, caches: [cache], in: workspace)
        logits += try model.logits(hidden, in: workspace).values
      }
      #expect(logits == expected, "chunks \(chunks)")
    }
  }

  // The declared length fixes the rotation, from the first token on.
  @Test func cachesThatKnowTheirLengthRotateAsTheWhole() throws {
    let model = try TinyModels.model(TinyModels.stretching)
    let workspace = try TinyModels.workspace()
    let tokens = TinyModels.batch(lengths: [96], vocabulary: model.specification.vocabulary).tokens
    let expected = try model.hidden(PackedBatch(sequence: tokens), in: workspace).value.values
    func hidden(declaredLength: Int?) throws -> [Float] {
      let cache = model.makeCache(declaredLength: declaredLength)
      var values: [Float] = []
      for chunk in [1, 40, 1, 54] {
        let part = PackedBatch(sequence: Array(tokens[cache.count..<cache.count + chunk]), position: cache.count)
        values += try model.hidden(part, caches: [cache], in: workspace).value.values
      }
      return values
    }
    #expect(try hidden(declaredLength: 96) == expected)
    #expect(try hidden(declaredLength: nil) != expected)
    let half = PackedBatch(sequence: Array(tokens[..<48]), declaredLength: 96)
    #expect(try model.hidden(half, in: workspace).value.values == Array(expected[..<(48 * model.specification.width)]))
  }

  @Test(arguments: TinyModels.specifications + [TinyModels.stretching])
  func othersInTheBatchChangeNothing(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let workspace = try TinyModels.workspace()
    let batch = TinyModels.batch(lengths: [20, 70, 3], vocabulary: specification.vocabulary)
    let together = try model.logits(try model.hidden(batch, in: workspace), in: workspace).values
    let caches = batch.segments.map { _ in model.makeCache() }
    let cached = try model.logits(try model.hidden(batch, caches: caches, in: workspace), in: workspace).values
    #expect(cached == together)
    for segment in batch.segments {
      let tokens = Array(batch.tokens[segment.start..<segment.start + segment.count])
      let alone = try model.logits(try model.hidden(PackedBatch(sequence: tokens), in: workspace), in: workspace).values
      let first = segment.start * specification.vocabulary
      #expect(alone == Array(together[first..<first + alone.count]))
    }
  }

  @Test(arguments: TinyModels.specifications)
  func truncatedCachesContinue(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let workspace = try TinyModels.workspace()
    let tokens = TinyModels.batch(lengths: [90], vocabulary: specification.vocabulary).tokens
    let expected = try model.hidden(PackedBatch(sequence: tokens), in: workspace).value.values
    let cache = model.makeCache()
    _ = try model.hidden(PackedBatch(sequence: tokens.reversed()), caches: [cache], in: workspace)
    cache.truncate(to: 0)
    _ = try model.hidden(PackedBatch(sequence: Array(tokens[..<70])), caches: [cache], in: workspace)
    cache.truncate(to: 66)
    let rest = PackedBatch(sequence: Array(tokens[66...]), position: 66)
    let hidden = try model.hidden(rest, caches: [cache], in: workspace).value.values
    #expect(hidden == Array(expected[(66 * specification.width)...]))
  }

  @Test(arguments: TinyModels.specifications)
  func steadyStepsOwnNoMoreMemory(_ specification: Specification) throws {
    let model = try TinyModels.model(specification)
    let workspace = try TinyModels.workspace()
    var owned: [Int] = []
    for step in 0..<5 {
      let batch = TinyModels.batch(lengths: [60, 60], vocabulary: specification.vocabulary, seed: UInt64(step))
      _ = try model.trainingLoss(batch, in: workspace, scale: 0.01)
      owned.append(workspace.ownedFloats)
    }
    #expect(Set(owned[2...]).count == 1)
  }
}

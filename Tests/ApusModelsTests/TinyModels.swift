// Small models and batches for the tests: one of each shape that the body knows, no tensor of them trivial.

import ApusCore
import ApusModels
import ApusTensor

enum TinyModels {
  /// Both architectures, with the choices inside them varied; nothing in them depends on a sequence's length.
  static let specifications: [Specification] = [
    .gpt2(vocabulary: 37, context: 96, width: 24, layers: 2, heads: 3),
    .gpt2(vocabulary: 37, context: 96, width: 16, layers: 1, heads: 2, activation: .geluErf, biases: false),
    .llama(vocabulary: 41, context: 96, width: 32, layers: 2, heads: 4, keyValueHeads: 2, feedForwardWidth: 40),
    .llama(vocabulary: 41, context: 96, width: 16, layers: 1, heads: 2, feedForwardWidth: 24, tiedOutput: true),
    llama(.yarn(YaRN(factor: 4, originalContext: 24))),
  ]

  /// A rotation that is another one for each length beyond 24 tokens, so that a cache must be told its sequence's.
  static let stretching = llama(.dynamic(factor: 2, originalContext: 24), context: 24)

  private static func llama(_ scaling: RotaryScaling, context: Int = 96) -> Specification {
    var specification = Specification.llama(
      vocabulary: 41, context: context, width: 32, layers: 2, heads: 2, feedForwardWidth: 24)
    specification.positions = .rotary(RotaryEmbedding(rotatedWidth: specification.headWidth, scaling: scaling))
    return specification
  }

  /// Encoders, tied and not.
  static let encoders: [Specification] = [true, false].map { isTied in
    var encoder = Specification.bert(vocabulary: 37, context: 96, width: 24, layers: 2, heads: 3)
    encoder.tiedOutput = isTied
    return encoder
  }

  /// A model whose norms and biases are random too.
  static func model(_ specification: Specification, seed: UInt64 = 7) throws -> Model {
    let model = try Model(specification: specification, seed: seed)
    var generator = Random(state: seed)
    for parameter in model.parameters {
      parameter.value.withMutableValues { values in
        for index in values.indices { values[index] += 0.3 * (Float.random(in: -1...1, using: &generator)) }
      }
    }
    return model
  }

  /// Sequences of the given lengths with random tokens; every fifth target is ignored.
  static func batch(lengths: [Int], vocabulary: Int, seed: UInt64 = 3) -> PackedBatch {
    var generator = Random(state: seed)
    func draw(_ count: Int) -> [Int32] {
      (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &generator) }
    }
    var batch = PackedBatch(sequences: lengths.map(draw), targets: lengths.map(draw))
    for index in stride(from: 2, to: batch.targets.count, by: 5) { batch.targets[index] = -1 }
    return batch
  }

  /// A batch for a model; an encoder's tokens are of two types.
  static func batch(lengths: [Int], for specification: Specification) -> PackedBatch {
    var batch = batch(lengths: lengths, vocabulary: specification.vocabulary)
    if specification.encoder != nil { batch.types = batch.tokens.map { $0 % 3 == 0 ? 1 : 0 } }
    return batch
  }

  static func workspace(threads: Int = 2) throws -> Workspace {
    Workspace(pool: ThreadPool(threads: threads), kernels: try Kernels.select())
  }
}

/// A small generator of its own, so that the tests depend on no other random numbers.
struct Random: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0x9e37_79b9_7f4a_7c15
  }
}

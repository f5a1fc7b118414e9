// What follows from a model's shape alone: parameters, memory, operations. No weight is looked at.

import ApusCore
import ApusFormats
import ApusModels

/// A model's costs in facts, for sequences of so many tokens.
struct CostFacts {
  let specification: Specification
  let census: ParameterCensus
  /// The tokens of a sequence.
  let tokens: Int

  /// The types that weights are weighed in.
  private static let types: [ElementType] = [.float32, .bfloat16, .q8v0, .q4v0]

  /// - Throws: `usage` where the model takes no sequence of that length.
  init(_ specification: Specification, context: Int?) throws(ApusError) {
    tokens = context ?? specification.context
    guard tokens <= specification.longestSequence else {
      throw ApusError(
        .usage, "the context is \(tokens) tokens, and the model takes \(specification.longestSequence)",
        remedy: "give a smaller --context")
    }
    self.specification = specification
    census = ParameterCensus(specification)
  }

  // MARK: - For people

  var parameters: Facts {
    let without = NumberText.short(Double(census.withoutEmbeddings))
    var facts: Facts = [("parameters", "\(NumberText.grouped(census.total)) (\(without) without embeddings)")]
    if let experts = specification.experts {
      let active = "\(NumberText.grouped(census.active)) for a token"
      facts.append(("active", "\(active), which goes to \(experts.perToken) of \(experts.count) experts"))
    }
    return facts
  }

  /// What the weights would take in some types.
  var weights: Facts {
    [("weights", Self.types.map { "\($0.rawValue) \(Quantity.bytes(census.bytes(as: $0)))" }.joined(separator: ", "))]
  }

  var atContext: Facts {
    [("sequence", "\(tokens) tokens")] + cache + [("  training", training), ("  compute", compute)]
  }

  private var cache: Facts {
    guard specification.encoder == nil else { return [] }
    let needed = "\(Quantity.bytes(cacheBytes(.float32))) as F32, \(Quantity.bytes(cacheBytes(.float16))) as F16"
    guard cacheBytes(.float32) < keptBytes else { return [("  cache", needed)] }
    return [("  cache", "\(needed), windows alone"), ("", "(Apus keeps all positions, \(Quantity.bytes(keptBytes)))")]
  }

  private var training: String {
    "at least \(Quantity.bytes(Int(clamping: trainingBytes))), one sequence at a time"
  }

  private var compute: String {
    "\(Quantity.short(trainingFlops / 3)) FLOP for a token, \(Quantity.short(trainingFlops)) in training"
  }

  // MARK: - For programs

  var fields: [(String, JSON)] {
    let weights = Self.types.map { ($0.rawValue, JSON(census.bytes(as: $0))) }
    return [
      ("parameters", JSON(census.total)), ("parameters_active", JSON(census.active)),
      ("parameters_without_embeddings", JSON(census.withoutEmbeddings)),
      ("weight_bytes_as", .fields(weights)),
      ("cache_bytes_per_token", JSON(specification.cachedValues(positions: 1) * 4)),
      ("at_context", .fields(contextFields)),
    ]
  }

  private var contextFields: [(String, JSON)] {
    [
      ("tokens", JSON(tokens)), ("cache_bytes_f32", JSON(cacheBytes(.float32))),
      ("cache_bytes_f16", JSON(cacheBytes(.float16))), ("cache_bytes_kept", JSON(keptBytes)),
      ("training_bytes", JSON(Int(clamping: trainingBytes))), ("flops_per_token", JSON(trainingFlops / 3)),
      ("training_flops_per_token", JSON(trainingFlops)),
    ]
  }

  // MARK: - Figures

  /// What the last of the tokens may see of keys and values.
  private func cacheBytes(_ type: ElementType) -> Int {
    specification.cachedValues(positions: tokens) * type.bytesPerBlock
  }

  /// What Apus holds: float32, whole pages, also what has left a window.
  var keptBytes: Int {
    guard specification.encoder == nil else { return 0 }
    let cached = specification.bytes(for: .inference(tokens: 0, logits: 0, cached: tokens))
    return Int(clamping: cached)
  }

  private var trainingBytes: Double {
    specification.bytes(for: .training(tokens: tokens, stepTokens: tokens))
  }

  private var trainingFlops: Double { specification.trainingFlopsPerToken(context: tokens) }
}

extension Int {
  /// The nearest whole number that fits.
  fileprivate init(clamping value: Double) {
    self = Int(exactly: value.rounded()) ?? (value > 0 ? .max : 0)
  }
}

// A plan for programs. Every number stands beside its unit, in its name or in a field.

import ApusCore
import ApusScaling

extension PlanWords {
  var json: JSON {
    let (request, budget, card) = (plan.request, plan.request.budget, plan.request.law.card)
    return .fields([
      ("kind", .string("plan")), ("law", .string(card.id)), ("law_source", .string(card.source)),
      ("law_edition", .string(card.edition)), ("parameters_count", .string(card.counts.rawValue)),
      ("loss_unit", .string(card.lossUnit)), ("budget", Self.json(budget)),
      ("law_compute_flops", .double(plan.compute)),
      ("parameters", Self.json(plan.parameters)), ("tokens", Self.json(plan.tokens)), ("loss", Self.json(plan.loss)),
      ("parameters_across_laws", .array([.double(plan.acrossLaws.lowerBound), .double(plan.acrossLaws.upperBound)])),
      ("flat_band_parameters", .array([.double(plan.flat.low), .double(plan.flat.high)])),
      ("flat_band_tolerance", .double(plan.flat.tolerance)),
      ("shape", Self.json(plan.shape, context: request.context)), ("shape_tokens", .double(plan.shapeTokens)),
      ("training_flops", .double(plan.trainingFlops)),
      ("training_seconds", plan.seconds.map { .double($0) } ?? .null),
      ("memory_bytes_a_device", plan.memory.map(Self.json) ?? .null),
      ("hyperparameters", .array(plan.hyperparameters.advice.map(Self.json))),
      ("lifetime", plan.lifetime.map(Self.json) ?? .null), ("data", plan.data.map(Self.json) ?? .null),
      ("formula", .array(formulas.dropFirst().map { .string($0) })),
      ("warnings", .array(plan.warnings.map { .string($0) })),
    ])
  }

  static func json(_ budget: Budget) -> JSON {
    .fields([
      ("compute_flops", .double(budget.compute)), ("device", .string(budget.device.name)),
      ("device_flops_per_second", .double(budget.device.rate)),
      ("utilization", .double(budget.device.utilisation)),
      ("devices", budget.devices.map { .int(Int64($0)) } ?? .null), ("device_hours", .double(budget.deviceHours)),
      ("dollars", budget.money.map { .double($0) } ?? .null),
    ])
  }

  static func json(_ estimate: Estimate) -> JSON {
    .fields([
      ("value", .double(estimate.value)),
      ("interval_95", estimate.interval.map { .array([.double($0.lower), .double($0.upper)]) } ?? .null),
    ])
  }

  private static func json(_ shape: TransformerShape, context: Int) -> JSON {
    func count(_ value: Int) -> JSON { .int(Int64(value)) }
    let flops = FlopConvention.allCases.map {
      ($0.rawValue, JSON.double(shape.trainingFlops($0, context: Double(context))))
    }
    return .fields([
      ("layers", count(shape.layers)), ("width", count(shape.width)), ("heads", count(shape.heads)),
      ("head_width", count(shape.headWidth)), ("key_value_heads", count(shape.keyValueHeads)),
      ("feed_forward", count(shape.feedForward)), ("vocabulary", count(shape.vocabulary)),
      ("tied", .bool(shape.isTied)), ("experts", shape.experts.map { count($0.count) } ?? .null),
      ("active_experts", shape.experts.map { count($0.active) } ?? .null), ("context", count(context)),
      ("parameters", count(shape.parameters)), ("active_parameters", count(shape.activeParameters)),
      ("non_embedding_parameters", count(shape.activeNonEmbeddingParameters)),
      ("multiplied_parameters", count(shape.multipliedParameters)), ("training_flops_a_token", .fields(flops)),
      ("cache_bytes_a_token", count(shape.cacheBytes())),
    ])
  }

  private static func json(_ memory: TrainingMemory) -> JSON {
    .fields([
      ("total", .double(memory.total)), ("weights", .double(memory.weights)),
      ("gradients", .double(memory.gradients)), ("optimizer", .double(memory.optimiser)),
      ("activations", .double(memory.activations)), ("logits", .double(memory.logits)),
      ("layout", .string(memory.layout.words)),
    ])
  }

  private static func json(_ advice: HyperparameterAdvice) -> JSON {
    .fields([
      ("law", .string(advice.name)), ("source", .string(advice.source)),
      ("batch_tokens", advice.batchTokens.map { .double($0) } ?? .null),
      ("learning_rate", advice.learningRate.map { .double($0) } ?? .null), ("formula", .string(advice.formula)),
    ])
  }

  private static func json(_ life: LifetimeCost) -> JSON {
    .fields([
      ("lifetime_tokens", .double(life.lifetimeTokens)), ("parameters", .double(life.allocation.parameters)),
      ("tokens", .double(life.allocation.tokens)), ("loss", .double(life.loss)),
      ("training_flops", .double(life.trainingFlops)), ("inference_flops", .double(life.inferenceFlops)),
      ("inference_weight", .double(life.inferenceWeight)), ("saving", .double(life.saving)),
    ])
  }

  private static func json(_ data: DataLimit) -> JSON {
    .fields([
      ("unique_tokens", .double(data.unique)), ("parameters", .double(data.allocation.parameters)),
      ("tokens", .double(data.allocation.tokens)), ("epochs", .double(data.epochs)), ("loss", .double(data.loss)),
      ("loss_unlimited", .double(data.unlimitedLoss)), ("law", .string(LawLibrary.repeated.card.id)),
      ("advice", data.advice.map { .string($0) } ?? .null),
    ])
  }
}

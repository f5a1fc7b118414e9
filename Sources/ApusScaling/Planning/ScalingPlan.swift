// A plan: from a budget and a law to N, D and loss with their intervals, a shape that can be trained, its costs, its
// hyperparameters, and what lifetime use or a limited text change. Numbers in, numbers out.

public import ApusCore

/// What is to be planned.
public struct ScalingPlanRequest: Sendable, Equatable {
  /// What may be spent, and on which machines.
  public var budget: Budget
  /// The law that decides.
  public var law: ParametricLaw
  /// The number of parameters, where it is given and not to be found.
  public var parameters: Double?
  /// Tokens of a row.
  public var context = 4096
  /// The vocabulary; nil: in step with the model.
  public var vocabulary: Int?
  /// Experts of each layer; nil for a dense model.
  public var experts: TransformerShape.Experts?
  /// The tokens that differ; nil: as many as one likes.
  public var uniqueTokens: Double?
  /// Tokens read and written in use; nil: not to be minded.
  public var lifetimeTokens: Double?
  /// What an operation in use costs relative to one in training.
  public var inferenceWeight = 1.0

  /// Makes a request.
  public init(budget: Budget, law: ParametricLaw) {
    self.budget = budget
    self.law = law
  }

  /// N before lifetime use and limited text change it: as given, or the law's best.
  public var size: Double { parameters ?? law.optimum(compute: budget.compute).parameters }
}

/// A value with its 95 % interval, where that is known.
public struct Estimate: Sendable, Equatable {
  /// The value.
  public var value: Double
  /// Its interval.
  public var interval: ConfidenceInterval?
}

/// The plan.
public struct ScalingPlan: Sendable {
  /// What the size that is trained in the end follows from.
  public enum Reason: String, Sendable {
    /// The law and the budget, or the size that was given.
    case budget
    /// Tokens in use.
    case use
    /// Few different tokens.
    case text
  }

  /// What was asked, with as many devices as a deadline takes.
  public var request: ScalingPlanRequest
  /// C = 6 N D, in FLOPs: the budget, or what attention leaves of machines' time.
  public var compute: Double
  /// N.
  public var parameters: Estimate
  /// D.
  public var tokens: Estimate
  /// L.
  public var loss: Estimate
  /// The least and the greatest N that the library's laws give for this budget, as they count it.
  public var acrossLaws: ClosedRange<Double>
  /// The sizes that are nearly as good.
  public var flat: FlatBand
  /// What the size of the shape follows from.
  public var reason: Reason
  /// The shape, nearest to that size.
  public var shape: TransformerShape
  /// What is left of the budget buys this many tokens for that shape.
  public var shapeTokens: Double
  /// Advice on batch and learning rate.
  public var hyperparameters: Hyperparameters
  /// Bytes on each device, in the fastest layout that fits; nil where nothing fits or memory is unknown.
  public var memory: TrainingMemory?
  /// The cheapest over its life, where lifetime tokens are given.
  public var lifetime: LifetimeCost?
  /// The same budget on a limited text, where it is limited.
  public var data: DataLimit?
  /// How far outside its runs the law is asked.
  public var warnings: [String]

  /// Makes the plan.
  ///
  /// - Throws: A size for which there is no shape.
  public init(_ request: ScalingPlanRequest) throws(ApusError) {
    self.request = request
    let law = request.law, compute = try Self.compute(of: request)
    self.compute = compute
    let chosen = Self.allocation(law, request, compute)
    let draws = law.uncertainty?.draws(of: law) ?? []
    func estimate(_ value: (ParametricLaw) -> Double) -> Estimate {
      Estimate(value: value(law), interval: ConfidenceInterval(percentilesOf: draws.map(value)))
    }
    parameters = estimate { Self.allocation($0, request, compute).parameters }
    tokens = estimate { Self.allocation($0, request, compute).tokens }
    loss = estimate { drawn in
      let best = Self.allocation(drawn, request, compute)
      return drawn.loss(parameters: best.parameters, tokens: best.tokens)
    }
    let sizes = LawLibrary.all.filter { $0.card.remark == nil }
      .map { $0.optimum(compute: compute).parameters }
    acrossLaws = (sizes.min() ?? chosen.parameters)...(sizes.max() ?? chosen.parameters)
    flat = FlatBand(law, compute: compute)
    data = request.uniqueTokens.map {
      DataLimit(LawLibrary.repeated, compute: compute, unique: $0, parameters: request.parameters)
    }
    lifetime = request.lifetimeTokens.flatMap {
      LifetimeCost(
        law, loss: law.loss(parameters: chosen.parameters, tokens: chosen.tokens), lifetimeTokens: $0,
        inferenceWeight: request.inferenceWeight)
    }
    let final: Allocation
    (reason, final) = Self.final(chosen, request, data, lifetime)
    shape = try Self.shape(final.parameters, request)
    let context = Double(request.context), isWhole = request.budget.basis == .machines && reason != .use
    shapeTokens = isWhole ? request.budget.compute / shape.trainingFlops(.full, context: context) : final.tokens
    try self.request.budget.meetDeadline(shape.trainingFlops(.full, context: context) * shapeTokens)
    let nats = law.card.unit.nats(loss.value)
    hyperparameters = Hyperparameters(
      nonEmbedding: Double(shape.activeNonEmbeddingParameters), tokens: shapeTokens,
      compute: 6 * final.parameters * final.tokens, loss: nats)
    memory = Self.memory(shape, self.request)
    warnings =
      law.card.fitted.warnings(
        parameters: final.parameters, tokens: final.tokens, compute: 6 * final.parameters * final.tokens)
      + Self.implausible(nats ?? 0, vocabulary: shape.vocabulary) + Self.tooLittleText(reason, request, lifetime)
  }

  /// Operations that the shape takes for its tokens, attention over the whole context counted.
  public var trainingFlops: Double {
    shape.trainingFlops(.full, context: Double(request.context)) * shapeTokens
  }

  /// Seconds of training on all devices; nil where their number is unknown.
  public var seconds: Double? {
    request.budget.devices.map { trainingFlops / request.budget.device.rate / Double($0) }
  }

  private static func allocation(
    _ law: ParametricLaw, _ request: ScalingPlanRequest, _ compute: Double
  ) -> Allocation {
    guard let parameters = request.parameters else { return law.optimum(compute: compute) }
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  private static func shape(_ parameters: Double, _ request: ScalingPlanRequest) throws(ApusError) -> TransformerShape {
    try TransformerShape.nearest(
      to: ShapeRequest(
        parameters: parameters, count: request.law.card.counts, vocabulary: request.vocabulary,
        experts: request.experts, context: Double(request.context)))
  }

  /// 6 N D. Machines' time pays for attention too, of which the shape says how much, and the shape depends on N; a few
  /// rounds settle it.
  private static func compute(of request: ScalingPlanRequest) throws(ApusError) -> Double {
    guard request.budget.basis == .machines else { return request.budget.compute }
    var compute = request.budget.compute
    for _ in 0..<5 {
      let shape = try shape(allocation(request.law, request, compute).parameters, request)
      let counted = 6 * shape.parameters(request.law.card.counts, context: Double(request.context))
      compute = request.budget.compute * counted / shape.trainingFlops(.full, context: Double(request.context))
    }
    return compute
  }

  /// A loss that guessing evenly among all tokens would beat.
  private static func implausible(_ loss: Double, vocabulary: Int) -> [String] {
    let even = Double.log(Double(vocabulary))
    guard loss > even else { return [] }
    return [
      "L = \(NumberText.fixed(loss, 1)) is more than guessing evenly among \(NumberText.grouped(vocabulary)) tokens "
        + "costs (\(NumberText.fixed(even, 1))): so far outside its runs the law gives a balance, not a loss"
    ]
  }

  /// The cheapest for its use is told as if text had no end; where it has one, that must be said.
  private static func tooLittleText(
    _ reason: Reason, _ request: ScalingPlanRequest, _ lifetime: LifetimeCost?
  ) -> [String] {
    guard reason == .use, let unique = request.uniqueTokens, let tokens = lifetime?.allocation.tokens, tokens > unique
    else { return [] }
    return [
      "the cheapest in use reads \(NumberText.short(tokens)) tokens, of which only \(NumberText.short(unique)) differ: "
        + "its loss will be higher than said"
    ]
  }

  /// What is trained in the end: a given size stays; else few different tokens decide first, then use, then the law.
  private static func final(
    _ chosen: Allocation, _ request: ScalingPlanRequest, _ data: DataLimit?, _ lifetime: LifetimeCost?
  ) -> (Reason, Allocation) {
    if request.parameters != nil { return (.budget, chosen) }
    if let data, data.epochs > 1 { return (.text, data.allocation) }
    return lifetime.map { (.use, $0.allocation) } ?? (.budget, chosen)
  }

  private static func memory(_ shape: TransformerShape, _ request: ScalingPlanRequest) -> TrainingMemory? {
    let devices = request.budget.devices ?? 1
    guard let memory = request.budget.device.memory else {
      return TrainingMemory(shape, context: request.context, devices: devices, layout: TrainingLayout())
    }
    return TrainingMemory.fitting(shape, context: request.context, devices: devices, memory: memory)
  }
}

// The steps of training and nothing else: batch, gradient, clipping, update. It knows no file, no log, no checkpoint;
// TrainingRun adds those. A step is a function of the weights, the moments and two integers (step and position), and so
// is everything that follows from it.

public import ApusCore
public import ApusModels
public import ApusTensor

/// Trains a model, one optimiser step at a time.
public final class Trainer {
  /// Where training stands: with weights and moments, all that a checkpoint has to remember.
  public struct Progress: Sendable, Equatable {
    /// Optimiser steps done.
    public var step = 0
    /// Rows consumed.
    public var position = 0
    /// Targets learnt from.
    public var tokens = 0

    /// The beginning.
    public init() {}
  }

  /// The model.
  public let model: Model
  /// The optimiser with its moments.
  public let optimizer: AdamW
  /// What the run was asked to do.
  public let configuration: PretrainConfiguration
  /// Threads and memory.
  public let workspace: Workspace
  /// Where training stands.
  public var progress = Progress()
  /// Multiply-add peak of all threads in FLOP/s, for the share of it; nil: unknown.
  public var peak: Double?

  private let flopsPerToken: Double
  private let objective: Objective
  private var batcher: PackedBatcher
  private let schedule: Schedule
  private var step = StepBatch()
  private var batch = PackedBatch(tokens: [], segments: [])
  /// The step's load-balancing loss, the mean over its micro-batches.
  private var loadBalancing = 0.0

  /// A trainer of `model` on `corpus`, at the beginning. The objective must be the configuration's.
  /// - Throws: `badData` where the corpus and the model do not fit, `usage` where a step does not fit this machine.
  public init(
    _ model: Model, corpus: TokenCorpus, objective: Objective = .causal, configuration: PretrainConfiguration,
    workspace: Workspace
  ) throws(ApusError) {
    guard corpus.identity.vocabularySize <= model.specification.vocabulary else {
      throw ApusError(
        .badData,
        "the text was tokenized with \(corpus.identity.vocabularySize) ids, the model knows "
          + "\(model.specification.vocabulary)",
        remedy: "use the tokenizer that the shards were made with")
    }
    try configuration.requireMemory(for: model.specification)
    self.model = model
    self.configuration = configuration
    self.workspace = workspace
    optimizer = AdamW(model.parameters, configuration.optimizer)
    schedule = configuration.schedule
    flopsPerToken = configuration.flopsPerToken(of: model.specification)
    self.objective = objective
    batcher = try Self.batcher(configuration, corpus, objective)
  }

  /// The rows of `corpus` as the configuration asks for them.
  /// - Throws: `badData` where the corpus holds too little to make a row.
  static func batcher(
    _ configuration: PretrainConfiguration, _ corpus: TokenCorpus, _ objective: Objective
  ) throws(ApusError) -> PackedBatcher {
    let context = objective.textTokens(context: configuration.model.context)
    var options = BatcherOptions(context: context, seed: configuration.runSeed)
    options.order = configuration.data.sampling
    options.cutsDocuments = configuration.data.cutDocuments
    return try PackedBatcher(CorpusStream(corpus, crossesDocuments: configuration.data.crossDocuments), options)
  }

  /// Rows of one pass over the text.
  public var rowsPerEpoch: Int { batcher.rowCount }

  /// Whether all steps are done.
  public var isFinished: Bool { progress.step >= configuration.training.steps }

  /// Makes one step; nil where all are done.
  /// - Throws: what the workspace's `check` throws, which abandons the step, or `badData` where the loss or its
  ///   gradient is not finite: the weights are then those before the step.
  public func next() throws(ApusError) -> StepReport? {
    guard !isFinished else { return nil }
    let start = Clock.seconds()
    let rows = configuration.training.batch
    try batcher.fill(
      &step, positions: progress.position..<progress.position + rows, objective: objective, check: workspace.check)
    let loss = try wholeGradient()
    let middle = Clock.seconds()
    let norm = optimizer.gradientNorm(in: workspace)
    guard loss.isFinite, norm.isFinite else { throw diverged(loss, norm) }
    let rate = schedule.rate(at: progress.step)
    optimizer.update(step: progress.step, rate: rate, norm: norm, in: workspace)
    progress.step += 1
    progress.position += rows
    progress.tokens += step.validTargets
    var report = StepReport(
      step: progress.step, tokens: progress.tokens, loss: loss, learningRate: rate, gradientNorm: norm)
    if model.specification.experts != nil { report.loadBalancing = loadBalancing }
    report.timing = timing(start, middle, Clock.seconds())
    return report
  }

  /// Adds up the gradient of the step's mean loss over its micro-batches, and returns that mean.
  private func accumulateGradient() throws(ApusError) -> Double {
    let scale = 1 / Float(max(1, step.validTargets))
    let rows = configuration.rowsAtOnce
    let dropout = DropoutSettings(
      rate: Float(configuration.model.dropout), seed: configuration.seed(for: .dropout),
      step: UInt32(truncatingIfNeeded: progress.step))
    var sum = 0.0
    loadBalancing = 0
    for first in stride(from: 0, to: step.rowCount, by: rows) {
      step.copy(rows: first..<min(first + rows, step.rowCount), to: &batch)
      let share = Double(batch.tokens.count) / Double(step.tokens.count)
      sum = try model.trainingLoss(
        batch, in: workspace, scale: scale, dropout: dropout, share: Float(share), addingTo: sum)
      loadBalancing += share * workspace.loadBalancingLoss()
    }
    return sum / Double(max(1, step.validTargets))
  }

  /// The same, or where the step is abandoned, none.
  private func wholeGradient() throws(ApusError) -> Double {
    do throws(ApusError) { return try accumulateGradient() } catch {
      model.zeroGradients()
      throw error
    }
  }

  private func diverged(_ loss: Double, _ norm: Double) -> ApusError {
    ApusError(
      .badData, "training diverged: the loss is \(loss) and its gradient's norm \(norm)",
      place: "step \(progress.step + 1)", remedy: "lower the learning rate or the gradient's clipping norm")
  }

  private func timing(_ start: Double, _ middle: Double, _ end: Double) -> StepTiming {
    var timing = StepTiming()
    timing.seconds = end - start
    timing.gradientSeconds = middle - start
    timing.updateSeconds = end - middle
    timing.tokensPerSecond = Double(step.tokens.count) / max(1e-9, end - start)
    timing.shareOfPeak = peak.map { timing.tokensPerSecond * flopsPerToken / $0 }
    timing.memoryBytes = Platform.peakMemory
    return timing
  }
}

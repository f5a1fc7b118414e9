// How fast training is here: whole steps on random tokens, with the time of their parts. Random tokens make the same
// work as real ones. It prints nothing.

public import ApusCore
import ApusModels
public import ApusTensor

/// The outcome of a benchmark.
public struct TrainingMeasurement: Sendable, Equatable {
  /// Seconds of every measured step.
  public var steps: [Double] = []
  /// Of these, forward and backward.
  public var gradients: [Double] = []
  /// And norm, clipping and AdamW.
  public var updates: [Double] = []
  /// Seconds of a forward pass with its loss alone, measured by itself.
  public var forwards: [Double] = []
  /// Where forward and backward passes of the measured steps went, all steps together.
  public var profile = OperationProfile()
  /// Tokens of a step.
  public var tokens = 0
  /// Learned values.
  public var parameters = 0
  /// Floating-point operations of a step.
  public var flops = 0.0
  /// Multiply-add peak of all threads in FLOP/s, measured just before.
  public var peak = 0.0
  /// The most memory that the process had, in bytes.
  public var peakMemory = 0

  /// Nothing measured yet.
  public init() {}
}

/// Measures training steps of a configuration's model.
public struct TrainingBenchmark {
  /// What is trained: model, batch, optimiser. Data and steps are not looked at.
  public var configuration: PretrainConfiguration
  /// Ids of the vocabulary.
  public var vocabulary: Int
  /// Steps that are measured.
  public var steps: Int
  /// Steps before them that are not.
  public var warmup = 2

  /// A benchmark of `steps` steps.
  public init(_ configuration: PretrainConfiguration, vocabulary: Int, steps: Int) {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.steps = steps
  }

  /// Runs it. `progress` is called after every step and may throw to stop.
  public func run(
    in workspace: Workspace, progress: (Int) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) -> TrainingMeasurement {
    var configuration = configuration
    configuration.training.steps = warmup + steps
    configuration.data.sampling = .crops
    configuration.data.crossDocuments = true
    let specification = try configuration.model.specification(vocabulary: vocabulary)
    try configuration.requireMemory(for: specification)
    let model = try Model(specification: specification, seed: 1)
    var measurement = TrainingMeasurement()
    measurement.peak = workspace.measuredPeak()
    let corpus = randomCorpus(tokens: 64 * configuration.model.context + 1)
    let trainer = try Trainer(
      model, corpus: corpus, objective: try objective, configuration: configuration, workspace: workspace)
    if warmup == 0 { workspace.profile = OperationProfile() }
    while let report = try trainer.next() {
      try progress(report.step)
      guard report.step > warmup else {
        workspace.profile = report.step == warmup ? OperationProfile() : nil
        continue
      }
      measurement.steps.append(report.timing.seconds)
      measurement.gradients.append(report.timing.gradientSeconds)
      measurement.updates.append(report.timing.updateSeconds)
    }
    measurement.profile = workspace.profile ?? OperationProfile()
    workspace.profile = nil
    measurement.tokens = configuration.training.batch * configuration.model.context
    measurement.parameters = model.parameterCount
    measurement.flops = configuration.flopsPerToken(of: model.specification) * Double(measurement.tokens)
    measurement.peakMemory = Platform.peakMemory
    measurement.forwards = try forwards(model, corpus, configuration, workspace)
    return measurement
  }

  /// The objective on tokens that stand for no text.
  private var objective: Objective {
    get throws(ApusError) {
      try Objective(configuration) { () throws(ApusError) in MaskedVocabulary(size: vocabulary) }
    }
  }

  /// The forward pass and its loss alone, on a step's tokens.
  private func forwards(
    _ model: Model, _ corpus: TokenCorpus, _ configuration: PretrainConfiguration, _ workspace: Workspace
  ) throws(ApusError) -> [Double] {
    var batcher = try Trainer.batcher(configuration, corpus, try objective)
    var step = StepBatch()
    try batcher.fill(&step, positions: 0..<configuration.training.batch, objective: try objective)
    var batch = PackedBatch(tokens: [], segments: [])
    var seconds: [Double] = []
    for _ in 0..<warmup + min(steps, 5) {
      let start = Clock.seconds()
      let rows = configuration.rowsAtOnce
      for first in stride(from: 0, to: step.rowCount, by: rows) {
        step.copy(rows: first..<min(first + rows, step.rowCount), to: &batch)
        _ = try model.evaluationLoss(batch, in: workspace)
      }
      seconds.append(Clock.seconds() - start)
    }
    return Array(seconds.dropFirst(warmup))
  }

  private func randomCorpus(tokens: Int) -> TokenCorpus {
    var generator = Philox(seed: 1).stream()
    let ids = (0..<tokens).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &generator) }
    return TokenCorpus(ids, documentEnds: [], identity: CorpusIdentity(vocabularySize: vocabulary))
  }
}

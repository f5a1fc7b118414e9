// A pretraining run in a folder: the trainer's steps with everything that must outlive the process. The order of things
// after a step makes it safe to be killed at any instant:
//
//   update → validation → log line → (log synced → checkpoint written, synced, renamed → old ones removed)
//
// A checkpoint records how long the log was; resuming cuts the log back to that. So what follows is the same, bit for
// bit, as if nothing had happened. It prints nothing; it is asked step by step, and told by closures what a sample is.

public import ApusCore
import ApusModels
public import ApusTensor
import ApusTokenizers

/// A run that writes into a folder.
public final class TrainingRun {
  /// What to do where the folder holds a run already.
  public enum Start: Sendable {
    /// Refuse.
    case new
    /// Continue from its latest checkpoint.
    case resume
    /// Replace it, once the new one is known to be possible.
    case overwrite
  }

  /// Where everything lies.
  public let folder: RunFolder
  /// What the run was asked to do.
  public let configuration: PretrainConfiguration
  /// The corpus and its tokenizer.
  public let data: RunData
  /// The steps.
  public let trainer: Trainer
  /// The loss curves so far.
  public private(set) var history: LossHistory
  /// What is odd about the text, and damaged checkpoints that were passed over, in words.
  public let warnings: [String]
  /// The loss that no model can go below on the validation text, in nats per token; drawn into the plot.
  public var floor: Double?

  private let store: CheckpointStore
  private let lock: FileLock
  private let log: RunLog
  private let evaluator: Evaluator
  private var state: CheckpointState
  private var savedStep: Int?

  /// Prepares a run: the folder, its text, the model, and where it stands.
  /// - Parameters:
  ///   - configuration: what to do.
  ///   - path: the folder.
  ///   - start: what to do where the folder holds a run already.
  ///   - hasDraft: whether the caller has put the run's text into `folder.draftData`, by `RunData.prepare`.
  ///   - workspace: threads and memory; they change no bit.
  ///   - progress: called while text is prepared.
  public init(
    _ configuration: PretrainConfiguration, folder path: String, start: Start = .new, hasDraft: Bool = false,
    workspace: Workspace, progress: RunData.Progress = { _, _, _ in }
  ) throws(ApusError) {
    try configuration.validate()
    folder = RunFolder(path)
    self.configuration = configuration
    store = CheckpointStore(folder: folder)
    lock = try Self.open(folder, start)
    if !hasDraft { try store.removeLeftovers() }
    let prepared = try Self.prepare(configuration, in: folder, start, progress: progress)
    try Self.take(folder, start, configuration, prepared)
    data = try RunData(folder: configuration.data.shards ?? folder.data, objective: configuration.objective)
    trainer = try Self.trainer(configuration, data, from: prepared.latest, store, workspace)
    evaluator = Evaluator(
      tokenizer: data.tokenizer, context: configuration.model.context,
      limit: configuration.evaluation.tokens > 0 ? configuration.evaluation.tokens : nil,
      objective: try Objective(configuration, data.tokenizer, for: .validation))
    state = prepared.latest?.state ?? CheckpointState()
    state.fingerprint = configuration.fingerprint
    savedStep = prepared.latest?.state.progress.step
    warnings = prepared.oddities + (prepared.latest?.warnings ?? [])
    log = try RunLog(folder.log, keeping: state.logLength)
    history = try RunLog.history(folder.log)
    try store.prune(keep: configuration.checkpoints.keep, best: state.bestStep, upTo: state.progress.step)
  }

  /// The configuration that the run in `folder` was started with; nil where there is none.
  public static func configuration(of folder: RunFolder) throws(ApusError) -> PretrainConfiguration? {
    guard FileSystem.exists(folder.configuration) else { return nil }
    return try PretrainConfiguration(file: folder.configuration, assignments: [])
  }

  /// Whether all steps are done and the final model is written.
  public var isFinished: Bool { trainer.isFinished && FileSystem.isFolder(folder.final) }

  /// Makes one step and everything that is due after it; nil when all is done.
  ///
  /// The workspace's `check` may throw to stop it anywhere: an abandoned step was never begun, and one whose validation
  /// was abandoned is completed by the next call, after `save` also that of a resumed run.
  /// - Throws: where training diverges, the error names the last good checkpoint.
  public func next() throws(ApusError) -> StepReport? {
    if state.pending == nil { state.pending = try step() }
    guard var report = state.pending else {
      try finish()
      return nil
    }
    if isDue(configuration.evaluation.every) || isDue(configuration.checkpoints.every) {
      report.validation = try validate()
    }
    state.progress = trainer.progress
    state.pending = nil
    try log.append(report)
    history.append(step: report.step, loss: report.loss, validation: report.validation?.loss)
    if report.validation != nil { try draw() }
    if isDue(configuration.checkpoints.every) { try checkpoint(report.validation?.loss) }
    return report
  }

  /// Saves where training stands; for work that is asked to stop.
  public func save() throws(ApusError) {
    if savedStep != trainer.progress.step { try checkpoint(nil) }
  }

  /// The loss on the validation text.
  public func validate() throws(ApusError) -> Evaluation {
    try evaluator.evaluate(
      CorpusStream(data.validation, crossesDocuments: configuration.data.crossDocuments), model: trainer.model,
      in: trainer.workspace)
  }

  /// Draws the loss curves.
  public func draw() throws(ApusError) {
    let title = "Pretraining \(FileSystem.name(of: folder.path))"
    try AtomicFile.write(LossPlot(history, title: title, floor: floor).render(), to: folder.plot)
  }

  private func step() throws(ApusError) -> StepReport? {
    do throws(ApusError) { return try trainer.next() } catch {
      if error.kind == .interrupted { throw error }
      var named = error
      let good =
        savedStep.map { "the last good checkpoint is \(folder.checkpoint($0))" } ?? "there is no checkpoint yet"
      named.remedy = [good, error.remedy].compactMap { $0 }.joined(separator: "; ")
      throw named
    }
  }

  /// Whether something that happens every `interval` steps is due; everything is at the end.
  private func isDue(_ interval: Int) -> Bool {
    trainer.isFinished || (interval > 0 && trainer.progress.step % interval == 0)
  }

  private func checkpoint(_ validationLoss: Double?) throws(ApusError) {
    try log.sync()
    state.progress = trainer.progress
    state.logLength = log.length
    if let validationLoss, validationLoss < state.bestLoss ?? .infinity {
      state.bestLoss = validationLoss
      state.bestStep = state.progress.step
    }
    if savedStep == state.progress.step {
      try store.rewrite(state)
    } else {
      try store.write(state, trainer: trainer, tokenizer: data.tokenizer)
    }
    savedStep = state.progress.step
    try store.prune(keep: configuration.checkpoints.keep, best: state.bestStep, upTo: state.progress.step)
  }

  private func finish() throws(ApusError) {
    guard !FileSystem.isFolder(folder.final) else { return }
    try store.writeFinal(trainer.model, tokenizer: data.tokenizer)
  }
}

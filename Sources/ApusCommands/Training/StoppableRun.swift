// How a run that is asked to stop ends: with everything whole saved, and one sentence on how to go on.

import ApusCore
import ApusTraining

extension TrainingRun {
  /// Does `work`. Where the workspace's `check` stops it, saves what is whole and says so.
  /// - Parameter remedy: how to continue.
  func savingWhenStopped(
    _ progress: ProgressReporter, _ remedy: String, _ work: () throws(ApusError) -> Void
  ) throws(ApusError) {
    do throws(ApusError) { return try work() } catch {
      guard error.kind == .interrupted else { throw error }
    }
    let step = trainer.progress.step
    progress.finish("interrupted after step \(step), saving")
    try save()
    throw ApusError(
      .interrupted, "stopped after step \(step) of \(configuration.training.steps), all of it saved",
      file: folder.path, remedy: remedy)
  }
}

// What a pretraining run says on standard error.

import ApusModels
import ApusTraining

/// Lines about a run.
enum PretrainWords {
  /// What is about to happen.
  static func beginning(_ run: TrainingRun) -> String {
    let (model, configuration) = (run.trainer.model, run.configuration)
    let done = run.trainer.progress.step
    let start = done > 0 ? "continuing after step \(done): " : ""
    let text = Quantity.short(Double(run.data.train.count))
    let epochs = Double(configuration.training.steps * configuration.training.batch) / Double(run.trainer.rowsPerEpoch)
    return "\(start)\(configuration.model.architecture), \(Quantity.short(Double(model.parameterCount))) parameters, "
      + "vocabulary \(model.specification.vocabulary), context \(configuration.model.context); "
      + "\(configuration.training.steps) steps of \(configuration.training.batch) rows, "
      + "\(Quantity.decimals(epochs, 2)) passes over \(text) training tokens"
  }

  /// The end of the progress line.
  static func progress(_ report: StepReport) -> String {
    let share = report.timing.shareOfPeak.map { ", \(Quantity.decimals(100 * $0, 0)) % of peak" } ?? ""
    return
      "loss \(Quantity.decimals(report.loss, 3)), \(Quantity.short(report.timing.tokensPerSecond)) tokens/s\(share)"
  }

  /// A validation.
  static func validation(_ report: StepReport) -> String {
    guard let validation = report.validation else { return "" }
    let bits =
      validation.bitsPerByte.map { ", \(Quantity.decimals($0, 4)) bits/byte" }
      ?? ", \(Quantity.decimals(100 * validation.accuracy, 1)) % right"
    return "step \(report.step): loss \(Quantity.decimals(report.loss, 4)), "
      + "validation \(Quantity.decimals(validation.loss, 4))\(bits)"
  }

  /// A sample, set off from what surrounds it; nothing in it steers a terminal.
  static func sample(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  │ \(String($0).printable)" }
      .joined(separator: "\n")
  }
}

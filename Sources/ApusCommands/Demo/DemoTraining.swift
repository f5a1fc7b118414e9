// The training chapter: steps under a live bar, and now and then a line with the loss on unseen text and a sample, so
// that one sees the text become language. An interrupt saves and says how to go on.

import ApusCore
import ApusTraining

/// Trains a run and tells about it.
struct DemoTraining {
  let run: TrainingRun
  let narrator: Narrator
  let console: Console
  /// What samples begin with.
  let prompt: String
  /// How to continue an interrupted run.
  let resumption: String

  /// Trains to the end.
  func train() throws(ApusError) {
    try narrator.line(narrator.terminal.styled("  step   tokens  bits/byte  a sample", .dim))
    let progress = ProgressReporter(console, "Training", total: run.configuration.training.steps, unit: "steps")
    try run.savingWhenStopped(progress, "continue with \(resumption)") { () throws(ApusError) in
      try show(step: 0, tokens: 0, bits: bitsPerByte(run.validate()))
      while let report = try run.next() {
        progress.update(report.step, note: PretrainWords.progress(report))
        if let validation = report.validation {
          try show(step: report.step, tokens: report.tokens, bits: bitsPerByte(validation))
        }
      }
    }
    progress.finish()
  }

  /// One row: numbers to the right, the sample cut to the line.
  private func show(step: Int, tokens: Int, bits: Double) throws(ApusError) {
    let teller = try Storyteller(run) { console.interruption.isRequested }
    let sample = try teller.line(prompt, tokens: 36, seed: 7)
    let numbers =
      Self.right("\(step)", 6) + Self.right(Quantity.short(Double(tokens)), 9)
      + Self.right(Quantity.decimals(bits, 3), 11)
    let room = max(10, narrator.width - numbers.count - 6)
    try narrator.line(numbers + "  " + sample.printable.prefix(room))
  }

  private func bitsPerByte(_ evaluation: Evaluation) -> Double { evaluation.bitsPerByte ?? .nan }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

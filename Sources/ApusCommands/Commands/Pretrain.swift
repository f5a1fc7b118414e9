// apus pretrain: a run from configuration to finished model, with progress on standard error. All of the work is
// ApusTraining's TrainingRun; here are the options, the words and the samples.

import ApusCore
import ApusModels
import ApusTensor
import ApusTraining
import ArgumentParser

/// `apus pretrain`.
struct Pretrain: Command {
  static let configuration = CommandConfiguration(
    abstract: "Pretrain a language model on text.",
    discussion: """
      The configuration is JSON, as {"preset": "small-gpt", "data": {"text": "book.txt"}, "training": {"steps": 500}}; \
      --set changes single values, as --set data.text=book.txt --set optimizer.learning_rate=3e-4. --list-settings \
      shows all keys with their defaults. Presets: \(Preset.names).

      objective = masked trains an encoder (model.architecture = bert) to predict masked tokens; a tokenizer for it is \
      trained with [PAD] [UNK] [CLS] [SEP] [MASK], or given with tokens for mask, begin and end. Its samples fill \
      masks: ‹guess›, or ‹guess|truth› where that is wrong.

      The run folder holds configuration.json, data/ (tokenizer and shards), log.jsonl (every step), loss.svg, \
      checkpoints/ and, at the end, final/ in Hugging Face layout. An interrupt (SIGINT, SIGTERM) saves and ends with \
      status 130; --resume continues from the latest checkpoint, however the run ended, with the same bits as if it \
      had not.
      """)

  @Argument(
    help: ArgumentHelp("A JSON file; without it, the defaults, or with --resume those of the run.", valueName: "config")
  )
  var config: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue, help: ArgumentHelp("Change a setting.", valueName: "key=value"))
  var assignments: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the run.", valueName: "run"))
  var output: String?

  @Flag(help: "Continue the run in the folder, or begin it where it had not come to a checkpoint.")
  var resume = false

  @Flag(help: "Remove the run that the folder holds.")
  var overwrite = false

  @Flag(help: "Print every setting with its value and meaning, and do nothing.")
  var listSettings = false

  @Option(help: "text or json: what to print at the end.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if resume && overwrite { throw ValidationError("Give either --resume or --overwrite.") }
    if output == nil && !listSettings { throw ValidationError("Missing --output <run>, the folder of the run.") }
  }

  func run(_ console: Console) throws {
    let configuration = try effectiveConfiguration()
    if listSettings { return try list(configuration, console) }
    console.catchInterrupts()
    let run = try begin(configuration, console)
    try train(run, console)
    try report(run, console)
  }

  /// The run's own configuration where it is resumed, else the file's or the defaults; then the assignments.
  private func effectiveConfiguration() throws(ApusError) -> PretrainConfiguration {
    let stored = RunFolder(output ?? "").configuration
    let file = config ?? (resume && FileSystem.exists(stored) ? stored : nil)
    return try PretrainConfiguration(file: file, assignments: assignments)
  }

  private func begin(_ configuration: PretrainConfiguration, _ console: Console) throws(ApusError) -> TrainingRun {
    let workspace = try Workspace.stopped(by: console.interruption)
    var reporter: (name: String, progress: ProgressReporter)?
    let run = try TrainingRun(
      configuration, folder: output ?? "", start: resume ? .resume : overwrite ? .overwrite : .new, workspace: workspace
    ) { (activity, done, total) throws(ApusError) in
      try console.interruption.check()
      if reporter?.name != activity {
        reporter?.progress.finish()
        let label = activity.prefix(1).uppercased() + activity.dropFirst()
        reporter = (
          activity,
          ProgressReporter(console, label, total: total, unit: activity == "learning merges" ? "tokens" : "bytes")
        )
      }
      reporter?.progress.update(done)
    }
    reporter?.progress.finish()
    run.trainer.peak = workspace.measuredPeak()
    for warning in run.warnings { console.note("warning: \(warning)") }
    console.note(PretrainWords.beginning(run))
    return run
  }

  private func train(_ run: TrainingRun, _ console: Console) throws(ApusError) {
    let progress = ProgressReporter(
      console, "Training", total: run.configuration.training.steps, unit: "steps", completed: run.trainer.progress.step)
    try run.savingWhenStopped(progress, "continue with --resume") { () throws(ApusError) in
      while let report = try run.next() {
        progress.update(report.step, note: PretrainWords.progress(report))
        guard report.validation != nil else { continue }
        console.note(PretrainWords.validation(report))
        let sample = try TrainingSample.text(run) { console.interruption.isRequested }
        if let sample { console.note(PretrainWords.sample(sample)) }
      }
    }
    progress.finish()
  }

  private func report(_ run: TrainingRun, _ console: Console) throws(ApusError) {
    let last = run.history.validation.last
    switch format {
    case .json:
      try console.printJSON(
        .fields([
          ("run", .string(run.folder.path)), ("model", .string(run.folder.final)),
          ("steps", .int(Int64(run.trainer.progress.step))), ("tokens", .int(Int64(run.trainer.progress.tokens))),
          ("parameters", .int(Int64(run.trainer.model.parameterCount))),
          ("training_loss", run.history.training.last.map { .double($0.loss) } ?? .null),
          ("validation_loss", last.map { .double($0.loss) } ?? .null),
        ]))
    case .text:
      let loss = last.map { ", validation loss \(Quantity.decimals($0.loss, 4))" } ?? ""
      try console.output.line("model in \(run.folder.final)\(loss)")
    }
  }

  private func list(_ configuration: PretrainConfiguration, _ console: Console) throws(ApusError) {
    var table = TextTable(["setting", "value", "meaning"], left: [0, 1, 2])
    for setting in PretrainConfiguration.settings {
      table.add([setting.key, setting.value(in: configuration).text(), setting.help])
    }
    for line in table.lines { try console.output.line(line) }
  }
}

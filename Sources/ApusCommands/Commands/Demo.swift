// apus demo: the whole life of a small language model in about two minutes, told chapter by chapter. The chapters stand
// in Demo/; here are the options, the folder, and the order of things.

import ApusCore
import ApusTensor
import ApusTraining
import ArgumentParser

/// `apus demo`.
struct Demo: Command {
  static let configuration = CommandConfiguration(
    abstract: "Watch a language model being made: text, tokenizer, plan, pretraining, evaluation, stories.",
    discussion: """
      The text comes from an embedded grammar of children's stories, whose information is known exactly: the best loss \
      that any model can reach is shown beside the loss that this one reached. With --text, the same on a text of \
      yours. The size of the model and the number of tokens are planned for the time given, from the speed of this \
      machine.

      The run folder is one of `apus pretrain`: an interrupt (SIGINT, SIGTERM) ends with status 130; during training \
      it saves first, and `apus pretrain --resume --output RUN` continues.
      """)

  @Option(help: ArgumentHelp("Seconds to plan the training for; the rest takes about 20 more.", valueName: "seconds"))
  var seconds = 100.0

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder of the run (default: runs/demo, or runs/demo-2 and so on where that holds a run).", valueName: "run"))
  var output: String?

  @Option(help: ArgumentHelp("A text to learn from instead of the stories.", valueName: "file"))
  var text: String?

  @Flag(help: "Replace the run that the folder holds, once the new one is planned.")
  var overwrite = false

  @Option(help: "text or json: tell the story, or print one object at the end and tell the story to standard error.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard seconds >= 1, seconds <= 1e6 else {
      throw ValidationError("--seconds is \(seconds); give a number from 1 to 1000000.")
    }
    if overwrite && output == nil { throw ValidationError("--overwrite needs --output <run>, the folder of the run.") }
  }

  func run(_ console: Console) throws {
    console.catchInterrupts()
    let folder = try folder()
    let show = try DemoShow(console, folder: folder, start: overwrite ? .overwrite : .new, isQuiet: format == .json)
    let outcome = try show.play(text: text, seconds: seconds)
    if format == .json { try console.printJSON(outcome.json) }
  }

  /// The folder to work in: the one that was asked for, or the first free one.
  private func folder() throws(ApusError) -> RunFolder {
    guard let output else { return Self.firstFree("runs/demo") }
    let folder = RunFolder(output)
    if !overwrite && folder.holdsRun {
      throw ApusError(
        .usage, "holds a run already", file: output,
        remedy: "choose another folder, replace it with --overwrite, or continue it with apus pretrain --resume")
    }
    try TrainingRun.check(folder, overwrite ? .overwrite : .new)
    return folder
  }

  /// `path`, or the first of `path-2`, `path-3`, … that holds no run: a demo may be seen again.
  static func firstFree(_ path: String) -> RunFolder {
    var folder = RunFolder(path)
    var number = 1
    while folder.holdsRun {
      number += 1
      folder = RunFolder("\(path)-\(number)")
    }
    return folder
  }
}

// The chapters of the demo, in order: text, tokenizer, plan, training, evaluation, stories, what was made. Each says
// what it does in a sentence or two and shows it. The work is done by the rooms below; the words are here.

import ApusCore
import ApusModels
import ApusScaling
import ApusTensor
import ApusTokenizers
import ApusTraining

/// Plays the demo in a folder.
final class DemoShow {
  let console: Console
  let folder: RunFolder
  let workspace: Workspace
  var narrator: Narrator
  let started: Double
  private let start: TrainingRun.Start
  private var liveLine: String?

  /// A show that has not begun.
  init(_ console: Console, folder: RunFolder, start: TrainingRun.Start, isQuiet: Bool) throws(ApusError) {
    self.console = console
    self.folder = folder
    self.start = start
    workspace = try .stopped(by: console.interruption)
    narrator = Narrator(console, isQuiet: isQuiet)
    started = console.clock()
  }

  /// All chapters.
  func play(text file: String?, seconds: Double) throws(ApusError) -> DemoOutcome {
    let (run, text, floorBits) = try planned(file, seconds: seconds)
    try pretrain(run, text)
    let outcome = try evaluate(run, floorBits: floorBits)
    try stories(run, text)
    try ending(run, text, seconds: seconds)
    return outcome
  }

  /// The first three chapters, and the run that comes of them. Until that begins all is made as a draft: an older run
  /// in the folder stays, and who stops here leaves nothing that looks like a run.
  private func planned(
    _ file: String?, seconds: Double
  ) throws(ApusError) -> (TrainingRun, DemoText, floorBits: Double?) {
    do throws(ApusError) {
      try FileSystem.remove(folder.draft)
      let text = try text(file, seconds: seconds)
      let recipe = DemoRecipe(data: text.settings)
      let floorBits = try tell(text)
      let data = try tokenizer(recipe, text)
      var (configuration, peak) = try plan(recipe, data, seconds: seconds)
      if text.isStories { configuration.data.text = [storyFile(in: folder.path)] }
      let run = try TrainingRun(
        configuration, folder: folder.path, start: start, hasDraft: true, workspace: workspace)
      run.trainer.peak = peak
      run.floor = floorBits.map { $0 * Double.log(2) / Double(max(1, data.validation.count)) }
      return (run, text, floorBits)
    } catch {
      try? FileSystem.remove(folder.draft)
      throw error
    }
  }

  private func storyFile(in path: String) -> String { FileSystem.join(path, "stories.txt") }

  /// Throws where the user wants to stop.
  func check() throws(ApusError) { try console.interruption.check() }

  /// Shows what is going on, on a terminal; drawn again only where it says something new.
  private func live(_ line: String?) {
    guard line != liveLine else { return }
    liveLine = line
    console.setLiveLine(line)
  }

  // MARK: - 1 Text

  /// The user's text, or stories enough that no token need be read twice.
  private func text(_ file: String?, seconds: Double) throws(ApusError) -> DemoText {
    if let file { return try DemoText(file: file) }
    try FileSystem.makeFolders(folder.draft)
    defer { live(nil) }
    let count = DemoText.storyCount(seconds: seconds, peak: workspace.measuredPeak())
    return try DemoText(storiesAt: storyFile(in: folder.draft), count: count) { (done) throws(ApusError) in
      try check()
      live("   writing stories: \(NumberText.grouped(done)) of \(NumberText.grouped(count))")
    }
  }

  /// Returns the information in the validation text, where it is known.
  private func tell(_ text: DemoText) throws(ApusError) -> Double? {
    try narrator.raw(narrator.terminal.styled("A language model, from text to generated text.", .bold))
    try narrator.heading("Text")
    for warning in text.corpus.warnings { console.note("warning: \(warning)") }
    let bytes = Quantity.short(Double(text.corpus.totalBytes))
    guard text.isStories else {
      try narrator.say(
        "\(text.path) has \(bytes) bytes. A tenth of it is kept aside: the model never learns from it and is judged by "
          + "it."
      )
      try narrator.quote(text.sample + " …")
      return nil
    }
    try narrator.say(
      "A grammar of \(NumberText.grouped(Stories.ruleCount)) rules writes children's stories without end: \(bytes) "
        + "bytes of them to learn "
        + "from, and \(DemoText.validationStories) that the model never sees, to judge it by. This is one:")
    try narrator.quote(text.sample)
    let bits = try text.validationBits()
    return bits
  }

  // MARK: - 2 Tokenizer

  private func tokenizer(_ recipe: DemoRecipe, _ text: DemoText) throws(ApusError) -> RunData {
    try narrator.heading("Tokenizer")
    defer { live(nil) }
    try FileSystem.makeFolders(folder.draft)
    try RunData.prepare(recipe.beginning, folder: folder.draftData) { (activity, done, total) throws(ApusError) in
      try check()
      live("   \(activity): \(100 * done / max(1, total)) %")
    }
    live(nil)
    let data = try RunData(folder: folder.draftData)
    let perToken = Double(text.corpus.totalBytes) / Double(max(1, data.train.count + data.validation.count))
    try narrator.say(
      "A model reads numbers. Byte-pair encoding begins with the 256 bytes and joins the most frequent neighbours, "
        + "again and again, until it has "
        + "\(NumberText.grouped(data.tokenizer.vocabularySize)) tokens: frequent words become one, rare ones stay in "
        + "parts. A token stands for "
        + "\(Quantity.decimals(perToken, 2)) bytes on average.")
    try narrator.raw(narrator.quoted(boundaries(text.sample, data.tokenizer)))
    return data
  }

  /// The beginning of a text with a mark between its tokens, as one line.
  private func boundaries(_ text: String, _ tokenizer: any Tokenizer) throws(ApusError) -> String {
    let room = narrator.width - 6
    var (line, length) = ("", 0)
    for id in try tokenizer.encode(String(text.prefix(200))) {
      let piece = String(decoding: tokenizer.bytes(of: id) ?? [], as: UTF8.self).printable
      guard length + piece.count + 1 <= room else { break }
      line += piece + narrator.terminal.styled("|", .cyan)
      length += piece.count + 1
    }
    return line
  }

  // MARK: - 3 Plan

  private func plan(
    _ recipe: DemoRecipe, _ data: RunData, seconds: Double
  ) throws(ApusError) -> (PretrainConfiguration, peak: Double) {
    try narrator.heading("Plan")
    defer { live(nil) }
    live("   measuring how fast this machine trains small models")
    let beginning = recipe.beginning
    var options = BatcherOptions(context: beginning.model.context, seed: 1)
    options.cutsDocuments = beginning.data.cutDocuments
    let rows = try PackedBatcher(CorpusStream(data.train), options).rowCount
    let perRow = Double(data.train.count) / Double(max(1, rows))
    let sequence =
      recipe.data.cutDocuments ? Int(perRow) : data.train.count / max(1, data.train.documentCount)
    let calibration = DemoCalibration(
      recipe: recipe, vocabulary: data.tokenizer.vocabularySize, uniqueTokens: Double(data.train.count),
      sequence: max(2, sequence))
    let (plan, peak) = try calibration.plan(seconds: seconds, in: workspace)
    live(nil)
    for reason in plan.reasons { try narrator.say(reason) }
    return (recipe.configuration(plan, tokensPerRow: perRow), peak)
  }

  // MARK: - 4 Training

  private func pretrain(_ run: TrainingRun, _ text: DemoText) throws(ApusError) {
    try narrator.heading("Pretraining")
    let training = run.configuration.training
    let parameters = NumberText.grouped(run.trainer.model.parameterCount)
    let steps = NumberText.grouped(training.steps)
    let tokens = Quantity.short(Double(training.batch) * tokensPerRow(run))
    try narrator.say(
      """
      The model guesses each next token, is told the right one, and every one of its \(parameters) parameters moves a \
      little towards it: \(steps) times, about \(tokens) tokens at a time. Bits per byte are measured on the text kept \
      aside.
      """)
    try DemoTraining(
      run: run, narrator: narrator, console: console, prompt: text.prompt,
      resumption: "\(Invocation.words()) pretrain --resume --output \(Invocation.quoted(folder.path))"
    ).train()
    let losses = run.history.training.map { Double.log($0.loss) }
    try narrator.line("loss " + narrator.terminal.styled(Sparkline.text(losses, width: narrator.width - 9), .green))
  }

  private func tokensPerRow(_ run: TrainingRun) -> Double {
    Double(run.data.train.count) / Double(max(1, run.trainer.rowsPerEpoch))
  }
}

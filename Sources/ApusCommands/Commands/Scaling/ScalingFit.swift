// apus scaling fit: a table of runs in, a law with intervals and its health out, and a file of the law for plans.

import ApusCore
import ApusScaling
import ArgumentParser

/// `apus scaling fit`.
struct ScalingFit: Command {
  /// How the law is found.
  enum Approach: String, ExpressibleByArgument, CaseIterable {
    /// Chinchilla's third: L(N, D) = E + A / N^α + B / D^β.
    case parametric
    /// Chinchilla's second: a parabola for each budget.
    case isoflop
    /// Chinchilla's first: the lower envelope of training curves.
    case envelope
    /// What repeated data are worth.
    case repetition
  }

  /// Where searches begin.
  enum Starts: String, ExpressibleByArgument, CaseIterable {
    case grid, projection, all

    var chosen: FitStarts {
      switch self {
      case .grid: .grid
      case .projection: .projection
      case .all: .all
      }
    }
  }

  /// Which parameters N counts.
  enum Counts: String, ExpressibleByArgument, CaseIterable {
    case all
    case nonEmbedding = "non-embedding"
    case matrices

    var chosen: ParameterCount {
      switch self {
      case .all: .all
      case .nonEmbedding: .nonEmbedding
      case .matrices: .matricesAndHead
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit a scaling law to a table of runs, with intervals, and say whether it can be trusted.",
    discussion: """
      The table is CSV, TSV or JSON lines: a row for each run, with N (parameters), D (tokens) or C (FLOPs), and the \
      loss; any two of N, D and C, the third is C = 6 N D. Headings such as "params (M)" or "tokens_billions" are \
      understood. Rows of one run (column run or name) are its checkpoints, and are drawn together when intervals are \
      made.

      parametric minimises Huber's function of ln L from the paper's 4,500 starts, as Hoffmann et al. 2022 did and \
      Besiroglu et al. 2024 corrected. isoflop needs several sizes for each of several budgets; envelope needs \
      training curves; repetition needs the column unique (different tokens). Documentation/Fitting.md explains what \
      the health means.
      """)

  @Argument(help: ArgumentHelp("The table of runs.", valueName: "table"))
  var table: String

  @Option(help: "parametric, isoflop, envelope or repetition.")
  var approach = Approach.parametric

  @Option(
    help: ArgumentHelp(
      "Which heading is which: N, D, C, loss, unique or run, as in loss=val_loss_c4; may be repeated.",
      valueName: "quantity=heading"))
  var column: [String] = []

  @Option(
    help: ArgumentHelp(
      "Keep the rows that satisfy it, as in 'N<1e9' or 'mode==train'; may be repeated.", valueName: "condition"))
  var `where`: [String] = []

  @Option(help: ArgumentHelp("Leave out so many rows of highest loss.", valueName: "count"))
  var dropHighest = 0

  @Flag(help: "parametric: α = β; fewer constants, steadier far away.")
  var tied = false

  @Option(
    help: ArgumentHelp(
      "parametric, repetition: where Huber's function turns from square to line (default: 0.001).", valueName: "δ"))
  var delta: Double?

  @Option(
    help: ArgumentHelp(
      "parametric: where searches begin: grid (the paper's 4,500), projection (the best 16 by least squares), all "
        + "(default: all).", valueName: "starts"))
  var starts: Starts?

  @Option(
    help: ArgumentHelp(
      "isoflop: keep runs within this factor of their budget's least loss; inf keeps all (default: 1.08).",
      valueName: "factor"))
  var nearBest: Double?

  @Option(help: ArgumentHelp("parametric, envelope: resamples for the intervals (default: 1000).", valueName: "count"))
  var bootstraps: Int?

  @Option(help: ArgumentHelp("parametric, envelope: of the resamples (default: 0).", valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "FLOPs to predict the best size for (default: the next three powers of ten); may be repeated.",
      valueName: "flops"))
  var budget: [Amount] = []

  @Option(
    help: ArgumentHelp(
      "What the table's N counts: all parameters, non-embedding, or matrices (which multiply: with the output, without "
        + "the table of embeddings); plans choose their shape by it.", valueName: "count"))
  var counts = Counts.all

  @Option(help: ArgumentHelp("What the law is called in its file.", valueName: "name"))
  var name = "fitted law"

  @Option(help: ArgumentHelp("Write the law to this file, which 'apus scaling plan --law' reads.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Write a report with plots into this folder.", valueName: "folder"))
  var report: String?

  @Flag(help: "Print the formulas with the numbers in them.")
  var explain = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    for budget in budget { try PlanRange.check(budget, "--budget", PlanRange.flops) }
    guard resamples == 0 || (40...1_000_000).contains(resamples) else {
      throw ValidationError("--bootstraps is \(resamples); give 40 to 1,000,000, or 0 for no intervals.")
    }
    if resamples == 0 && approach == .envelope {
      throw ValidationError(
        "--approach envelope knows its interval from resamples alone; give --bootstraps 40 or more.")
    }
    guard dropHighest >= 0 else { throw ValidationError("--drop-highest is \(dropHighest); give 0 or more.") }
    if let nearBest, !(nearBest > 1) { throw ValidationError("--near-best is \(nearBest); give a factor above 1.") }
    try refuseWithoutEffect()
  }

  /// Flags that the approach would silently not follow.
  private func refuseWithoutEffect() throws {
    let laws: [Approach] = [.parametric, .isoflop, .envelope], drawn: [Approach] = [.parametric, .envelope]
    let flags: [(name: String, isGiven: Bool, approaches: [Approach])] = [
      ("--tied", tied, [.parametric]), ("--starts", starts != nil, [.parametric]),
      ("--delta", delta != nil, [.parametric, .repetition]), ("--near-best", nearBest != nil, [.isoflop]),
      ("--bootstraps", bootstraps != nil, drawn), ("--seed", seed != nil, drawn),
      ("--budget", !budget.isEmpty, laws), ("--output", output != nil, laws),
    ]
    for flag in flags where flag.isGiven && !flag.approaches.contains(approach) {
      let names = flag.approaches.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("\(flag.name) goes with --approach \(names).")
    }
  }

  /// How many resamples are drawn.
  var resamples: Int { bootstraps ?? 1000 }

  func run(_ console: Console) throws {
    let table = try runs()
    let answer =
      switch approach {
      case .parametric: try parametric(table)
      case .isoflop: try isoflop(table)
      case .envelope: try envelope(table)
      case .repetition: try repetition(table)
      }
    switch format {
    case .json: try console.printJSON(answer.json, pretty: true)
    case .text: for line in answer.lines(explained: explain) { try console.output.line(line) }
    }
    if let report { try answer.report.write(to: report, console) }
    if let output, let file = answer.file {
      try file.write(to: output)
      console.note("Law written to \(output)")
    }
  }

  private func runs() throws -> RunTable {
    var reading = RunTable.Reading()
    for text in column {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let kind = RunColumn(named: parts[0]) else {
        throw ApusError(
          .usage, "--column is '\(text)'", remedy: "write quantity=heading, the quantity N, D, C, loss, unique or run")
      }
      reading.columns[kind] = parts[1]
    }
    for text in self.where { reading.conditions.append(try RunCondition(text)) }
    return try RunTable.read(table, reading).droppingHighestLosses(dropHighest)
  }

  /// The budgets to predict for.
  func budgets(_ table: RunTable) -> [Double] {
    if !budget.isEmpty { return budget.map(\.value) }
    let largest = table.runs.map(\.compute).max() ?? 1e18
    let power = Double.log10(largest).rounded(.up)
    return (0..<3).map { Double.pow(10, power + Double($0)) }
  }
}

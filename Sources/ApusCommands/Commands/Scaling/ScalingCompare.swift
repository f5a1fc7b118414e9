// apus scaling compare: one budget, all laws, side by side.

import ApusCore
import ApusScaling
import ArgumentParser

/// `apus scaling compare`.
struct ScalingCompare: Command {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "What each law would train with one budget.",
    discussion: """
      Losses of laws with different units cannot be compared with one another. "beyond" says how many times outside \
      its own runs a law is asked: far outside, believe the trend and not the digits.
      """)

  @Option(help: ArgumentHelp("The budget in FLOPs, such as 5.76e23.", valueName: "flops"))
  var compute: Amount

  @Option(
    help: ArgumentHelp(
      "A law to show (default: all), may be repeated; a file of 'apus scaling fit' is shown beside all.",
      valueName: "id"))
  var law: [String] = []

  @Flag(help: "Print each formula with the numbers in it.")
  var explain = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws { try PlanRange.check(compute, "--compute", PlanRange.flops) }

  func run(_ console: Console) throws {
    var laws: [any ScalingLaw] = []
    for id in law { laws.append(try LawLibrary.named(id)) }
    if law.allSatisfy(LawLibrary.isPath) { laws += LawLibrary.all }
    let rows = laws.map { LawAnswer($0, compute: compute.value) }
    switch format {
    case .json: try console.printJSON(json(rows), pretty: true)
    case .text: for line in lines(rows) { try console.output.line(line) }
    }
  }

  private func lines(_ rows: [LawAnswer]) -> [String] {
    var table = TextTable(["law", "N counts", "N", "D", "D/N", "loss", "beyond"], left: [0, 1])
    for row in rows {
      table.add([
        row.card.id, row.card.counts.rawValue, NumberText.short(row.best.parameters), NumberText.short(row.best.tokens),
        NumberText.short(row.best.ratio), row.loss.map { NumberText.fixed($0, 3) } ?? "–", row.beyond,
      ])
    }
    let head = ["\(FormulaText.compute(compute.value)) FLOPs, spent best by each law", ""]
    let key = [
      "", "N parameters, D tokens; loss in nats per token of the law's own tokenizer and text; beyond: times outside",
      "its fitted runs. Sources, units and ranges: apus scaling laws.",
    ]
    let remarks = rows.compactMap { row in row.card.remark.map { "\(row.card.id): \($0)." } }
    guard explain else { return head + table.lines + key + remarks }
    return head + table.lines + key + remarks
      + rows.flatMap { row in
        ["", "\(row.card.id): \(row.card.name), \(row.card.source) (\(row.card.edition))"]
          + (row.formula + row.warnings.map { "! " + $0 }).map { "  " + $0 }
      }
  }

  private func json(_ rows: [LawAnswer]) -> JSON {
    .fields([("compute_flops", .double(compute.value)), ("laws", .array(rows.map(\.json)))])
  }
}

/// What a law makes of a budget.
struct LawAnswer {
  var card: LawCard
  var best: Allocation
  var loss: Double?
  var extrapolation: Double
  var warnings: [String]
  var formula: [String]

  init(_ law: any ScalingLaw, compute: Double) {
    card = law.card
    best = law.optimum(compute: compute)
    loss = law.optimalLoss(compute: compute)
    extrapolation = card.fitted.extrapolation(parameters: best.parameters, tokens: best.tokens, compute: compute)
    warnings = card.fitted.warnings(parameters: best.parameters, tokens: best.tokens, compute: compute)
    formula = law.explanation(compute: compute)
  }

  /// How far outside the runs, in a cell of a table.
  var beyond: String { extrapolation > 1 ? "×\(NumberText.short(extrapolation))" : "inside" }

  var json: JSON {
    .fields([
      ("law", .string(card.id)), ("name", .string(card.name)), ("source", .string(card.source)),
      ("edition", .string(card.edition)), ("parameters", .double(best.parameters)),
      ("parameters_count", .string(card.counts.rawValue)), ("tokens", .double(best.tokens)),
      ("tokens_per_parameter", .double(best.ratio)), ("loss", loss.map { .double($0) } ?? .null),
      ("loss_unit", .string(card.lossUnit)), ("extrapolation", .double(extrapolation)),
      ("warnings", .array(warnings.map { .string($0) })), ("formula", .array(formula.map { .string($0) })),
    ])
  }
}

// apus scaling laws: the library, and everything there is to know of one law.

import ApusCore
import ApusScaling
import ArgumentParser

/// `apus scaling laws`.
struct ScalingLaws: Command {
  static let configuration = CommandConfiguration(
    commandName: "laws",
    abstract: "The laws that there are: source, which parameters N counts, unit of the loss, fitted range.",
    discussion: """
      Constants are the papers' own; where a paper prints none, or too few digits, the law says how they were had.
      """)

  @Argument(help: ArgumentHelp("Laws to show in full (default: a list of all).", valueName: "id"))
  var ids: [String] = []

  @Flag(help: "Show every law in full, with its formula and an example in numbers.")
  var explain = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func run(_ console: Console) throws {
    var laws = LawLibrary.all
    if !ids.isEmpty {
      laws = []
      for id in ids { laws.append(try LawLibrary.law(id)) }
    }
    switch format {
    case .json: try console.printJSON(.array(laws.map(Self.json)), pretty: true)
    case .text:
      let lines = ids.isEmpty && !explain ? Self.list(laws) : Self.details(laws)
      for line in lines { try console.output.line(line) }
    }
  }

  private static func list(_ laws: [any ScalingLaw]) -> [String] {
    var table = TextTable(["id", "law", "N counts", "source"], left: [0, 1, 2, 3])
    for card in laws.map(\.card) { table.add([card.id, card.name, card.counts.rawValue, card.source]) }
    return table.lines + ["", "apus scaling laws ID shows constants, units, fitted range and caveats."]
  }

  private static func details(_ laws: [any ScalingLaw]) -> [String] {
    let blocks = laws.map { law -> [String] in
      let card = law.card
      var table = TextTable(["", ""], left: [0, 1])
      table.add(["source", card.source])
      table.add(["constants", card.edition])
      table.add(["N counts", card.counts.rawValue])
      table.add(["loss", card.lossUnit])
      for (quantity, range) in Self.ranges(card.fitted) { table.add(["fitted \(quantity)", range]) }
      let example = ["", "at 1e21 FLOPs:"] + law.explanation(compute: 1e21).map { "  " + $0 }
      return ["\(card.id): \(card.name)"] + table.lines.map { "  " + $0 }
        + (card.notes + [card.remark].compactMap(\.self)).map { "  – " + $0 } + example + Self.published(law)
    }
    return Array(blocks.joined(separator: [""]))
  }

  /// The paper's own table beside what the law makes of its budgets.
  private static func published(_ law: any ScalingLaw) -> [String] {
    guard let printed = PublishedTable.of(law.card.id) else { return [] }
    let short = NumberText.short
    var table = TextTable(["FLOPs", "N printed", "N by the law", "", "D printed", "D by the law"])
    for row in printed.rows {
      let best = law.optimum(compute: row.compute)
      table.add([
        FormulaText.compute(row.compute), short(row.parameters), short(best.parameters),
        "\(NumberText.fixed(100 * (best.parameters / row.parameters - 1), 1)) %", short(row.tokens), short(best.tokens),
      ])
    }
    return ["", "  \(printed.place) of the paper:"] + table.lines.map { "    " + $0 }
  }

  private static func ranges(_ fitted: FittedRange) -> [(String, String)] {
    [("N", fitted.parameters, "parameters"), ("D", fitted.tokens, "tokens"), ("C", fitted.compute, "FLOPs")]
      .compactMap { symbol, range, unit in
        range.map { (symbol, "\(NumberText.short($0.lowerBound)) to \(NumberText.short($0.upperBound)) \(unit)") }
      }
  }

  private static func json(_ law: any ScalingLaw) -> JSON {
    let card = law.card
    func pair(_ range: ClosedRange<Double>?) -> JSON {
      range.map { .array([.double($0.lowerBound), .double($0.upperBound)]) } ?? .null
    }
    return .fields([
      ("law", .string(card.id)), ("name", .string(card.name)), ("source", .string(card.source)),
      ("edition", .string(card.edition)), ("parameters_count", .string(card.counts.rawValue)),
      ("loss_unit", .string(card.lossUnit)), ("fitted_parameters", pair(card.fitted.parameters)),
      ("fitted_tokens", pair(card.fitted.tokens)), ("fitted_compute_flops", pair(card.fitted.compute)),
      ("notes", .array(card.notes.map { .string($0) })), ("remark", card.remark.map { .string($0) } ?? .null),
      ("constants", constants(law).map { .fields($0.map { ($0, .double($1)) }) } ?? .null),
      ("formula_at_1e21_flops", .array(law.explanation(compute: 1e21).map { .string($0) })),
    ])
  }

  /// In full precision; nil for laws whose formula has them in it as printed.
  private static func constants(_ law: any ScalingLaw) -> [(String, Double)]? {
    switch law {
    case let law as ParametricLaw:
      [
        ("E", law.irreducible), ("A", law.sizeCoefficient), ("B", law.dataCoefficient), ("alpha", law.sizeExponent),
        ("beta", law.dataExponent),
      ]
    case let law as RepeatedDataLaw:
      (constants(law.base) ?? []) + [("R_D", law.dataRepetitions), ("R_N", law.sizeRepetitions)]
    case let law as FrontierLaw: [("k", law.coefficient), ("a", law.exponent)]
    case let law as RoutedExpertsLaw:
      [
        ("a", law.size), ("b", law.experts), ("c", law.interaction), ("d", law.constant), ("E_start", law.start),
        ("E_max", law.maximum),
      ]
    default: nil
    }
  }
}

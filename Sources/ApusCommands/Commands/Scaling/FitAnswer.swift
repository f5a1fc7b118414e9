// What `apus scaling fit` answers, whatever the approach: constants with intervals, predictions, health, formulas; as
// text for people and as JSON for programs.

import ApusCore
import ApusScaling

/// A fit's answer.
struct FitAnswer {
  /// A constant of the law.
  struct Constant {
    var name: String
    var value: Double
    var error: Double?
    var interval: ConfidenceInterval?
    var profile: ConfidenceInterval?
  }

  /// The best use of a budget.
  struct Prediction {
    var compute: Double
    var size: Double
    var sizes: ConfidenceInterval?
    var tokens: Double
    var tokensRange: ConfidenceInterval?
    var loss: Double?
    var losses: ConfidenceInterval?
  }

  var title: String
  var table: RunTable
  var constants: [Constant] = []
  var predictions: [Prediction] = []
  var findings: [FitHealth.Finding] = []
  /// How the search went, what was left out: sentences.
  var notes: [String] = []
  /// The formulas with the numbers in them.
  var formulas: [String] = []
  /// What programs get besides.
  var extra: [(String, JSON)] = []
  var file: LawFile?
  /// Drawn only when asked for.
  var pictures: () -> [ScalingReport.Picture] = { [] }

  var verdict: FitHealth.Verdict { findings.map(\.weight).max() ?? .sound }

  // MARK: Text

  func lines(explained: Bool) -> [String] {
    let blocks = [summary, explained ? formulas.map { "  " + $0 } : [], constantLines, predictionLines, healthLines]
    return Array(blocks.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  var summary: [String] {
    ["\(title) to \(table.runs.count) rows of \(table.file)"] + (table.notes + notes).map { "  " + $0 }
  }

  var healthLines: [String] {
    let marks: [FitHealth.Verdict: String] = [.illPosed: "✗", .doubtful: "!", .sound: "·"]
    return ["Health: \(verdict.rawValue)"] + findings.map { "  \(marks[$0.weight] ?? "") \($0.text)" }
  }

  var constantLines: [String] {
    let hasErrors = constants.contains { $0.error != nil }, hasProfiles = constants.contains { $0.profile != nil }
    var table = TextTable(
      ["", "best", hasErrors ? "std. error" : "", "95 % interval", hasProfiles ? "by profile" : ""], left: [0])
    for constant in constants {
      table.add([
        constant.name, Self.number(constant.value), constant.error.map(Self.number) ?? "",
        constant.interval.map(Self.range) ?? "", constant.profile.map(Self.range) ?? "",
      ])
    }
    return table.lines
  }

  var predictionLines: [String] {
    if predictions.isEmpty { return [] }
    let hasLosses = predictions.contains { $0.loss != nil }
    var table = TextTable(
      ["best use of", "parameters", "", "tokens", "", "a parameter", hasLosses ? "loss" : "", ""], left: [0, 2, 4, 7])
    for row in predictions {
      table.add([
        "\(NumberText.short(row.compute)) FLOPs", NumberText.short(row.size), Self.bracketed(row.sizes),
        NumberText.short(row.tokens), Self.bracketed(row.tokensRange), NumberText.short(row.tokens / row.size),
        row.loss.map { NumberText.fixed($0, 3) } ?? "",
        row.losses.map { "(\(NumberText.fixed($0.lower, 3)) to \(NumberText.fixed($0.upper, 3)))" } ?? "",
      ])
    }
    return table.lines
  }

  /// A constant in four digits, or as a power of ten.
  static func number(_ value: Double) -> String {
    let size = abs(value)
    guard size.isFinite, size > 0 else { return NumberText.fixed(value, 0) }
    if size < 1e-3 || size >= 1e5 { return NumberText.short(value) }
    return NumberText.fixed(value, max(0, 3 - Int(Double.log10(size).rounded(.down))))
  }

  static func range(_ interval: ConfidenceInterval) -> String {
    switch (interval.lower.isFinite, interval.upper.isFinite) {
    case (true, true): "\(number(interval.lower)) to \(number(interval.upper))"
    case (true, false): "from \(number(interval.lower)) up"
    case (false, true): "up to \(number(interval.upper))"
    case (false, false): "any"
    }
  }

  private static func bracketed(_ interval: ConfidenceInterval?) -> String {
    interval.map { "(\(NumberText.short($0.lower)) to \(NumberText.short($0.upper)))" } ?? ""
  }

  // MARK: JSON

  var json: JSON {
    .fields(
      [
        ("fit", .string(title)), ("table", .string(table.file)), ("rows", .int(Int64(table.runs.count))),
        ("loss_unit", .string(table.lossUnit.rawValue)), ("verdict", .string(verdict.rawValue)),
        ("constants", .array(constants.map(Self.json))), ("predictions", .array(predictions.map(Self.json))),
        (
          "findings",
          .array(findings.map { .fields([("weight", .string($0.weight.rawValue)), ("text", .string($0.text))]) })
        ),
        ("notes", .array((table.notes + notes).map { .string($0) })),
        ("formulas", .array(formulas.map { .string($0) })),
      ] + extra)
  }

  private static func json(_ constant: Constant) -> JSON {
    .fields([
      ("name", .string(constant.name)), ("value", .double(constant.value)),
      ("standard_error", constant.error.map { .double($0) } ?? .null), ("interval_95", json(constant.interval)),
      ("profile_95", json(constant.profile)),
    ])
  }

  private static func json(_ row: Prediction) -> JSON {
    .fields([
      ("compute_flops", .double(row.compute)), ("parameters", .double(row.size)), ("parameters_95", json(row.sizes)),
      ("tokens", .double(row.tokens)), ("tokens_95", json(row.tokensRange)),
      ("loss", row.loss.map { .double($0) } ?? .null), ("loss_95", json(row.losses)),
    ])
  }

  /// A pair; an open end is null.
  private static func json(_ interval: ConfidenceInterval?) -> JSON {
    interval.map { .array([.double($0.lower), .double($0.upper)]) } ?? .null
  }
}

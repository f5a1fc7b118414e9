// Two tokenizers on one text, in figures: a table, JSON, a chart. It encodes nothing.

import ApusCore
import ApusTokenizers

/// What two tokenizers made of the same text.
struct TokenizerComparison {
  private let paths: [String]
  private let totals: [ScriptUse]
  /// The use of each script under each tokenizer, most text first.
  private let scripts: [[ScriptUse]]
  private let text: String

  init(_ measures: [(path: String, measure: ScriptMeasure)], text: String) {
    paths = measures.map(\.path)
    totals = measures.map(\.measure.total)
    self.text = text
    let uses = measures.map { measure in
      Dictionary(measure.measure.scripts.map { ($0.script, $0) }) { first, _ in first }
    }
    let order = measures.first?.measure.scripts.map(\.script) ?? []
    scripts = order.compactMap { script in
      let row = uses.compactMap { $0[script] }
      return row.count == uses.count ? row : nil
    }
  }

  /// Short names that tell the two apart.
  private var names: [String] {
    let names = paths.map { path in
      let file = FileSystem.name(of: path)
      return TokenizerFile.isTokenizer(named: file) ? FileSystem.name(of: FileSystem.parent(of: path)) : file
    }
    return Set(names).count == names.count && !names.contains("") ? names : ["A", "B"]
  }

  // MARK: Table

  var lines: [String] {
    var table = TextTable(
      ["script", "bytes"] + ["tokens", "tokens/byte", "tokens/word"].flatMap { [$0 + " A", "B"] } + ["B/A"], left: [0])
    for row in scripts + [totals] {
      let words = row.map { $0.tokensPerWord.map { NumberText.fixed($0, 2) } ?? "–" }
      table.add(
        [row[0].script, "\(row[0].bytes)"] + row.map { "\($0.tokens)" }
          + row.map { NumberText.fixed($0.tokensPerByte, 3) } + words + [NumberText.fixed(Self.ratio(row), 3)])
    }
    return ["A: \(paths[0])", "B: \(paths[1])", "on \(text)", ""] + table.lines
  }

  /// The tokens of the second for each of the first.
  private static func ratio(_ row: [ScriptUse]) -> Double {
    row[0].tokens == 0 ? .nan : Double(row[1].tokens) / Double(row[0].tokens)
  }

  // MARK: JSON

  var json: JSON {
    func row(_ row: [ScriptUse]) -> JSON {
      let ratio = Self.ratio(row)
      return .fields([
        ("script", .string(row[0].script)), ("first", row[0].json), ("second", row[1].json),
        ("token_ratio", ratio.isFinite ? JSON(ratio) : .null),
      ])
    }
    return .fields([
      ("first", .string(paths[0])), ("second", .string(paths[1])), ("text", .string(text)),
      ("scripts", .array(scripts.map(row))), ("total", row(totals)),
    ])
  }

  // MARK: Chart

  /// A line a script from the first tokenizer to the second.
  var chart: SVGChart {
    var chart = SVGChart(
      title: "What each script costs: \(names.joined(separator: " and "))", subtitle: "\(text); lower is better",
      x: SVGChart.Axis(""), y: SVGChart.Axis("tokens per character", scale: .logarithmic))
    chart.x.names = names
    chart.series = scripts.prefix(Self.mostLines).map { row in
      let points = row.enumerated().map { SVGChart.Point(Double($0), $1.tokensPerCharacter) }
      return SVGChart.Series(row[0].script, points, mark: .linePoints)
    }
    return chart
  }

  /// More lines than these nobody can tell apart.
  private static let mostLines = 20
}

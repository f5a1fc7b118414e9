// Where the quantities of a run stand in a table, in which unit, and what their values can be. It turns a row into a
// run, or into an error that names line and column.

import ApusCore

/// Where the quantities stand in a table, and in which unit.
struct ColumnPlaces {
  private struct Column {
    var place: Int
    var heading: String
    var scale: Double
  }

  private let file: String
  private var columns: [RunColumn: Column] = [:]

  init(_ text: TableText, _ reading: RunTable.Reading) throws(ApusError) {
    file = text.file
    for kind in RunColumn.allCases {
      guard let place = try Self.place(of: kind, text, reading.columns[kind]) else { continue }
      let heading = text.columns[place]
      if let other = columns.first(where: { $0.value.place == place })?.key {
        throw ApusError(
          .usage, "column '\(heading)' cannot be both \(other.rawValue) and \(kind.rawValue)", file: file,
          remedy: "name another with --column")
      }
      guard let scale = RunColumn.scale(heading) else {
        throw ApusError(
          .badData, "the unit in '\(heading)' is unknown", file: file, place: "header",
          remedy: "write (k), (M), (B), (T) or no unit")
      }
      columns[kind] = Column(place: place, heading: heading, scale: kind == .loss || kind == .run ? 1 : scale)
    }
    if columns[.loss] == nil { throw Self.missing("the loss", text, like: "loss", kind: .loss) }
    let known = [RunColumn.parameters, .tokens, .compute].filter { columns[$0] != nil }
    if known.count < 2 {
      let absent = columns[.parameters] == nil ? RunColumn.parameters : .tokens
      let what = absent == .parameters ? "the parameters N" : "the tokens D"
      throw Self.missing(what, text, like: absent.rawValue, kind: absent)
    }
  }

  private static func place(
    of kind: RunColumn, _ text: TableText, _ heading: String?
  ) throws(ApusError) -> Int? {
    if let heading {
      guard let place = try text.place(of: heading) else {
        throw missing("'\(heading)'", text, like: heading, kind: kind)
      }
      return place
    }
    let plain = text.columns.map(RunColumn.plain)
    guard let name = kind.names.first(where: plain.contains) else { return nil }
    let places = plain.indices.filter { plain[$0] == name }
    guard places.count < 2 else {
      let headings = places.map { "'\(text.columns[$0])' (column \($0 + 1))" }.joined(separator: " and ")
      throw ApusError(
        .badData, "\(headings) may both be \(kind.rawValue)", file: text.file, place: "header",
        remedy: "say which it is: --column \(kind.rawValue)=HEADING, or rename one")
    }
    return places[0]
  }

  static func missing(_ what: String, _ text: TableText, like name: String, kind: RunColumn? = nil) -> ApusError {
    let alike = text.columns.first { $0.lowercased().contains(kind?.stem ?? name.lowercased()) }
    let nearest = alike ?? (kind == nil ? Spelling.nearest(to: name, among: text.columns) : nil)
    let list = text.columns.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
    let names = kind.map { $0.names.prefix(4).joined(separator: ", ") } ?? ""
    let option = kind.flatMap { kind in nearest.map { ", or say which it is: --column \(kind.rawValue)=\($0)" } } ?? ""
    return ApusError(
      .badData, "no column for \(what) among \(list)", file: text.file, place: "header",
      remedy: kind == nil ? nearest.map { "did you mean '\($0)'?" } : "name it \(names)\(option)")
  }

  var lossUnit: LossUnit { columns[.loss].map { RunColumn.lossUnit($0.heading) } ?? .natsPerToken }

  var notes: [String] {
    var notes: [String] = []
    for kind in [RunColumn.parameters, .tokens, .compute, .loss, .uniqueTokens] {
      guard let column = columns[kind] else {
        if kind == .uniqueTokens { continue }
        notes.append("\(kind.rawValue) is not in the table and follows from C = 6 N D")
        continue
      }
      let unit =
        kind == .loss ? lossUnit.rawValue : column.scale == 1 ? "" : "units of \(NumberText.short(column.scale))"
      notes.append("\(kind.rawValue) is column '\(column.heading)'" + (unit.isEmpty ? "" : ", in \(unit)"))
    }
    return notes
  }

  /// The run of a row.
  func run(_ row: TableText.Row) throws(ApusError) -> MeasuredRun {
    let loss = try required(.loss, row)
    let (size, data, work) = (try value(.parameters, row), try value(.tokens, row), try value(.compute, row))
    let parameters = size ?? (work ?? 0) / (6 * (data ?? 1))
    let tokens = data ?? (work ?? 0) / (6 * parameters)
    let name = columns[.run].flatMap { row.cells[$0.place] }
    let run = MeasuredRun(
      name: name, parameters: parameters, tokens: tokens, compute: work, loss: loss,
      uniqueTokens: try value(.uniqueTokens, row), line: row.line)
    try check(run)
    return run
  }

  private func required(_ kind: RunColumn, _ row: TableText.Row) throws(ApusError) -> Double {
    guard let value = try value(kind, row) else { throw error(row.line, kind, "there is no value", "give one") }
    return value
  }

  /// The number in a row's cell, nil where the table has no such column.
  private func value(_ kind: RunColumn, _ row: TableText.Row) throws(ApusError) -> Double? {
    guard let column = columns[kind] else { return nil }
    let remedy = "correct the value, or leave the row out"
    guard let text = row.cells[column.place] else { throw error(row.line, kind, "there is no value", remedy) }
    guard let number = RunColumn.number(text) else {
      throw error(row.line, kind, "'\(text.prefix(40))' is no number", remedy)
    }
    if !number.isFinite { throw error(row.line, kind, "the value is \(text), not finite", remedy) }
    if number <= 0 { throw error(row.line, kind, "the value is \(text), not positive", remedy) }
    return number * column.scale
  }

  /// Refuses magnitudes that no run has: values in another unit than the heading says.
  private func check(_ run: MeasuredRun) throws(ApusError) {
    try check(run.line, .parameters, run.parameters, 1e3...1e16, "parameters")
    try check(run.line, .tokens, run.tokens, 1e4...1e18, "tokens")
    if let unique = run.uniqueTokens { try check(run.line, .uniqueTokens, unique, 1e4...1e18, "tokens") }
    if run.loss > 20 {
      throw error(
        run.line, .loss, "a loss of \(run.loss) \(lossUnit.words) is more than guessing costs",
        "give the cross-entropy, not the perplexity")
    }
    let ratio = run.compute / (6 * run.parameters * run.tokens)
    if !(1 / 30...30).contains(ratio) {
      throw error(
        run.line, .compute, "\(run.compute) FLOPs are \(NumberText.short(ratio)) times 6 N D",
        "give all three in the same units, C in FLOPs")
    }
  }

  private func check(
    _ line: Int, _ kind: RunColumn, _ value: Double, _ range: ClosedRange<Double>, _ unit: String
  ) throws(ApusError) {
    guard !range.contains(value) else { return }
    let remedy =
      value < range.lowerBound
      ? "if they are millions or billions, name the column '\(kind.rawValue) (M)' or '\(kind.rawValue) (B)'"
      : "check the unit"
    throw error(line, kind, "\(NumberText.short(value)) \(unit) cannot be", remedy)
  }

  private func error(_ line: Int, _ kind: RunColumn, _ problem: String, _ remedy: String) -> ApusError {
    let column = columns[kind].map { "column '\($0.heading)'" } ?? "\(kind.rawValue) from C = 6 N D"
    return ApusError(.badData, problem, file: file, place: "line \(line), \(column)", remedy: remedy)
  }
}

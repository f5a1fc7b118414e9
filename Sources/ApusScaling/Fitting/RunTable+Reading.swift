// Reading tables of runs: columns by name, units as the headings say, and a typed error that names line and column for
// every value that cannot be.

public import ApusCore

extension RunTable {
  /// How to read a table.
  public struct Reading: Sendable, Equatable {
    /// Headings for what their names do not tell: `[.loss: "loss_c4_val"]`.
    public var columns: [RunColumn: String] = [:]
    /// Conditions that a row must satisfy, all of them; others are not looked at.
    public var conditions: [RunCondition] = []

    /// Reads by the headings' names, every row.
    public init(columns: [RunColumn: String] = [:], conditions: [RunCondition] = []) {
      self.columns = columns
      self.conditions = conditions
    }
  }

  /// Reads a table of runs: CSV, TSV or JSON lines.
  ///
  /// It needs a loss and two of N, D and C (C = 6 N D gives the third).
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - reading: What its headings do not tell.
  /// - Throws: A column that is missing; a value that is missing, no number, not positive, not finite, or in a unit
  ///   that cannot be; a run that stands there twice: with line and column.
  public static func read(_ path: String, _ reading: Reading = Reading()) throws(ApusError) -> RunTable {
    try parse(try FileSystem.readAll(path), file: path, reading)
  }

  /// Reads a table of runs from a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: The file's content.
  ///   - file: What errors call it.
  ///   - reading: What its headings do not tell.
  /// - Throws: As `read`.
  public static func parse(
    _ bytes: [UInt8], file: String, _ reading: Reading = Reading()
  ) throws(ApusError) -> RunTable {
    let text = try TableText(bytes, file: file)
    let columns = try ColumnPlaces(text, reading)
    var table = RunTable([], file: file, lossUnit: columns.lossUnit)
    table.notes = columns.notes
    for row in try selected(text, reading.conditions) {
      table.runs.append(try columns.run(row))
    }
    if table.runs.isEmpty {
      throw table.error("no row satisfies the conditions", remedy: "loosen them")
    }
    try table.refuseDuplicates()
    return table
  }

  private static func selected(
    _ text: TableText, _ conditions: [RunCondition]
  ) throws(ApusError) -> [TableText.Row] {
    var rows = text.rows
    for condition in conditions {
      guard let place = try text.place(of: condition.column) else {
        throw ColumnPlaces.missing("'\(condition.column)', which a condition names", text, like: condition.column)
      }
      rows.removeAll { !condition.holds($0.cells[place]) }
    }
    return rows
  }

  private func refuseDuplicates() throws(ApusError) {
    var lines: [SIMD3<Double>: Int] = [:]
    for run in runs {
      let key = SIMD3(run.parameters, run.tokens, run.loss)
      if let line = lines[key] {
        throw ApusError(
          .badData, "the run repeats line \(line): N, D and loss are the same", file: file, place: "line \(run.line)",
          remedy: "remove one of them; a fit would count the run twice")
      }
      lines[key] = run.line
    }
  }
}

// A table as text: CSV, TSV or JSON lines into named columns of cells, each row with the line it stands on. It knows
// nothing of what the columns mean. CSV is that of RFC 4180: quoted fields may hold separators, quotes and line ends.

import ApusCore

/// Columns by name and rows of cells.
struct TableText {
  /// A row; an absent cell is nil.
  struct Row {
    var line: Int
    var cells: [String?]
  }

  let file: String
  private(set) var columns: [String] = []
  private(set) var rows: [Row] = []

  /// Reads a table; JSON lines are told by the brace that they begin with.
  init(_ bytes: [UInt8], file: String) throws(ApusError) {
    self.file = file
    var bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    if let place = bytes.firstIndex(of: 0) {
      throw ApusError(
        .badData, "a byte 0 at \(place): this is no text in UTF-8", file: file,
        remedy: "save the table as CSV in UTF-8, if it is a table")
    }
    // Lines that end in a carriage return alone, as some spreadsheets write them.
    if !bytes.contains(10) { bytes = bytes.map { $0 == 13 ? 10 : $0 } }
    switch bytes.first(where: { !Self.isSpace($0) }) {
    case nil:
      throw ApusError(.badData, "the table is empty", file: file, remedy: "give a header and a row for each run")
    case UInt8(ascii: "{"): try readLines(bytes)
    case UInt8(ascii: "["):
      throw ApusError(
        .badData, "a JSON array instead of a table", file: file, remedy: "write one object a line, as 'jq -c .[]' does")
    default: try readSeparated(bytes)
    }
    if rows.isEmpty {
      throw ApusError(.badData, "the table has a header and no rows", file: file, remedy: "give a row for each run")
    }
  }

  /// Where the column of a heading stands; nil where there is none.
  ///
  /// - Throws: Several columns of that heading.
  func place(of heading: String) throws(ApusError) -> Int? {
    let places = columns.indices.filter { columns[$0] == heading }
    guard places.count < 2 else {
      throw ApusError(
        .badData, "columns \(places.map { "\($0 + 1)" }.joined(separator: " and ")) are both called '\(heading)'",
        file: file, place: "header", remedy: "rename one of them")
    }
    return places.first
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  // MARK: JSON lines

  private mutating func readLines(_ bytes: [UInt8]) throws(ApusError) {
    var line = 0
    for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      line += 1
      if part.allSatisfy(Self.isSpace) { continue }
      let value: JSON
      do { value = try JSON.parse(Array(part)) } catch {
        throw ApusError(.badData, "not JSON: \(error.problem)", file: file, place: "line \(line)")
      }
      guard let object = value.object else {
        throw ApusError(
          .badData, "\(value.kindName) instead of an object", file: file, place: "line \(line)",
          remedy: "write one object a line")
      }
      var cells = [String?](repeating: nil, count: columns.count)
      for (key, value) in object {
        guard let text = Self.cell(value) else { continue }
        if let place = columns.firstIndex(of: key) {
          cells[place] = text
        } else {
          columns.append(key)
          cells.append(text)
        }
      }
      rows.append(Row(line: line, cells: cells))
    }
    for index in rows.indices {
      rows[index].cells += Array(repeating: nil, count: columns.count - rows[index].cells.count)
    }
  }

  /// A JSON value as a CSV file would hold it; nil for what no cell holds.
  private static func cell(_ value: JSON) -> String? {
    switch value {
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  // MARK: Separated values

  private mutating func readSeparated(_ bytes: [UInt8]) throws(ApusError) {
    let header = bytes.prefix { $0 != 10 }
    let separators: [UInt8] = [UInt8(ascii: ","), 9, UInt8(ascii: ";")]
    let counts = separators.map { separator in header.count { $0 == separator } }
    let separator = counts[1] > counts[0] ? separators[1] : counts[2] > counts[0] ? separators[2] : separators[0]
    var records = try Self.records(bytes, separator: separator, file: file)[...]
    guard let names = records.popFirst() else { return }
    columns = names.cells.map { $0 ?? "" }
    for record in records {
      if record.cells.count != columns.count {
        throw ApusError(
          .badData, "the row has \(record.cells.count) fields, the header \(columns.count)", file: file,
          place: "line \(record.line)", remedy: "write a field for each column, empty where there is no value")
      }
      rows.append(record)
    }
  }

  /// The records of separated values; blank lines are none.
  private static func records(_ bytes: [UInt8], separator: UInt8, file: String) throws(ApusError) -> [Row] {
    var reader = RecordReader(separator: separator)
    for byte in bytes { reader.take(byte) }
    reader.finish()
    if let line = reader.openQuote {
      throw ApusError(.badData, "a quote is not closed", file: file, place: "line \(line)", remedy: "close it")
    }
    return reader.records
  }
}

/// Takes the bytes of separated values one by one.
private struct RecordReader {
  let separator: UInt8
  private(set) var records: [TableText.Row] = []
  /// The line on which a quoted field began that has not ended.
  private(set) var openQuote: Int?

  private var cells: [String?] = []
  private var field: [UInt8] = []
  private var line = 1
  private var firstLine = 1
  private var wasQuoted = false

  init(separator: UInt8) { self.separator = separator }

  mutating func take(_ byte: UInt8) {
    let quote = UInt8(ascii: "\"")
    if byte == 10 { line += 1 }
    if openQuote != nil {
      if byte == quote { openQuote = nil } else { field.append(byte) }
    } else if byte == quote, field.isEmpty || wasQuoted {
      if wasQuoted { field.append(byte) }  // A doubled quote inside quotes stands for one.
      (openQuote, wasQuoted) = (line, true)
    } else if byte == separator {
      endField()
    } else if byte == 10 {
      endRecord()
    } else {
      field.append(byte)
    }
  }

  mutating func finish() { if openQuote == nil { endRecord() } }

  private mutating func endField() {
    var text = field[...]
    if !wasQuoted {
      text = text.drop { $0 == 32 || $0 == 13 }
      while let last = text.last, last == 32 || last == 13 { text.removeLast() }
    } else if text.last == 13 {
      text.removeLast()
    }
    cells.append(text.isEmpty ? nil : String(decoding: text, as: UTF8.self))
    field.removeAll(keepingCapacity: true)
    wasQuoted = false
  }

  private mutating func endRecord() {
    endField()
    if cells.count > 1 || cells[0] != nil { records.append(TableText.Row(line: firstLine, cells: cells)) }
    cells = []
    firstLine = line
  }
}

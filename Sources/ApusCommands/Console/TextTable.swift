// Columns of text, numbers to the right: what commands print for people.

/// A table with a heading.
struct TextTable {
  /// Where a column's text stands.
  enum Alignment {
    case left, right
  }

  private let headings: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// Columns with their headings; those not named in `left` are aligned to the right.
  init(_ headings: [String], left: Set<Int> = []) {
    self.headings = headings
    alignments = headings.indices.map { left.contains($0) ? .left : .right }
  }

  /// Adds a row; missing cells are empty.
  mutating func add(_ cells: [String]) {
    rows.append(headings.indices.map { $0 < cells.count ? cells[$0] : "" })
  }

  /// The lines, without trailing spaces.
  var lines: [String] {
    let all = (headings.allSatisfy(\.isEmpty) ? [] : [headings]) + rows
    let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { Self.pad(row[$0], to: widths[$0], alignments[$0]) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }

  private static func pad(_ text: String, to width: Int, _ alignment: Alignment) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return alignment == .left ? text + space : space + text
  }
}

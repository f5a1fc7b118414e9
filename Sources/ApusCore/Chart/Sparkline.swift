// A curve in one line of text, and a curve in a few lines of braille dots: for terminals. Text in, no colour, no
// terminal.

/// Small curves made of characters.
public enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// One line of at most `width` bars; each bar is the mean of its share of the values, and values that are not finite
  /// are left out.
  public static func text(_ values: [Double], width: Int) -> String {
    let finite = values.filter(\.isFinite)
    let columns = min(max(width, 0), finite.count)
    guard columns > 0 else { return "" }
    let means = (0..<columns).map { column -> Double in
      let share = finite[(column * finite.count / columns)..<((column + 1) * finite.count / columns)]
      return share.reduce(0, +) / Double(share.count)
    }
    let (low, high) = (means.min() ?? 0, means.max() ?? 0)
    guard high > low, (high - low).isFinite else { return String(repeating: bars[3], count: columns) }
    return String(means.map { bars[min(7, Int(($0 - low) / (high - low) * 8))] })
  }

  /// A curve of `rows` lines of braille characters, two dots a column and four a row; `range` is the value span shown.
  public static func braille(_ values: [Double], width: Int, rows: Int, range: ClosedRange<Double>) -> [String] {
    let (columns, lines) = (max(1, width), max(1, rows))
    let span = range.upperBound - range.lowerBound
    var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: columns), count: lines)
    let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    let dots = columns * 2
    var previous: Int?
    for dot in 0..<dots where !values.isEmpty && span > 0 && span.isFinite {
      let value = values[min(values.count - 1, dot * values.count / dots)]
      guard value.isFinite else {
        previous = nil
        continue
      }
      let share = min(max((value - range.lowerBound) / span, 0), 1)
      let height = Int(((1 - share) * Double(lines * 4 - 1)).rounded())
      for y in min(previous ?? height, height)...max(previous ?? height, height) {
        cells[y / 4][dot / 2] |= bits[dot % 2][y % 4]
      }
      previous = height
    }
    return cells.map { row in
      String(String.UnicodeScalarView(row.compactMap { Unicode.Scalar(0x2800 + $0) }))
    }
  }
}

// A weight in the panels that the product kernel reads: the only copy of a float32 weight that a model generates with,
// so rows can be read out of it too, for embeddings tied to the output.

/// A matrix `[rows, columns]` laid out for products by its transpose.
public struct PackedMatrix: Sendable {
  /// Rows of the matrix.
  let rows: Int
  /// Columns of the matrix.
  let columns: Int
  /// Rows that lie side by side: those of one panel.
  let panel: Int
  // Panel after panel, in each column after column, `panel` rows each; zeros beyond the last row.
  let panels: Tensor

  /// Room for a matrix; the caller fills the panels.
  init(rows: Int, columns: Int, panel: Int) {
    self.rows = rows
    self.columns = columns
    self.panel = panel
    let count = (rows + panel - 1) / panel * panel * columns
    panels = Tensor(storage: TensorStorage(count: count), offset: 0, rows: 1, columns: count)
  }

  var panelCount: Int { (rows + panel - 1) / panel }

  /// The panel from column `column` on.
  func pointer(panel index: Int, column: Int = 0) -> UnsafeMutablePointer<Float> {
    panels.pointer + (index * columns + column) * panel
  }

  /// Writes a part of one row.
  func unpack(row: Int, columns part: Range<Int>, to target: UnsafeMutablePointer<Float>) {
    let source = pointer(panel: row / panel, column: part.lowerBound) + row % panel
    for index in 0..<part.count { target[index] = source[index * panel] }
  }
}

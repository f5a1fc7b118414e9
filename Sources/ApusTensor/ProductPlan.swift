// How a product is cut into tasks for threads, by an estimate of what each costs. No cut shows in the bits. That the
// kernel may bring rows together which it could read in place is not estimated: it does so where that pays.

/// How a product is cut: the grid of rows by panels with the least estimated time, packing included. A cut of the rows
/// repeats the packing of the second factor, a cut of the panels that of a strided first factor.
struct ProductPlan {
  let rowCuts: Int
  let panelCuts: Int
  private let m, rowTiles, tileRows, panels: Int

  var tasks: Int { rowCuts * panelCuts }

  // In cycles of the kernel's inner loop: one row of one panel a cycle; packing one row of a panel, unpacking it from a
  // stored type before that, or packing one value of the first factor; starting a task. Measured on Zen 3 with AVX2.
  private static let packPanel = 12.0
  private static let unpackPanel = 8.0
  private static let packValue = 2.0
  private static let start = 2000.0
  /// Below about ten microseconds a second thread costs more than it brings.
  private static let worthSharing = 30_000.0

  /// What has to be done to the second factor before the kernel reads it.
  enum Preparation {
    case none, packing, unpacking
  }

  init(
    m: Int, n: Int, k: Int, stridedA: Bool, panel: Int, tileRows: Int, preparation: Preparation, threads: Int
  ) {
    self.m = m
    self.tileRows = tileRows
    rowTiles = (m + tileRows - 1) / tileRows
    panels = (n + panel - 1) / panel
    let packB: Double
    switch preparation {
    case .none: packB = 0
    case .packing: packB = Self.packPanel
    case .unpacking: packB = Self.packPanel + Self.unpackPanel
    }
    let packA = stridedA ? Self.packValue : 0
    func cost(_ rows: Int, _ panels: Int) -> Double {
      let (rows, panels) = (Double(rows), Double(panels))
      return Double(k) * (rows * panels + panels * packB + rows * packA) + Self.start
    }
    var best = (time: Double.infinity, rows: 1, panels: 1)
    let most = cost(m, panels) < Self.worthSharing ? 1 : 4 * threads
    for rowCuts in 1...min(rowTiles, most) {
      for panelCuts in 1...min(panels, most / rowCuts) {
        let task = cost((rowTiles + rowCuts - 1) / rowCuts * tileRows, (panels + panelCuts - 1) / panelCuts)
        let rounds = (rowCuts * panelCuts + threads - 1) / threads
        // Something for the wait at the end: smaller tasks even out what the machine's other users take.
        let time = Double(rounds) * task + task / 4
        if time < best.time { best = (time, rowCuts, panelCuts) }
      }
    }
    (rowCuts, panelCuts) = (best.rows, best.panels)
  }

  /// The outputs of one task.
  func task(_ index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
    let (row, panel) = (index / panelCuts, index % panelCuts)
    let rows = rowTiles * row / rowCuts * tileRows..<min(m, rowTiles * (row + 1) / rowCuts * tileRows)
    return (rows, panels * panel / panelCuts..<panels * (panel + 1) / panelCuts)
  }
}

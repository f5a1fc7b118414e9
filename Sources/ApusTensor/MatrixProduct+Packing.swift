// The second factor of a product, from whatever form it has into the panels that the kernel reads. A stored weight is
// unpacked here, the rows of one panel at a time and only as many steps as are packed at once: the generic kernel for
// every storage type, with float32 activations, and the slow twin of all others.

import ApusCore
import CApusKernels

extension MatrixProduct {
  /// Where the second factor comes from.
  enum SecondFactor {
    /// Panels: the kernel reads them in place.
    case panels
    case floats(Floats)
    /// The transpose of a stored matrix.
    case stored(StoredMatrix)

    var preparation: ProductPlan.Preparation {
      switch self {
      case .panels: .none
      case .floats: .packing
      case .stored: .unpacking
      }
    }
  }

  /// Element (k, n) at base[k * self.k + n * self.n].
  struct Floats {
    let base: UnsafePointer<Float>
    let k, n: Int

    init(_ tensor: Tensor, k: Int, n: Int) {
      base = UnsafePointer(tensor.pointer)
      self.k = k
      self.n = n
    }
  }

  /// Packs some steps of some columns, which begin a panel, into `panels`.
  func pack(
    _ b: SecondFactor, steps: Range<Int>, columns: Range<Int>, into panels: UnsafeMutablePointer<Float>,
    unpacking scratch: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    let panel = table.pointee.panel
    switch b {
    case .panels: break
    case .floats(let b):
      table.pointee.pack(
        b.base + steps.lowerBound * b.k + columns.lowerBound * b.n, b.k, b.n, steps.count, columns.count, 0,
        (columns.count + panel - 1) / panel, panels)
    case .stored(let matrix):
      var target = panels
      for first in stride(from: columns.lowerBound, to: columns.upperBound, by: panel) {
        let rows = first..<min(first + panel, columns.upperBound)
        if let floats = matrix.floats(rows) {
          table.pointee.pack(floats + steps.lowerBound, 1, matrix.columns, steps.count, rows.count, 0, 1, target)
        } else {
          matrix.unpack(rows, columns: steps, to: scratch, kernels)
          table.pointee.pack(scratch, 1, steps.count, steps.count, rows.count, 0, 1, target)
        }
        target += panel * steps.count
      }
    }
  }

  // MARK: - Whole weights

  // Bytes of a stored matrix that are packed before their memory is let go.
  private static let batch = 4 << 20

  /// `w` for `multiply(_:byTransposeOf:)`, in memory of its own.
  func packTransposed(_ w: Tensor) -> PackedMatrix {
    let packed = PackedMatrix(rows: w.rows, columns: w.columns, panel: kernels.table.pointee.panel)
    packPanels(0..<packed.panelCount, of: packed, from: .floats(Floats(w, k: 1, n: w.columns)))
    return packed
  }

  /// `matrix` for `multiply(_:byTransposeOf:)`, in memory of its own; that of the rows that are done is let go.
  func packTransposed(_ matrix: StoredMatrix) -> PackedMatrix {
    let packed = PackedMatrix(rows: matrix.rows, columns: matrix.columns, panel: kernels.table.pointee.panel)
    let bytesPerPanel = max(1, matrix.byteCount / max(1, packed.panelCount))
    let panelsAtOnce = max(pool.threads, Self.batch / bytesPerPanel)
    for first in stride(from: 0, to: packed.panelCount, by: panelsAtOnce) {
      let panels = first..<min(first + panelsAtOnce, packed.panelCount)
      packPanels(panels, of: packed, from: .stored(matrix))
      matrix.release(panels.lowerBound * packed.panel..<min(matrix.rows, panels.upperBound * packed.panel))
    }
    matrix.release(0..<matrix.rows)
    return packed
  }

  // Each panel a part of the steps at a time, as far as the scratch reaches.
  private func packPanels(_ panels: Range<Int>, of packed: PackedMatrix, from source: SecondFactor) {
    pool.run(panels.count, chunk: max(1, panels.count / (8 * pool.threads))) { range, worker in
      for index in range {
        let panel = panels.lowerBound + index
        let rows = panel * packed.panel..<min(packed.rows, (panel + 1) * packed.panel)
        for step in stride(from: 0, to: packed.columns, by: Self.steps) {
          self.pack(
            source, steps: step..<min(packed.columns, step + Self.steps), columns: rows,
            into: packed.pointer(panel: panel, column: step), unpacking: self.scratch(of: worker))
        }
      }
    }
  }
}

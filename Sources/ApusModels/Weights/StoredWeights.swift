// The matrices of a model that only generates: 16-bit and quantised weights stay in the file's memory, float32 ones
// that activations are multiplied by are laid out for products, weight by weight, and their pages let go. Nothing is
// held twice.

import ApusCore
import ApusTensor

struct StoredWeights {
  private let multiplied: Set<ObjectIdentifier>
  private let workspace: Workspace

  /// Loads for products with `multiplied`.
  init(multiplied: [Parameter], in workspace: Workspace) {
    self.multiplied = Set(multiplied.map(ObjectIdentifier.init))
    self.workspace = workspace
  }

  /// Gives each parameter its form, from the tensors that it consists of.
  func load(_ matrices: [(parameter: Parameter, parts: [WeightLoader.Found])]) {
    for (parameter, parts) in matrices {
      guard let stored = Self.matrix(parameter, parts) else {
        packExpanded(parameter, parts)
        continue
      }
      if stored.isCompact || !multiplied.contains(ObjectIdentifier(parameter)) {
        parameter.keep(stored)
      } else {
        parameter.pack(stored, in: workspace)
      }
    }
  }

  // Where each of the parameter's rows is: an entry, and a row of its part of the file.
  private struct Place {
    var part = -1
    var row = 0
  }

  // The parameter as rows of its files; nil where a file has columns before rows.
  private static func matrix(_ parameter: Parameter, _ parts: [WeightLoader.Found]) -> StoredMatrix? {
    if parts.contains(where: \.entry.isTransposed) { return nil }
    var places = [Place](repeating: Place(), count: parameter.rows)
    for (part, found) in parts.enumerated() {
      for row in 0..<found.entry.rows.count { places[found.entry.rows[row]] = Place(part: part, row: row) }
    }
    var pieces: [StoredMatrix.Piece] = []
    var first = 0
    while first < places.count {
      let part = places[first].part
      let end = places[first...].firstIndex { $0.part != part } ?? places.count
      precondition(part >= 0, "no tensor has row \(first) of \(parameter.name)")
      pieces.append(piece(parts[part], places[first..<end].map(\.row)))
      first = end
    }
    return StoredMatrix(columns: parameter.columns, pieces)
  }

  private static func piece(_ found: WeightLoader.Found, _ rows: [Int]) -> StoredMatrix.Piece {
    let isInOrder = rows.indices.allSatisfy { rows[$0] == rows[0] + $0 }
    let place = isInOrder ? rows[0]..<rows[0] + rows.count : 0..<found.entry.rows.count
    return StoredMatrix.Piece(
      found.numbers, found.bytes(place), rows: rows.count,
      order: isInOrder ? nil : rows.map { Int32(truncatingIfNeeded: $0) }, owner: found.tensor.owner)
  }

  // By way of a float32 master that lives as long as it is packed.
  private func packExpanded(_ parameter: Parameter, _ parts: [WeightLoader.Found]) {
    let master = Tensor(rows: parameter.rows, columns: parameter.columns)
    for part in parts {
      part.values(workspace.kernels).withUnsafeBufferPointer { part.entry.setValues($0, in: master) }
      part.tensor.owner.release(part.tensor.bytes)
    }
    parameter.pack(master, in: workspace)
  }
}

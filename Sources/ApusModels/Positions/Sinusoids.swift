// The fixed position vectors of Vaswani et al. (2017), section 3.5: sines in even features, cosines in odd ones, of
// frequencies that fall geometrically from 1 to 1/10,000.

import ApusCore
import ApusTensor

/// The table of sinusoidal positions.
enum Sinusoids {
  /// The vectors of a specification's positions, `[context, D]`.
  static func table(_ specification: Specification) -> Tensor {
    let (positions, width) = (specification.context, specification.width)
    let table = Tensor(rows: positions, columns: width)
    let frequencies = (0..<width).map { Double.pow(10_000, -Double($0 / 2 * 2) / Double(width)) }
    table.withMutableValues { values in
      for position in 0..<positions {
        for feature in 0..<width {
          let angle = Double(position) * frequencies[feature]
          values[position * width + feature] = Float(feature % 2 == 0 ? Double.sin(angle) : Double.cos(angle))
        }
      }
    }
    return table
  }
}

// Cosines and sines of rotary position embeddings (Su et al. 2021), grown to the longest position asked for.
// Frequencies and angles are rounded to float32 as PyTorch rounds them, so that long positions agree with it.

import Foundation
import Synchronization

/// The rotations of positions 0, 1, 2, ... for one set of frequencies.
public final class RotaryTable: Sendable {
  /// Values of cosine and sine, `[positions, frequencies]`.
  struct Rotations: Sendable {
    let cosine: Tensor
    let sine: Tensor
  }

  private let inverseFrequencies: [Float]
  private let rotations: Mutex<Rotations>

  /// The table of the given radians per position, one for each rotated pair of features.
  public init(inverseFrequencies: [Float]) {
    self.inverseFrequencies = inverseFrequencies
    rotations = Mutex(Self.rotations(inverseFrequencies, positions: 64))
  }

  /// The plain frequencies `base^(−2i / rotatedWidth)`.
  public convenience init(base: Double, rotatedWidth: Int) {
    self.init(
      inverseFrequencies: (0..<rotatedWidth / 2).map { Float(pow(base, -2 * Double($0) / Double(rotatedWidth))) })
  }

  /// The number of features that rotate in each head.
  public var rotatedWidth: Int { 2 * inverseFrequencies.count }

  // The rotations of at least `positions` positions.
  func rotations(positions: Int) -> Rotations {
    rotations.withLock { known in
      if known.cosine.rows < positions {
        known = Self.rotations(inverseFrequencies, positions: max(positions, 2 * known.cosine.rows))
      }
      return known
    }
  }

  private static func rotations(_ inverseFrequencies: [Float], positions: Int) -> Rotations {
    let cosine = Tensor(rows: positions, columns: inverseFrequencies.count)
    let sine = Tensor(rows: positions, columns: inverseFrequencies.count)
    for position in 0..<positions {
      for (index, frequency) in inverseFrequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosine.row(position)[index] = Float(cos(angle))
        sine.row(position)[index] = Float(sin(angle))
      }
    }
    return Rotations(cosine: cosine, sine: sine)
  }
}

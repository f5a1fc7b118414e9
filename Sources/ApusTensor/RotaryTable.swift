// Cosines and sines of rotary position embeddings (Su et al. 2021), grown to the longest position asked for. Angles are
// rounded to float32 as PyTorch rounds them, so that long positions agree with it. It knows no scaling: frequencies
// come made.

import ApusCore
import Synchronization

/// The rotations of positions 0, 1, 2, ... for one set of frequencies.
public final class RotaryTable: Sendable {
  /// Values of cosine and sine, `[positions, frequencies]`.
  struct Rotations: Sendable {
    let cosine: Tensor
    let sine: Tensor
  }

  private let inverseFrequencies: [Float]
  private let scale: Float
  private let rotations: Mutex<Rotations>

  /// The table of the given radians per position, one for each rotated pair of features; cosines and sines are
  /// multiplied by `scale`.
  public init(inverseFrequencies: [Float], scale: Float = 1) {
    self.inverseFrequencies = inverseFrequencies
    self.scale = scale
    rotations = Mutex(Self.rotations(inverseFrequencies, scale, positions: 64))
  }

  /// The number of features that rotate in each head.
  public var rotatedWidth: Int { 2 * inverseFrequencies.count }

  /// The scaled cosines and sines of a position, one for each pair.
  func rotation(position: Int) -> (cosine: [Float], sine: [Float]) {
    let turns = inverseFrequencies.map { Self.turn($0, scale, position: position) }
    return (turns.map(\.cosine), turns.map(\.sine))
  }

  // The rotations of at least `positions` positions.
  func rotations(positions: Int) -> Rotations {
    rotations.withLock { known in
      if known.cosine.rows < positions {
        known = Self.rotations(inverseFrequencies, scale, positions: max(positions, 2 * known.cosine.rows))
      }
      return known
    }
  }

  private static func rotations(_ inverseFrequencies: [Float], _ scale: Float, positions: Int) -> Rotations {
    let cosine = Tensor(rows: positions, columns: inverseFrequencies.count)
    let sine = Tensor(rows: positions, columns: inverseFrequencies.count)
    for position in 0..<positions {
      for (index, frequency) in inverseFrequencies.enumerated() {
        let turn = turn(frequency, scale, position: position)
        cosine.row(position)[index] = turn.cosine
        sine.row(position)[index] = turn.sine
      }
    }
    return Rotations(cosine: cosine, sine: sine)
  }

  private static func turn(_ frequency: Float, _ scale: Float, position: Int) -> (cosine: Float, sine: Float) {
    let angle = Double(Float(position) * frequency)
    return (Float(Double.cos(angle)) * scale, Float(Double.sin(angle)) * scale)
  }
}

// Rotary position embedding as data (Su et al. 2021), and its keys in configurations. It computes nothing.

import ApusCore

/// How queries and keys rotate.
public struct RotaryEmbedding: Sendable, Equatable {
  /// Theta: the lowest frequency is nearly its inverse.
  public var base: Double
  /// The features of a head that rotate.
  public var rotatedWidth: Int

  /// Plain rotation of the first `rotatedWidth` features.
  public init(base: Double, rotatedWidth: Int) {
    self.base = base
    self.rotatedWidth = rotatedWidth
  }

  /// The keys that old and new versions of transformers read.
  func configuration() -> [(String, JSON)] {
    [("rope_theta", JSON(base)), ("rope_parameters", ["rope_type": "default", "rope_theta": JSON(base)])]
  }
}

extension JSON.Reader {
  /// The rotation that a configuration describes, by the old key and the new object; scaled ones are refused.
  func rotation(_ specification: Specification) throws(ApusError) -> RotaryEmbedding {
    var base = try double("rope_theta", default: 10_000)
    for key in ["rope_scaling", "rope_parameters"] {
      guard let rope = try object(key) else { continue }
      try rope.require("rope_type", "default")
      try rope.require("type", "default")
      try rope.require("partial_rotary_factor", 1, 1.0)
      base = try rope.double("rope_theta", default: base)
    }
    try require("partial_rotary_factor", 1, 1.0)
    return RotaryEmbedding(base: base, rotatedWidth: specification.headWidth)
  }
}

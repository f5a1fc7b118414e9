// placeholder of branch lead; branch rope brings the real one
import ApusCore

public struct RotaryEmbedding: Sendable, Equatable {
  public var base: Double
  public var rotatedWidth: Int
  public var isInterleaved = false
  public init(base: Double, rotatedWidth: Int) {
    self.base = base
    self.rotatedWidth = rotatedWidth
  }
  func configuration() -> [(String, JSON)] {
    [("rope_theta", JSON(base)), ("rope_parameters", ["rope_type": "default", "rope_theta": JSON(base)])]
  }
}

extension JSON.Reader {
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

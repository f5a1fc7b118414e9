// The parameters that a specification's body has, counted by asking it for them: how many there are, what they are for,
// and what they weigh in a type. No weight is made for it.

public import ApusFormats
import ApusTensor

/// The names and shapes of a specification's parameters, and what follows from them.
public struct ParameterCensus: Sendable {
  /// Learned values in all; tied tensors count once.
  public let total: Int
  /// Those in embeddings and the output projection.
  public let embeddings: Int
  /// Those in the experts that a token is not sent to.
  public let idle: Int

  /// Those that one token is multiplied by or looks up a row in.
  public var active: Int { total - idle }
  /// Those outside the embeddings and the output projection.
  public var withoutEmbeddings: Int { total - embeddings }

  /// In the body's order.
  let shapes: [ParameterShape]

  /// Asks the body of a checked specification.
  public init(_ specification: Specification) {
    var shapes: [ParameterShape] = []
    _ = Model.body(specification) { shape in
      shapes.append(shape)
      return Parameter(name: shape.name, value: Tensor(rows: 0, columns: 0), decays: shape.isMatrix)
    }
    func count(_ isCounted: (ParameterShape) -> Bool) -> Int {
      shapes.reduce(0) { $0 + (isCounted($1) ? $1.rows * $1.columns : 0) }
    }
    self.shapes = shapes
    total = count { _ in true }
    embeddings = count { $0.isMatrix && ($0.name.hasPrefix("embedding.") || $0.name == "output") }
    guard let experts = specification.experts else {
      idle = 0
      return
    }
    let all = count { $0.name.contains(".experts.") }
    idle = all / experts.count * (experts.count - experts.perToken)
  }

  /// Bytes of the weights in a type. Of block types, as in GGUF files, vectors are float32, and matrices whose rows end
  /// inside a block are float16.
  public func bytes(as type: ElementType) -> Int {
    guard type.isBlockType else { return type.byteCount(shape: [total]) ?? 0 }
    return shapes.reduce(0) { sum, shape in
      guard shape.isMatrix else { return sum + 4 * shape.columns }
      return sum + (type.byteCount(shape: [shape.rows, shape.columns]) ?? 2 * shape.rows * shape.columns)
    }
  }
}

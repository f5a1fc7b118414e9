// What a model costs: parameters, counted by asking its body for them, and floating-point operations per token by the
// counting of Kaplan et al. (2020) and nanoGPT: 2 for each multiply-add, forward and twice that backward, products with
// weights plus attention.

import ApusTensor

/// Counts that follow from the shapes alone.
extension Specification {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int { count { _ in true } }

  /// Learned values outside the embeddings and the output projection.
  public var parameterCountWithoutEmbeddings: Int { count { !Self.isEmbedding($0) } }

  /// Learned values that one token is multiplied by or looks up a row in: all but those of the experts it is not sent
  /// to.
  public var activeParameterCount: Int { parameterCount - idleExpertCount }

  /// Floating-point operations of training on one token in sequences of `context` tokens: 6 for each value that a token
  /// is multiplied by (embeddings of positions are only added), plus attention over the whole context, 12 L D context.
  public func trainingFlopsPerToken(context: Int) -> Double {
    let multiplied = parameterCountWithoutEmbeddings - idleExpertCount + vocabulary * width
    return 6 * Double(multiplied) + 12 * Double(layers * heads * headWidth) * Double(context)
  }

  /// The names and shapes of the parameters that a body of this specification has, in its order.
  var shapes: [ParameterShape] {
    var shapes: [ParameterShape] = []
    _ = Model.body(self) { shape in
      shapes.append(shape)
      return Parameter(name: shape.name, value: Tensor(rows: 0, columns: 0), decays: shape.isMatrix)
    }
    return shapes
  }

  private func count(_ isCounted: (ParameterShape) -> Bool) -> Int {
    shapes.reduce(0) { $0 + (isCounted($1) ? $1.rows * $1.columns : 0) }
  }

  private static func isEmbedding(_ shape: ParameterShape) -> Bool {
    shape.isMatrix && (shape.name.hasPrefix("embedding.") || shape.name == "output")
  }

  private var idleExpertCount: Int {
    guard let experts else { return 0 }
    let all = count { $0.name.contains(".experts.") }
    return all / experts.count * (experts.count - experts.perToken)
  }
}

extension Model {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
}

// What a model costs: parameters, counted by asking its body for them, and floating-point operations per token by the
// counting of Kaplan et al. (2020) and nanoGPT: 2 for each multiply-add, forward and twice that backward, products with
// weights plus attention.

import ApusTensor

/// Counts that follow from the shapes alone. Who needs several asks one `ParameterCensus`.
extension Specification {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int { ParameterCensus(self).total }

  /// Learned values outside the embeddings and the output projection.
  public var parameterCountWithoutEmbeddings: Int { ParameterCensus(self).withoutEmbeddings }

  /// Learned values that one token is multiplied by or looks up a row in: all but those of the experts it is not sent
  /// to.
  public var activeParameterCount: Int { ParameterCensus(self).active }

  /// Floating-point operations of training on one token in sequences of `context` tokens: 6 for each value that a token
  /// is multiplied by (embeddings of positions are only added), plus attention over the whole context, 12 L D context.
  /// Computing it alone takes a third.
  /// - Parameters:
  ///   - context: tokens of a sequence.
  ///   - projected: the share of the tokens that is projected to the vocabulary, 1 but for masked training.
  public func trainingFlopsPerToken(context: Int, projected: Double = 1) -> Double {
    let census = ParameterCensus(self)
    let multiplied = Double(census.withoutEmbeddings - census.idle) + projected * Double(vocabulary * width)
    return 6 * multiplied + 12 * Double(layers * heads * headWidth) * Double(context)
  }

  /// Keys and values that the last of `positions` tokens may see: layers with a window need no more than that. 0 for
  /// encoders.
  public func cachedValues(positions: Int) -> Int {
    guard encoder == nil else { return 0 }
    let seen = (0..<layers).map { attention.isLocal(layer: $0) ? min(positions, attention.window) : positions }
    return seen.reduce(0, +) * 2 * keyValueHeads * headWidth
  }
}

extension Model {
  /// Learned values in all; tied tensors count once.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
}

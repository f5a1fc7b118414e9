// What a token costs in floating-point operations, by each convention that papers use. Multiply and add count as two; a
// backward pass costs two forward passes (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).

/// A way of counting the operations of training on one token.
public enum FlopConvention: String, Sendable, CaseIterable {
  /// 6 for each parameter that multiplies, output included and the looked-up table not, and 12 · layers · heads · head
  /// width for each position of the context, seen or not.
  case full = "matrices + attention"
  /// The same, of the context only the half that a causal mask lets a token see on average.
  case causal = "matrices + causal attention"
  /// 6 for every stored parameter in use, 12 · layers · heads · head width a position (Chowdhery et al.
  /// 2022, arXiv:2204.02311, appendix B).
  case palm = "PaLM"
  /// 6 N for parameters without embeddings alone (Kaplan's and Chinchilla's C = 6 N D).
  case sixN = "6 N"
  /// 6 for each parameter of the layers, and the attention (DeepSeek's M = 72 layers d² + 12 layers d context).
  case nonEmbedding = "layers + attention"
}

extension TransformerShape {
  /// Operations of training on one token that sees `context` tokens on average: 6 a working parameter and 12 a layer,
  /// feature and key.
  public func trainingFlops(context: Double) -> Double {
    6 * Double(workingParameters) + 12 * Double(layers * attentionWidth) * context
  }

  /// Operations of training on one token in a context of `context` positions, by a convention.
  public func trainingFlops(_ convention: FlopConvention, context: Double) -> Double {
    let attention = 12 * Double(layers * attentionWidth) * context
    switch convention {
    case .full: return 6 * Double(multipliedParameters) + attention
    case .causal: return 6 * Double(multipliedParameters) + attention / 2
    case .palm: return 6 * Double(activeParameters) + attention
    case .sixN: return 6 * Double(activeNonEmbeddingParameters)
    case .nonEmbedding: return 6 * Double(activeNonEmbeddingParameters) + attention
    }
  }

  /// Operations of generating one token after `context` others: a forward pass, a third of training's.
  public func inferenceFlops(context: Double) -> Double { trainingFlops(.full, context: context) / 3 }

  /// Bytes of keys and values that a token leaves in the cache.
  public func cacheBytes(bytesPerNumber: Int = 2) -> Int { 2 * layers * keyValueHeads * headWidth * bytesPerNumber }

  /// Operations of training on one token as Hoffmann et al. 2022 count them in appendix F, relative to 6 N, without
  /// embeddings and output: so are all six rows of their table A4 met, although the text says that both are counted.
  /// N then is as in their table A9: attention with relative positions, two matrices of feed-forward, one embedding.
  public func chinchillaFlopRatio(context: Int) -> Double {
    let (s, d, kh, f) = (Double(context), Double(width), Double(attentionWidth), Double(feedForward))
    let projections = 2 * 3 * s * d * kh + 2 * s * kh * d
    let attention = 2 * s * s * kh + 3 * Double(heads) * s * s + 2 * s * s * kh
    let forward = projections + attention + 2 * s * 2 * d * f
    let size = Double(layers) * (5 * d * kh + 2 * d * f) + Double(vocabulary) * d
    return 3 * Double(layers) * forward / (6 * size * s)
  }
}

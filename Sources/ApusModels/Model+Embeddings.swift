// One vector for each sequence: what encoders are asked for when texts are to be compared (Reimers and Gurevych 2019).

public import ApusCore
public import ApusTensor

/// How the vectors of a sequence's tokens become one.
public enum Pooling: String, Sendable, CaseIterable {
  /// Their mean.
  case mean
  /// That of the first token.
  case first
  /// What the checkpoint's pooler makes of the first token's.
  case pooler
}

extension Model {
  /// One vector of D features for each segment of the batch, of length 1 where `normalised`.
  /// - Throws: `badData` for ids outside the vocabulary, sequences beyond the context, or where a pooler is asked for
  ///   that the checkpoint lacks.
  public func embeddings(
    _ batch: PackedBatch, pooling: Pooling, normalised: Bool, in workspace: Workspace
  ) throws(ApusError) -> [[Float]] {
    let hidden = try hidden(batch, in: workspace)
    var vectors: [[Float]] = []
    for segment in batch.segments {
      var vector: [Float]
      switch pooling {
      case .mean: vector = Self.mean(hidden.value.rows(segment.start..<segment.start + segment.count))
      case .first: vector = hidden.value.rows(segment.start..<segment.start + 1).values
      case .pooler: vector = try pooled(hidden, row: segment.start, in: workspace)
      }
      if normalised { Self.normalise(&vector) }
      vectors.append(vector)
    }
    return vectors
  }

  private func pooled(_ hidden: Variable, row: Int, in workspace: Workspace) throws(ApusError) -> [Float] {
    guard let pooled = (body as? Encoder)?.pooled(hidden, row: row, in: workspace) else {
      throw ApusError(.badData, "the model has no pooler", remedy: "choose the mean or the first token")
    }
    return pooled.values
  }

  private static func mean(_ rows: Tensor) -> [Float] {
    rows.withValues { values in
      (0..<rows.columns).map { feature in
        let sum = stride(from: feature, to: values.count, by: rows.columns).reduce(0.0) { $0 + Double(values[$1]) }
        return Float(sum / Double(rows.rows))
      }
    }
  }

  private static func normalise(_ vector: inout [Float]) {
    let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm > 0 else { return }
    for index in vector.indices { vector[index] = Float(Double(vector[index]) / norm) }
  }
}

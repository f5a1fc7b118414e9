// Embeds texts as they come, many in one packed pass, in bounded memory. A text's vector does not depend on what shares
// its pass.

public import ApusCore
public import ApusModels
import ApusTensor
import ApusTokenizers

/// A text's vector.
public struct Embedding: Sendable, Equatable {
  /// D features.
  public var vector: [Float]
  /// The tokens that it was made of, those round the text included.
  public var tokens: Int
  /// The tokens that the text has beyond these.
  public var leftOut: Int
}

/// Texts in, vectors out, in the same order; owned by one task.
public struct EmbeddingBatcher {
  /// About as many tokens as make a pass worth its start.
  public static let passTokens = 2048

  /// How vectors are made.
  public let settings: EmbeddingSettings
  /// The most tokens of a text.
  public let maximumTokens: Int

  private let encoder: EncoderModel
  private let workspace: Workspace
  private var batch = PackedBatch(tokens: [], segments: [])
  private var waiting: [(tokens: Int, leftOut: Int)] = []

  /// Embeds by `settings`, or by what the model's files say.
  /// - Throws: `badData` where they ask for what is not supported.
  public init(_ encoder: EncoderModel, _ settings: EmbeddingSettings? = nil) throws(ApusError) {
    self.encoder = encoder
    if let settings { self.settings = settings } else { self.settings = try encoder.embeddingSettings() }
    maximumTokens = min(self.settings.maximumTokens ?? .max, encoder.model.specification.longestSequence)
    workspace = encoder.makeWorkspace()
  }

  /// Takes a text; gives the vectors of those before it if they filled a pass.
  public mutating func add(_ text: String) throws(ApusError) -> [Embedding] {
    let (tokenized, leftOut) = try encoder.tokenized(prepared(text), limit: maximumTokens)
    let isFull = batch.tokens.count + tokenized.ids.count > Self.passTokens || waiting.count >= Self.passTokens
    let done = isFull ? try finish() : []
    if !tokenized.ids.isEmpty {
      batch.segments.append(Segment(start: batch.tokens.count, count: tokenized.ids.count))
      batch.tokens += tokenized.ids
      batch.types += tokenized.types
    }
    waiting.append((tokenized.ids.count, leftOut))
    return done
  }

  /// The vectors of the texts that wait.
  public mutating func finish() throws(ApusError) -> [Embedding] {
    guard !waiting.isEmpty else { return [] }
    let vectors =
      batch.tokens.isEmpty
      ? []
      : try encoder.model.embeddings(
        batch, pooling: settings.pooling, normalised: settings.isNormalised, in: workspace)
    guard vectors.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw ApusError(
        .badData, "the model's vectors are not finite", file: encoder.location?.name,
        remedy: "its weights are damaged, or its training diverged: take an earlier checkpoint")
    }
    defer {
      batch = PackedBatch(tokens: [], segments: [])
      waiting = []
    }
    // A text without tokens says nothing.
    let nothing = [Float](repeating: 0, count: encoder.model.specification.width)
    var rest = vectors[...]
    return waiting.map { text in
      Embedding(
        vector: text.tokens == 0 ? nothing : rest.removeFirst(), tokens: text.tokens, leftOut: text.leftOut)
    }
  }

  /// Without the white space at its ends, as the sentence-transformers library has it.
  private func prepared(_ text: String) -> String {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    var rest = text.unicodeScalars[...]
    rest = rest.drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    let trimmed = String(rest)
    return settings.lowercases ? trimmed.lowercased() : trimmed
  }
}

extension EncoderModel {
  /// One vector of D features for each text, made by `settings`, or by what the model's files say.
  ///
  /// What a text has beyond the most tokens is left out; `EmbeddingBatcher` says how many, and takes texts one by one.
  /// - Throws: `badData` where they ask for what is not supported, or the model lacks the pooler asked for.
  public func embed(_ texts: [String], _ settings: EmbeddingSettings? = nil) throws(ApusError) -> [[Float]] {
    var batcher = try EmbeddingBatcher(self, settings)
    var vectors: [[Float]] = []
    for text in texts { vectors += try batcher.add(text).map(\.vector) }
    return vectors + (try batcher.finish().map(\.vector))
  }

  /// What the model's files say of embeddings, with another pooling if one is given.
  /// - Throws: `badData` where they ask for what is not supported.
  public func embeddingSettings(pooling: Pooling? = nil) throws(ApusError) -> EmbeddingSettings {
    guard let location else { return EmbeddingSettings(pooling: pooling ?? .mean) }
    return try EmbeddingSettings(location, pooling: pooling)
  }
}

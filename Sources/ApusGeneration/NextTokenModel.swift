// All that generation asks of a model: a sequence that grows, and logits after its last token. So generation is tested
// with mock models, and knows neither tensors nor caches.

public import ApusCore

/// A model that predicts the next token. Immutable and shared by any number of sequences.
public protocol NextTokenModel: Sendable {
  /// How many logits there are.
  var vocabularySize: Int { get }
  /// How many tokens a sequence may have.
  var contextLength: Int { get }
  /// A new, empty sequence for up to `capacity` tokens. `cached` keeps keys and values; without, everything is computed
  /// again for every token, and the logits are equal.
  func sequence(cached: Bool, capacity: Int) throws(ApusError) -> any TokenSequence
}

/// A sequence of tokens that grows; owned by one task.
public protocol TokenSequence: AnyObject {
  /// Takes tokens as the next ones; the caller keeps within the context.
  func append(_ tokens: ArraySlice<Int32>) throws(ApusError)
  /// The logits of the token that follows the last one, into an array of the vocabulary's size.
  func logits(into logits: inout [Float]) throws(ApusError)
}

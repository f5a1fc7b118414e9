// What a person may ask of a generation, what comes out, and why it ends.

public import ApusCore

/// How to generate.
public struct GenerationOptions: Sendable, Equatable {
  /// How tokens are chosen.
  public var sampling: SamplingOptions
  /// At most so many tokens; at least 1.
  public var maximumTokens: Int
  /// The text ends before the first of these; they may lie across tokens.
  public var stopStrings: [String]
  /// Whether the end-of-text tokens end the text.
  public var stopsAtEndOfText = true
  /// Keep keys and values (fast), or compute everything again for each token (for comparison; the same tokens).
  public var usesCache: Bool
  /// How many tokens of the prompt are computed at once; changes memory and speed, never results.
  public var promptChunk: Int

  /// Up to 256 tokens of the model's own distribution unless told otherwise.
  public init(
    sampling: SamplingOptions = SamplingOptions(), maximumTokens: Int = 256, stopStrings: [String] = [],
    usesCache: Bool = true, promptChunk: Int = 256
  ) {
    self.sampling = sampling
    self.maximumTokens = maximumTokens
    self.stopStrings = stopStrings
    self.usesCache = usesCache
    self.promptChunk = promptChunk
  }

  /// Refuses values without a meaning.
  public func validate() throws(ApusError) {
    try sampling.validate()
    try StopStrings.validate(stopStrings)
    guard maximumTokens >= 1 else {
      throw ApusError(.usage, "\(maximumTokens) tokens are asked for", remedy: "ask for at least 1")
    }
    guard promptChunk >= 1 else {
      throw ApusError(.usage, "the prompt's chunk is \(promptChunk) tokens", remedy: "give at least 1")
    }
  }
}

/// One generated token.
public struct GeneratedToken: Sendable, Equatable {
  /// The token's id.
  public var id: Int32
  /// The text that became certain with this token: whole characters, often none, sometimes several tokens' worth.
  /// All pieces together are the text.
  public var text: String
  /// ln p of the token in the model's own distribution, before temperature and the other samplers.
  public var logProbability: Float
}

/// Why a text ended.
public enum FinishReason: String, Sendable {
  /// The model ended it with an end-of-text token, which is the last token.
  case endOfText = "end_of_text"
  /// The tokens asked for are there.
  case maximumTokens = "maximum_tokens"
  /// A stop string came.
  case stopString = "stop_string"
  /// The model's context is full. The text is not shifted: what the model would forget is the caller's choice.
  case contextFull = "context_full"
  /// Somebody asked to stop.
  case cancelled
}

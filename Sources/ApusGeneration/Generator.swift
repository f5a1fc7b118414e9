// Generation as a sequence of tokens: prompt in chunks, then one token after another. It runs on the caller's thread
// and looks for cancellation before each chunk and each token. It knows no network and no clock but for its statistics.

public import ApusCore
public import ApusTokenizers

/// What a generation has cost so far.
public struct GenerationStatistics: Sendable, Equatable {
  /// Tokens of the prompt.
  public var promptTokens = 0
  /// Seconds from the start to the first token.
  public var secondsToFirstToken = 0.0
  /// Tokens generated.
  public var tokens = 0
  /// Seconds from the first to the last token.
  public var decodingSeconds = 0.0

  /// Tokens per second after the first one; nil where there were not two.
  public var tokensPerSecond: Double? {
    tokens > 1 && decodingSeconds > 0 ? Double(tokens - 1) / decodingSeconds : nil
  }
}

/// Generates tokens one by one, on the caller's thread.
///
/// ```swift
/// let generator = try model.generator("Once upon a time", GenerationOptions(maximumTokens: 100))
/// while let token = try generator.nextToken() { print(token.text, terminator: "") }
/// ```
/// As a `Sequence` it ends where `nextToken()` would throw, and `failure` says why.
public final class Generator: Sequence, IteratorProtocol {
  /// Why the text ended; nil while it goes on.
  public private(set) var finishReason: FinishReason?
  /// What stopped the iteration of a `Sequence`.
  public private(set) var failure: ApusError?
  /// What it has cost so far.
  public private(set) var statistics = GenerationStatistics()
  /// The seed in use: that of the options, or the one drawn in its place.
  public let seed: UInt64

  private let options: GenerationOptions
  private let endOfText: Set<Int32>
  private let isCancelled: () -> Bool
  private let sequence: any TokenSequence
  private let contextLength: Int
  private var chooser: TokenChooser
  private var decoder: StreamingDecoder?
  private var stops: StopStrings
  private var logits: [Float]
  private var pending: [Int32]  // tokens that the sequence has not yet
  private var length = 0  // tokens that it has
  private let started = Clock.seconds()

  /// Starts the continuation of a prompt.
  /// - Parameters:
  ///   - model: what the next token is asked of.
  ///   - tokenizer: gives the tokens their text; without one there are only ids.
  ///   - prompt: the ids to continue; not empty.
  ///   - options: how many tokens, how they are drawn, and what ends the text.
  ///   - endOfText: ids that end a text; there may be several.
  ///   - isCancelled: asked before each chunk of the prompt and each token.
  /// - Throws: `usage` for options without a meaning, an empty prompt, or one that fills the context.
  public init(
    _ model: any NextTokenModel, _ tokenizer: (any Tokenizer)?, prompt: [Int32], options: GenerationOptions,
    endOfText: Set<Int32> = [], isCancelled: @escaping () -> Bool = { false }
  ) throws(ApusError) {
    try options.validate()
    try Self.validate(prompt, model)
    seed = options.sampling.seed ?? UInt64.random(in: 0...UInt64(Int64.max))
    let capacity = prompt.count + Swift.min(model.contextLength - prompt.count, options.maximumTokens)
    sequence = try model.sequence(cached: options.usesCache, capacity: capacity)
    chooser = TokenChooser(options.sampling.chain, seed: seed, vocabularySize: model.vocabularySize)
    decoder = tokenizer.map { StreamingDecoder($0, skippingSpecial: true) }
    stops = StopStrings(options.stopStrings)
    logits = [Float](repeating: 0, count: model.vocabularySize)
    contextLength = model.contextLength
    pending = prompt
    statistics.promptTokens = prompt.count
    self.options = options
    self.endOfText = endOfText
    self.isCancelled = isCancelled
  }

  private static func validate(_ prompt: [Int32], _ model: any NextTokenModel) throws(ApusError) {
    guard !prompt.isEmpty else {
      throw ApusError(.usage, "the prompt is empty", remedy: "give at least one token to continue")
    }
    guard prompt.count <= model.contextLength else {
      throw ApusError(
        .usage, "the prompt has \(prompt.count) tokens, the model's context \(model.contextLength)",
        remedy: "shorten the prompt")
    }
    if let id = prompt.first(where: { $0 < 0 || Int($0) >= model.vocabularySize }) {
      throw ApusError(
        .usage, "token id \(id) is not in the model's vocabulary (0 to \(model.vocabularySize - 1))",
        remedy: "encode the prompt with the model's own tokenizer")
    }
  }

  /// The next token, or nil at the end (see `finishReason`).
  /// - Throws: `badData` where the model's logits are no numbers, or a token has no text.
  public func nextToken() throws(ApusError) -> GeneratedToken? {
    guard finishReason == nil, try advance() else { return nil }
    try sequence.logits(into: &logits)
    let choice = try chooser.choose(logits, position: length)
    let token = try describe(choice)
    pending.append(choice.id)
    measure()
    return token
  }

  /// The next token as an element of a `Sequence`; a failure ends it and is kept in `failure`.
  public func next() -> GeneratedToken? {
    guard failure == nil else { return nil }
    do {
      return try nextToken()
    } catch {
      failure = error
      return nil
    }
  }

  /// Gives the sequence what it has not yet, in chunks; false when somebody asked to stop.
  private func advance() throws(ApusError) -> Bool {
    var start = 0
    while start < pending.count {
      if isCancelled() {
        finishReason = .cancelled
        return false
      }
      let end = Swift.min(pending.count, start + options.promptChunk)
      try sequence.append(pending[start..<end])
      start = end
    }
    length += pending.count
    pending.removeAll(keepingCapacity: true)
    return true
  }

  /// The token's text, and whether it is the last: then all text that was held back comes with it.
  private func describe(_ choice: Choice) throws(ApusError) -> GeneratedToken {
    let isEnd = options.stopsAtEndOfText && endOfText.contains(choice.id)
    var (text, isStopped) = stops.push(isEnd ? "" : try decoder?.push(choice.id) ?? "")
    finishReason = isStopped ? .stopString : reason(isEnd: isEnd)
    if finishReason != nil && !isStopped {
      let rest = stops.push(decoder?.finish() ?? "")
      text += rest.text
      if rest.isStopped { finishReason = .stopString } else { text += stops.finish() }
    }
    return GeneratedToken(id: choice.id, text: text, logProbability: choice.logProbability)
  }

  /// A token fits if the sequence may yet take it; the last one need not be taken, for nothing follows it.
  private func reason(isEnd: Bool) -> FinishReason? {
    if isEnd { return .endOfText }
    if statistics.tokens + 1 >= options.maximumTokens { return .maximumTokens }
    return length >= contextLength ? .contextFull : nil
  }

  private func measure() {
    let elapsed = Clock.seconds() - started
    statistics.tokens += 1
    if statistics.tokens == 1 { statistics.secondsToFirstToken = elapsed }
    statistics.decodingSeconds = elapsed - statistics.secondsToFirstToken
  }
}

// How well a model predicts a text: the mean loss per token, perplexity, how often the token was the most probable, and
// bits per byte of the very text whose tokens were scored, which is comparable between tokenizers. Sums run in token
// order.
//
// A masked model is asked for tokens that are masked by a draw of their place in the text, the same every time, so that
// losses compare.

public import ApusCore
public import ApusModels
public import ApusTensor
public import ApusTokenizers

/// The outcome of an evaluation.
public struct Evaluation: Sendable, Equatable {
  /// Sum of the losses in nats.
  public var sum: Double
  /// Tokens scored.
  public var tokens: Int
  /// Bytes of text that the scored tokens stand for; an end-of-text token stands for none, nor do those of a masked
  /// model: it saw the rest of the text.
  public var bytes: Int
  /// Scored tokens that no other was more probable than.
  public var hits: Int

  /// States the sums.
  public init(sum: Double, tokens: Int, bytes: Int, hits: Int = 0) {
    self.sum = sum
    self.tokens = tokens
    self.bytes = bytes
    self.hits = hits
  }

  /// Mean loss per token in nats.
  public var loss: Double { tokens > 0 ? sum / Double(tokens) : .nan }
  /// The share of scored tokens that no other was more probable than.
  public var accuracy: Double { tokens > 0 ? Double(hits) / Double(tokens) : .nan }
  /// e to the loss.
  public var perplexity: Double { Double.exp(loss) }
  /// Bits per byte of text; nil where the tokens stand for no bytes.
  public var bitsPerByte: Double? { bytes > 0 ? sum / Double.log(2) / Double(bytes) : nil }
}

/// Scores texts under a model.
public struct Evaluator {
  /// The most tokens of a window.
  public var context: Int
  /// How far windows advance within a document that is longer than the context: small is exact, large is fast.
  public var stride: Int
  /// In place of windows that slide, llama.cpp's perplexity: so many chunks of `context` tokens from the front, of each
  /// the second half; 0: all. The stream's documents must be these chunks (`TextCorpus.tokens(ofFile:chunk:)`).
  public var chunks: Int?
  /// Stops at the first window after so many tokens; nil: the whole text.
  public var limit: Int?
  /// Tokens that are computed at once. It changes speed and memory, and no bit of any loss.
  public var batchTokens = 4096

  private let objective: Objective
  private let bytesOfToken: [UInt16]

  /// An evaluator for the tokens of `tokenizer`; of a masked model windows never overlap.
  public init(
    tokenizer: any Tokenizer, context: Int, stride: Int? = nil, limit: Int? = nil, objective: Objective = .causal
  ) {
    self.context = objective.textTokens(context: context)
    self.stride = stride ?? context
    self.limit = limit
    self.objective = objective
    guard case .causal = objective else {
      self.stride = self.context
      bytesOfToken = []
      return
    }
    bytesOfToken = (0..<Int32(clamping: tokenizer.vocabularySize)).map { id in
      tokenizer.specialTokens.isSpecial(id) ? 0 : UInt16(clamping: tokenizer.bytes(of: id)?.count ?? 0)
    }
  }

  /// The losses of a stream's tokens under `model`. `progress` is called with the tokens scored so far and may throw to
  /// stop.
  public func evaluate(
    _ stream: CorpusStream, model: Model, in workspace: Workspace,
    progress: (Int) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) -> Evaluation {
    let tokens = min(max(context, batchTokens), stream.count)
    try model.specification.requireMemory(
      for: .inference(tokens: tokens, logits: 1, cached: 0), remedy: "shorten the context")
    var result = Evaluation(sum: 0, tokens: 0, bytes: 0)
    var seen = 0
    var step = StepBatch()
    var batch = PackedBatch(tokens: [], segments: [])
    for window in windows(of: stream) {
      if let limit, seen >= limit { break }
      seen += window.scored
      if !step.tokens.isEmpty && step.tokens.count + window.range.count > batchTokens {
        try score(&step, &batch, model, workspace, &result)
        try progress(result.tokens)
      }
      try objective.append(window.range, of: stream, row: window.range.lowerBound, to: &step)
      step.ignoreTargets(ofLastRowBefore: window.scoredFrom - window.range.lowerBound)
    }
    if !step.tokens.isEmpty { try score(&step, &batch, model, workspace, &result) }
    return result
  }

  /// How many tokens of a stream would be scored, without a limit.
  public func scoredTokens(of stream: CorpusStream) -> Int {
    windows(of: stream).reduce(0) { $0 + $1.scored }
  }

  private func windows(of stream: CorpusStream) -> any Sequence<EvaluationWindow> {
    if let chunks { return ChunkWindows(stream, context: context, count: chunks) }
    return EvaluationWindows(stream, context: context, stride: stride)
  }

  private func score(
    _ step: inout StepBatch, _ batch: inout PackedBatch, _ model: Model, _ workspace: Workspace,
    _ result: inout Evaluation
  ) throws(ApusError) {
    step.copy(rows: 0..<step.rowCount, to: &batch)
    let (losses, hits) = try model.evaluation(batch, in: workspace)
    result.hits += hits
    for (index, target) in batch.targets.enumerated() where target >= 0 {
      result.sum += Double(losses[index])
      result.bytes += Int(target) < bytesOfToken.count ? Int(bytesOfToken[Int(target)]) : 0
      result.tokens += 1
    }
    step.removeAll()
  }
}

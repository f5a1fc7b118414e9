// apus evaluate: how well a model predicts a text, in perplexity and in bits per byte, which is comparable between
// tokenizers.

import ApusCore
import ApusGeneration
import ApusModels
import ApusTensor
import ApusTokenizers
import ApusTraining
import ArgumentParser

/// `apus evaluate`.
struct Evaluate: Command {
  static let configuration = CommandConfiguration(
    abstract: "Score a text: loss, perplexity and bits per byte.",
    discussion: """
      A text with <|endoftext|> between its documents, or of JSON lines, is scored document by document, ends \
      included; any other is one document. Each is walked through by windows of --context tokens that advance by \
      --stride; every token is scored once, in the first window that holds it, so it sees at least context − stride \
      tokens before it, as far as the text has them. A first token is predicted from the token that begins texts, \
      where there is one. Perplexity is per token, e to the mean loss; bits per byte divide the same sum by the \
      text's bytes, whatever the tokenizer.

      --chunks gives the figure of llama.cpp's perplexity tool: the text is one, cut into chunks of --context tokens \
      (there 512); each is read from nothing but the token that the tokenizer's files put before a text, which stands \
      in place of the chunk's first, and the second half of each is scored.

      An empty or binary file is refused; bytes that are not valid UTF-8 are scored as they are, with a warning.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The text.", valueName: "file"))
  var text: String

  @Option(help: ArgumentHelp("Tokens of a window (default: the model's context).", valueName: "count"))
  var context: Int?

  @Option(
    help: ArgumentHelp(
      "How far windows advance: small is exact, large is fast (default: half of the context).", valueName: "count"))
  var stride: Int?

  @Option(help: ArgumentHelp("Score as llama.cpp does, so many chunks; 0: all.", valueName: "count"))
  var chunks: Int?

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func run(_ console: Console) throws {
    let location = try ModelLocation(model.path)
    guard let tokenizer = try location.loadTokenizer() else {
      throw ApusError(
        .missingInput, "the model came without a tokenizer", file: location.name,
        remedy: "put the tokenizer.json that belongs to it beside it")
    }
    let model = try location.loadModel()
    let evaluator = try evaluator(tokenizer, for: model)
    let chunk = chunks == nil ? nil : evaluator.context
    let corpus = try TextCorpus.tokens(ofFile: text, tokenizer: tokenizer, chunk: chunk) {
      console.note("warning: \($0)")
    }
    let stream = CorpusStream(corpus, beginning: beginning(tokenizer))
    let total = evaluator.scoredTokens(of: stream)
    console.catchInterrupts()
    let progress = ProgressReporter(console, "Evaluating", total: total, unit: "tokens")
    let start = console.clock()
    let result = try evaluator.evaluate(stream, model: model, in: .stopped(by: console.interruption)) {
      progress.update($0)
    }
    progress.finish()
    guard result.tokens > 0 else { throw tooShort(corpus.count, evaluator.context) }
    guard result.loss.isFinite else {
      throw ApusError(
        .badData, "the model's loss is not finite", file: self.model.path,
        remedy: "its weights are damaged, or its training diverged: take an earlier checkpoint")
    }
    try report(result, evaluator, seconds: console.clock() - start, console)
  }

  private func tooShort(_ tokens: Int, _ context: Int) -> ApusError {
    let chunked = "the text has \(tokens) tokens, less than a chunk of \(context)"
    let problem = chunks == nil ? "the text is one token, which nothing precedes" : chunked
    return ApusError(.badData, problem, file: text, remedy: "give a longer text")
  }

  /// What a document's first token is predicted from: what the tokenizer's files put there, or else the token that
  /// begins texts, or the one that ends them. Chunks begin with nothing else than llama.cpp puts there.
  private func beginning(_ tokenizer: any Tokenizer) -> Int32? {
    let special = tokenizer.specialTokens
    guard chunks == nil else { return tokenizer.opening.last }
    return tokenizer.opening.last ?? special.beginningOfText ?? special.endOfText
  }

  private func evaluator(_ tokenizer: any Tokenizer, for model: Model) throws(ApusError) -> Evaluator {
    let longest = model.specification.context
    let context = context ?? longest
    guard (1...longest).contains(context) else {
      throw ApusError(
        .usage, "--context is \(context), the model's context is \(longest)", remedy: "give 1 to \(longest)")
    }
    if let chunks {
      guard chunks >= 0, context >= 3, stride == nil else { throw wrongChunks(chunks, context) }
    }
    let stride = stride ?? max(1, context / 2)
    guard (1...context).contains(stride) else {
      throw ApusError(.usage, "--stride is \(stride), the context \(context)", remedy: "give 1 to \(context)")
    }
    var evaluator = Evaluator(tokenizer: tokenizer, context: context, stride: stride)
    evaluator.chunks = chunks
    return evaluator
  }

  private func wrongChunks(_ chunks: Int, _ context: Int) -> ApusError {
    if stride != nil {
      return ApusError(.usage, "--chunks and --stride are both given", remedy: "give one of them")
    }
    guard chunks < 0 else {
      return ApusError(.usage, "--context is \(context), too short for --chunks", remedy: "give 3 or more")
    }
    return ApusError(.usage, "--chunks is \(chunks)", remedy: "give a number of chunks, or 0 for all")
  }

  private func report(
    _ result: Evaluation, _ evaluator: Evaluator, seconds: Double, _ console: Console
  ) throws(ApusError) {
    let rate = Double(result.tokens) / max(1e-9, seconds)
    switch format {
    case .json:
      try console.printJSON(
        .fields([
          ("model", .string(model.path)), ("text", .string(text)), ("tokens", .int(Int64(result.tokens))),
          ("bytes", .int(Int64(result.bytes))), ("loss", .double(result.loss)),
          ("perplexity", .double(result.perplexity)),
          ("bits_per_byte", result.bitsPerByte.map { .double($0) } ?? .null),
          ("context", .int(Int64(evaluator.context))),
          ("stride", chunks == nil ? .int(Int64(evaluator.stride)) : .null),
          ("chunks", chunks.map { .int(Int64($0)) } ?? .null),
          ("seconds", .double(seconds)), ("tokens_per_second", .double(rate)),
        ]))
    case .text:
      var table = TextTable(["", ""], left: [0])
      table.add(["perplexity", Quantity.decimals(result.perplexity, 4)])
      table.add(["loss", Quantity.decimals(result.loss, 6)])
      table.add(["bits per byte", result.bitsPerByte.map { Quantity.decimals($0, 6) } ?? "–"])
      table.add(["tokens", "\(result.tokens)"])
      table.add(["bytes", "\(result.bytes)"])
      table.add(["tokens/s", Quantity.short(rate)])
      for line in table.lines { try console.output.line(line) }
    }
  }
}

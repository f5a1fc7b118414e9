// apus generate: continues a text. Text streams to standard output as it comes; with --format json one object does.

import ApusCore
import ApusGeneration
import ApusTokenizers
import ArgumentParser

/// `apus generate`.
struct Generate: Command {
  static let configuration = CommandConfiguration(
    abstract: "Continue a text with a model.",
    discussion: """
      The continuation goes to standard output as it comes, in whole characters; figures go to standard error. Tokens \
      are drawn from the model's distribution after the temperature, then top-k, then top-p. The same seed gives the \
      same text, whatever the number of threads. Log-probabilities in the JSON are those of the model itself, before \
      temperature, top-k and top-p.

      The text ends with the model's end-of-text token, before a stop string, after --max-tokens, or when the model's \
      context is full. A model without a tokenizer continues --ids and answers with ids.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var sampling: SamplingFlags
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("At most so many tokens.", valueName: "count"))
  var maxTokens = 256

  @Option(help: ArgumentHelp("End the text before this string; may be given several times.", valueName: "text"))
  var stop: [String] = []

  @Flag(help: "Compute everything again for each token, for comparison: slow, and the same tokens.")
  var noCache = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  func run(_ console: Console) throws {
    let options = try options()
    let model = try LanguageModel.load(model.path)
    let ids = try prompt.ids(model)
    console.catchInterrupts()
    let generator = try model.generator(ids, options) { console.interruption.isRequested }
    switch format {
    case .text: try stream(generator, showingIDs: model.tokenizer == nil, console)
    case .json: try printJSON(generator, ids, console)
    }
    try console.interruption.check()
  }

  private func options() throws(ApusError) -> GenerationOptions {
    let options = GenerationOptions(
      sampling: try sampling.options(), maximumTokens: maxTokens, stopStrings: stop, usesCache: !noCache)
    try options.validate()
    return options
  }

  private func stream(_ generator: Generator, showingIDs: Bool, _ console: Console) throws {
    if console.outputTerminal.isInteractive, let text = prompt.prompt {
      try console.output.write(console.outputTerminal.styled(text, .dim))
    }
    var ids: [Int32] = []
    while let token = try generator.nextToken() {
      ids.append(token.id)
      try console.output.write(token.text)
      try console.output.flush()
    }
    if showingIDs { try console.output.write(ids.map(String.init).joined(separator: ",")) }
    try console.output.line("")
    try console.output.flush()
    console.note(summary(generator))
  }

  private func summary(_ generator: Generator) -> String {
    let statistics = generator.statistics
    let rate = statistics.tokensPerSecond.map { ", \(Quantity.short($0)) tokens/s" } ?? ""
    let reason = (generator.finishReason?.rawValue ?? "").split(separator: "_").joined(separator: " ")
    let seed = sampling.isGreedy ? "" : "; seed \(generator.seed)"
    let first = Quantity.milliseconds(statistics.secondsToFirstToken)
    return "\(statistics.promptTokens) + \(statistics.tokens) tokens, the first after \(first)\(rate); \(reason)\(seed)"
  }

  private func printJSON(_ generator: Generator, _ prompt: [Int32], _ console: Console) throws {
    var tokens: [GeneratedToken] = []
    while let token = try generator.nextToken() { tokens.append(token) }
    let statistics = generator.statistics
    let result = JSON.fields([
      ("prompt_ids", .array(prompt.map { .int(Int64($0)) })),
      ("ids", .array(tokens.map { .int(Int64($0.id)) })),
      ("text", .string(tokens.map(\.text).joined())),
      ("logprobs", .array(tokens.map { .double(Double($0.logProbability)) })),
      ("finish_reason", generator.finishReason.map { .string($0.rawValue) } ?? .null),
      ("seed", sampling.isGreedy ? .null : .int(Int64(truncatingIfNeeded: generator.seed))),
      ("time_to_first_token", .double(statistics.secondsToFirstToken)),
      ("tokens_per_second", statistics.tokensPerSecond.map { .double($0) } ?? .null),
    ])
    try console.printJSON(result)
  }
}

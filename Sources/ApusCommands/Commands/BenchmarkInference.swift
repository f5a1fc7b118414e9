// apus benchmark inference: what the key-value cache is worth, as a table of times per token at growing lengths.

import ApusCore
import ApusGeneration
import ApusModels
import ApusTraining
import ArgumentParser

/// `apus benchmark inference`.
struct BenchmarkInference: Command {
  static let configuration = CommandConfiguration(
    commandName: "inference",
    abstract: "Measure the time per token with and without the key-value cache.",
    discussion: """
      With the cache a token costs the model's products once plus attention that is linear in the position: a + b·n, \
      where b is small. Without it everything is computed again, and a token costs about n times as much. The table \
      shows both at lengths 50, 100, …, and the line that fits each best. In very narrow models attention outweighs \
      the products early, so b·n shows more.
      """)

  @Option(
    help: ArgumentHelp(
      "A Hugging Face folder, a file in one, or a run folder; or use --preset.", valueName: "path"))
  var model: String?

  @Option(help: "A model of random weights in place of --model: \(Preset.names); masked ones cannot generate.")
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      "Length of the longest sequence, at least 100 (default: 500, or the model's context if less).", valueName: "count"
    ))
  var tokens: Int?

  @Option(help: ArgumentHelp("How often everything is measured.", valueName: "count"))
  var rounds = 5

  @Flag(help: "Do not measure without the cache, which takes most of the time.")
  var cachedOnly = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if (model == nil) == (preset == nil) { throw ValidationError("Give either --model or --preset.") }
    if let preset, preset.configuration.objective == .masked {
      throw ValidationError("--preset \(preset.rawValue) is a masked model, which cannot continue a text.")
    }
    if rounds < 1 || rounds > 1000 { throw ValidationError("--rounds is \(rounds); give 1 to 1000.") }
    if let tokens, tokens < 100 { throw ValidationError("--tokens is \(tokens); give at least 100.") }
  }

  func run(_ console: Console) throws {
    let subject = try subject()
    let length = try length(subject)
    let progress = ProgressReporter(console, "Measuring", total: rounds, unit: "rounds")
    let benchmark = InferenceBenchmark(
      model: subject, tokens: length, rounds: rounds, measuresUncached: !cachedOnly, clock: console.clock)
    let result = try benchmark.run { done throws(ApusError) in
      progress.update(done)
      try console.interruption.check()
    }
    progress.finish()
    switch format {
    case .text: for line in Self.lines(result, length) { try console.output.line(line) }
    case .json: try console.printJSON(json(result, length))
    }
  }

  private func subject() throws(ApusError) -> any NextTokenModel {
    if let preset { return try Transformer(Model(specification: Self.specification(preset), seed: 1)) }
    return try LanguageModel.load(model ?? "").model
  }

  /// The preset's shape, with a context long enough to measure in.
  private static func specification(_ preset: Preset) throws(ApusError) -> Specification {
    var model = preset.configuration.model
    model.context = max(model.context, 512)
    return try model.specification(vocabulary: preset.benchmarkVocabulary)
  }

  private func length(_ model: any NextTokenModel) throws(ApusError) -> Int {
    let length = tokens ?? min(500, model.contextLength)
    guard length <= model.contextLength, length >= 100 else {
      throw ApusError(
        .usage, "the benchmark needs a context of \(max(100, length)) tokens, the model has \(model.contextLength)",
        remedy: "use a model with a longer context or fewer --tokens")
    }
    return length
  }
}

// MARK: - Report

extension BenchmarkInference {
  static func lines(_ result: InferenceMeasurement, _ tokens: Int) -> [String] {
    let isUncached = !result.uncached.isEmpty
    var table = TextTable(["tokens", "with cache", "tokens/s"] + (isUncached ? ["without", "cache gains"] : []))
    for (index, length) in result.lengths.enumerated() {
      let cached = result.cached[index]
      var row = ["\(length)", Quantity.milliseconds(cached), Quantity.short(1 / cached)]
      if isUncached {
        row += [Quantity.milliseconds(result.uncached[index]), "\(Quantity.short(result.uncached[index] / cached))×"]
      }
      table.add(row)
    }
    var lines = table.lines + [""]
    if let fit = result.cachedFit { lines.append("with cache:    " + describe(fit)) }
    if isUncached, let fit = result.uncachedFit { lines.append("without cache: " + describe(fit)) }
    if let first = result.lengths.first, let last = result.lengths.last {
      let endurance = Quantity.decimals(result.endurance, 3)
      let note = "(0.8 or more where products outweigh attention)"
      lines.append("rate at \(last) tokens / rate at \(first): \(endurance) \(note)")
    }
    lines.append("prompt of \(tokens) tokens: \(Quantity.short(result.promptRate)) tokens/s")
    return lines
  }

  private static func describe(_ fit: LinearFit) -> String {
    let sign = fit.slope < 0 ? "−" : "+"
    let (a, b) = (Quantity.milliseconds(fit.intercept), Quantity.milliseconds(abs(fit.slope)))
    return "a + b·n = \(a) \(sign) \(b) · n  (r² \(Quantity.decimals(fit.rSquared, 3)))"
  }

  private func json(_ result: InferenceMeasurement, _ tokens: Int) -> JSON {
    .fields([
      ("model", .string(model ?? preset?.rawValue ?? "")), ("tokens", .int(Int64(tokens))),
      ("rounds", .int(Int64(rounds))), ("lengths", .integers(result.lengths)),
      ("cached_seconds_per_token", .array(result.cached.map { .double($0) })),
      ("cached_fit", result.cachedFit?.json ?? .null),
      ("uncached_seconds_per_token", .array(result.uncached.map { .double($0) })),
      ("uncached_fit", result.uncached.isEmpty ? .null : result.uncachedFit?.json ?? .null),
      ("rate_last_over_first", .double(result.endurance)),
      ("prompt_tokens_per_second", .double(result.promptRate)),
    ])
  }
}

// Options that several commands share: which model, which prompt, how tokens are chosen.

import ApusCore
import ApusGeneration
import ApusTokenizers
import ArgumentParser

/// Which model.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "A Hugging Face folder, a file in one, or a run folder (its finished model, else its latest checkpoint).",
      valueName: "path"))
  var path: String
}

/// What to continue.
struct PromptOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The text to continue; may be empty. Special tokens in it mean themselves. It begins with the token that the "
        + "tokenizer's files put before every text, if they name one.", valueName: "text"))
  var prompt: String?

  @Option(help: ArgumentHelp("Token ids to continue as they are, in place of a text: 1,2,3.", valueName: "ids"))
  var ids: TokenIDs?

  func validate() throws {
    if (prompt == nil) == (ids == nil) { throw ValidationError("Give either --prompt or --ids.") }
  }

  /// The ids of the prompt.
  func ids(_ model: LanguageModel) throws(ApusError) -> [Int32] {
    if let ids { return ids.values }
    return try model.encode(prompt ?? "", special: .recognised)
  }
}

/// Token ids separated by commas or spaces.
struct TokenIDs: ExpressibleByArgument, Sendable {
  var values: [Int32]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { $0.split(separator: " ") }
    let words = parts.joined()
    values = words.compactMap { Int32($0) }
    if values.count != words.count || parts.contains(where: \.isEmpty) { return nil }
  }
}

/// How tokens are chosen.
struct SamplingFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "0: always the most probable token; 1: the model's own distribution (default: 1).", valueName: "T"))
  var temperature: Double?

  @Option(help: ArgumentHelp("Keep the k most probable tokens and those that tie; 0: all.", valueName: "k"))
  var topK = 0

  @Option(
    help: ArgumentHelp("Keep the most probable tokens that together reach this probability; 1: all.", valueName: "p"))
  var topP = 1.0

  @Option(
    help: ArgumentHelp(
      "Seed of the draws, a whole number from 0 (default: another one each time).", valueName: "number"))
  var seed: Int?

  @Flag(help: "Always the most probable token; the same as --temperature 0.")
  var greedy = false

  func validate() throws {
    if greedy, let temperature, temperature != 0 {
      throw ValidationError("--greedy and --temperature \(temperature) contradict each other.")
    }
    if let seed, seed < 0 { throw ValidationError("--seed is \(seed); give a whole number from 0.") }
  }

  var isGreedy: Bool { greedy || temperature == 0 || topK == 1 }

  func options() throws(ApusError) -> SamplingOptions {
    let options = SamplingOptions(
      temperature: greedy ? 0 : temperature ?? 1, topK: topK, topP: topP, seed: seed.map { UInt64($0) })
    try options.validate()
    return options
  }
}

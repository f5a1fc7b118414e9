// `apus tokenizer train`: learns a vocabulary from texts and writes it as tokenizer.json.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// Learns a tokenizer.
struct TokenizerTrain: Command {
  /// What is learnt.
  enum Algorithm: String, ExpressibleByArgument, CaseIterable {
    /// Byte-level byte-pair encoding.
    case bpe
    /// Every character of the text.
    case characters
    /// Byte-pair encoding as the textbook has it, on words and characters.
    case textbook
  }

  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn a tokenizer from text, or from words with their counts.",
    discussion: """
      bpe learns byte-level byte-pair encoding: 256 bytes and the merges that make the vocabulary full; any bytes can \
      be encoded with it. characters takes every character of the text. textbook joins the most frequent pair of \
      neighbours in words with an end-of-word mark, as in Sennrich et al. 2016; --word-counts FILE gives the words: \
      one a line with its count, such as "low 5".
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Texts to learn from; - is standard input.")
  var input: [String] = []

  @Option(help: "bpe, characters or textbook (the default with --word-counts).")
  var algorithm: Algorithm?

  @Option(help: ArgumentHelp("bpe: tokens in all, special ones and 256 bytes included.", valueName: "n"))
  var vocabSize: Int?

  @Option(help: ArgumentHelp("A text that is one token, first in the vocabulary; may be repeated.", valueName: "s"))
  var specialToken: [String] = []

  @Option(
    help: "bpe: which of several equally frequent pairs is merged.")
  var tieBreak: TieBreakName = .huggingface

  @Option(help: ArgumentHelp("bpe: how text is cut into words: gpt2, cl100k, llama3 or qwen2.", valueName: "name"))
  var pretokenizer: PretokenizerName = .gpt2

  @Option(help: ArgumentHelp("bpe: pairs that occur less often are not merged.", valueName: "n"))
  var minFrequency: Int64 = 1

  @Option(help: ArgumentHelp("textbook: a file of words with their counts instead of text.", valueName: "file"))
  var wordCounts: String?

  @Option(help: ArgumentHelp("textbook: how many merges to learn.", valueName: "n"))
  var merges: Int?

  @Option(help: ArgumentHelp("textbook: the symbol behind every word; may be empty.", valueName: "s"))
  var endOfWord = "</w>"

  @Flag(help: "Print every merge with its count; textbook: and the words that it changed.")
  var trace = false

  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String?

  @Option(
    name: .customLong("invalid-utf8"), help: "Bytes that are not valid UTF-8: keep them with a warning, or error.")
  var invalidUTF8: InvalidUTF8Name = .keep

  @Flag(help: "Take binary data for text.")
  var allowBinary = false

  @Option(help: "The form of the trace and the summary on standard output.")
  var format: OutputFormat = .text

  var chosenAlgorithm: Algorithm { algorithm ?? (wordCounts == nil ? .bpe : .textbook) }

  func validate() throws {
    if input.isEmpty && wordCounts == nil { throw ValidationError("Name at least one text, or - for standard input.") }
    if wordCounts != nil && (chosenAlgorithm != .textbook || !input.isEmpty) {
      throw ValidationError("--word-counts goes with --algorithm textbook and takes the place of texts.")
    }
    if output == nil && !trace { throw ValidationError("Say where to write with --output DIR, or ask for --trace.") }
    switch chosenAlgorithm {
    case .bpe where vocabSize == nil: throw ValidationError("Say how many tokens you want with --vocab-size N.")
    case .textbook where merges ?? -1 < 0: throw ValidationError("Say how many merges you want with --merges N.")
    case .bpe where merges != nil, .characters where merges != nil:
      throw ValidationError("--merges goes with --algorithm textbook.")
    case .characters where vocabSize != nil, .textbook where vocabSize != nil:
      throw ValidationError("--vocab-size goes with --algorithm bpe.")
    default: break
    }
  }

  func run(_ console: Console) throws {
    switch chosenAlgorithm {
    case .bpe: try BytePairTraining(options: self, console: console).run()
    case .characters: try trainCharacters(console)
    case .textbook: try TextbookTraining(options: self, console: console).run()
    }
  }

  private func trainCharacters(_ console: Console) throws {
    var trainer = try CharacterTrainer(specialTokens: specialTokens)
    try forEachText(console) { text, _ in trainer.add(text) }
    try finish(trainer.train(), console)
  }

  // MARK: Shared by the algorithms

  var specialTokens: [[UInt8]] { specialToken.map { Array($0.utf8) } }

  /// Calls `body` with each text that may be used, and warns of what is odd about it.
  func forEachText(
    _ console: Console, _ body: (_ text: UnsafeBufferPointer<UInt8>, _ name: String) throws -> Void
  ) throws {
    let invalid: TextPolicy.InvalidUTF8 = chosenAlgorithm == .bpe ? invalidUTF8.policy : .error
    let policy = TextPolicy(invalidUTF8: invalid, allowsBinary: allowBinary)
    for path in input {
      try TextInput.with(path, console) { text in
        if let warning = try policy.check(text.span, file: TextInput.name(path)) { console.note("warning: \(warning)") }
        try body(text, TextInput.name(path))
      }
    }
  }

  /// Writes the tokenizer, if it is to be written, and says so.
  func finish(_ tokenizer: PipelineTokenizer, _ console: Console) throws {
    guard let output else { return }
    try tokenizer.save(to: output)
    console.note("Tokenizer with \(tokenizer.vocabularySize) tokens written to \(output)")
  }
}

/// The names of splitting patterns, by the models that use them.
enum PretokenizerName: String, ExpressibleByArgument, CaseIterable {
  case gpt2, p50k, cl100k, o200k, llama3, qwen2, tekken

  var pattern: SplitPattern {
    switch self {
    case .gpt2, .p50k: .gpt2
    case .cl100k, .llama3: .cl100k
    case .o200k: .o200k
    case .qwen2: .qwen2
    case .tekken: .tekken
    }
  }
}

/// The names of the rules for ties.
enum TieBreakName: String, ExpressibleByArgument, CaseIterable {
  case huggingface, rustbpe, first

  var rule: TieBreak {
    switch self {
    case .huggingface: .huggingface
    case .rustbpe: .rustbpe
    case .first: .first
    }
  }
}

/// What to do about bytes that are not valid UTF-8.
enum InvalidUTF8Name: String, ExpressibleByArgument, CaseIterable {
  case keep, error

  var policy: TextPolicy.InvalidUTF8 { self == .keep ? .keep : .error }
}

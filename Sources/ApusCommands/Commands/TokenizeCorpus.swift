// apus tokenize-corpus: text files become memory-mapped shards of tokens, split into training and validation.

import ApusCore
import ApusTokenizers
public import ApusTraining
public import ArgumentParser

/// `apus tokenize-corpus`.
struct TokenizeCorpus: Command {
  static let configuration = CommandConfiguration(
    commandName: "tokenize-corpus",
    abstract: "Turn text into memory-mapped shards of tokens for training.",
    discussion: """
      Every document ends with the tokenizer's end-of-text token, if it has one. What a document is: \
      `separator`: what stands between separators, white space at its edges left out; `file`: a whole file; `jsonl`: \
      the string `text` of a line; `text`: a whole file again, of which the end is kept for validation. `automatic` \
      takes jsonl for names that end so, separator where the first megabyte holds one, file for 20 files or more, and \
      text otherwise. With documents, every n-th is kept for validation, so that the split depends on nothing but order.

      An empty or binary file is refused; bytes that are not valid UTF-8 are kept as they are, with a warning. \
      Special tokens in the text are text: nothing in it can end a document but the separator.
      """)

  @Argument(help: ArgumentHelp("Text files.", valueName: "input"))
  var inputs: [String]

  @Option(help: ArgumentHelp("A tokenizer.json, or a folder that holds one.", valueName: "path"))
  var tokenizer: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to make.", valueName: "dir"))
  var output: String

  @Option(help: "automatic, separator, file, jsonl or text.")
  var documents = DocumentRule.automatic

  @Option(help: ArgumentHelp("What stands between documents.", valueName: "text"))
  var separator = "<|endoftext|>"

  @Option(help: ArgumentHelp("Share of the text that is kept for validation.", valueName: "fraction"))
  var validationFraction = 0.1

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard validationFraction > 0, validationFraction < 1 else {
      throw ValidationError("--validation-fraction is \(validationFraction); give a number between 0 and 1.")
    }
  }

  func run(_ console: Console) throws {
    let tokenizer = try TokenizerFile.load(path: tokenizer)
    let corpus = try TextCorpus(
      inputs, rule: documents, separator: separator, validationFraction: validationFraction)
    for warning in corpus.warnings { console.note("warning: \(warning)") }
    console.catchInterrupts()
    let progress = ProgressReporter(console, "Tokenizing", total: corpus.totalBytes, unit: "bytes")
    let builder = try CorpusBuilder(output, tokenizer: tokenizer)
    do {
      try corpus.write(to: builder) { (read) throws(ApusError) in
        try console.interruption.check()
        progress.update(read)
      }
      try builder.finish()
    } catch {
      builder.abandon()
      throw error
    }
    progress.finish()
    try report(builder, corpus, console)
  }

  private func report(_ builder: CorpusBuilder, _ corpus: TextCorpus, _ console: Console) throws {
    switch format {
    case .json:
      let splits = Split.allCases.map { ($0.rawValue, builder.counts[$0]?.json ?? .null) }
      try console.printJSON(
        .fields([("output", .string(output)), ("documents", .string(corpus.rule.rawValue))] + splits))
    case .text:
      var table = TextTable(["split", "documents", "tokens", "bytes", "bytes/token"], left: [0])
      for split in Split.allCases {
        let counts = builder.counts[split] ?? CorpusCounts()
        let ratio = Double(counts.bytes) / Double(max(1, counts.tokens))
        table.add([
          split.rawValue, "\(counts.documents)", "\(counts.tokens)", "\(counts.bytes)", Quantity.decimals(ratio, 2),
        ])
      }
      for line in table.lines { try console.output.line(line) }
    }
  }
}

extension DocumentRule: ExpressibleByArgument {}

extension CorpusCounts {
  fileprivate var json: JSON {
    .fields([
      ("documents", .int(Int64(documents))), ("tokens", .int(Int64(tokens))), ("bytes", .int(Int64(bytes))),
    ])
  }
}

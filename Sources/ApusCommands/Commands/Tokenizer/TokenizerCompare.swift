// `apus tokenizer compare`: two tokenizers on the same text, script by script.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// `apus tokenizer compare`.
struct TokenizerCompare: Command {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two tokenizers on text: tokens per byte and per word, by script.",
    discussion: """
      The text is that of the files named, or one paragraph in fifteen languages (the first article of the Universal \
      Declaration of Human Rights). The last column is the tokens of the second for each of the first: below 1 the \
      second packs better. --svg draws the tokens per character of each script under both.
      """)

  @Argument(help: ArgumentHelp("The first tokenizer; see `apus tokenizer inspect`.", valueName: "path"))
  var first: String

  @Argument(help: ArgumentHelp("The second tokenizer.", valueName: "path"))
  var second: String

  @Argument(help: "Texts to compare on.")
  var files: [String] = []

  @Option(help: "How text is cut, for files of ranks that do not say so.")
  var pretokenizer: PretokenizerName?

  @Option(help: ArgumentHelp("Write a chart to this file.", valueName: "file"))
  var svg: String?

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func run(_ console: Console) throws {
    let comparison = try TokenizerComparison(
      [first, second].map { path throws(ApusError) in
        let tokenizer = try TokenizerFile.load(path: path, pattern: pretokenizer?.pattern)
        return (path, try SampleTexts.measure(files, tokenizer))
      }, text: SampleTexts.name(files))
    switch format {
    case .text: for line in comparison.lines { try console.output.line(line) }
    case .json: try console.printJSON(comparison.json, pretty: true)
    }
    if let svg {
      try AtomicFile.write(comparison.chart.render(), to: svg)
      console.note("Chart: \(svg)")
    }
  }
}

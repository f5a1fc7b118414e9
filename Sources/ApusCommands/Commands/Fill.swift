// apus fill: what a masked language model would put into the gaps of a text.

import ApusCore
import ApusGeneration
import ArgumentParser

/// `apus fill`.
struct Fill: Command {
  static let configuration = CommandConfiguration(
    abstract: "Fill the gaps of a text with a masked language model (BERT, RoBERTa).",
    discussion: """
      A gap is written [MASK] or <mask>; there may be several, and each is guessed by itself while the others stand \
      open. Shows the most probable tokens of each gap, their probabilities, and the text with each in its place, as \
      the tokenizer spells it (often in lower case). A token that goes on inside a word has its mark, such as ##ing.

      --format json prints one object: `text` with the best token in each gap, and `gaps`, each with its `position` \
      among the tokens and its `fillings`: `id`, `token`, `probability` and `text`.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("The text, with a gap: \"Paris is the [MASK] of France.\"", valueName: "text"))
  var text: String

  @Option(help: ArgumentHelp("Show so many tokens for each gap.", valueName: "k"))
  var topK = 5

  @Option(help: "text or json.")
  var format = OutputFormat.text

  func validate() throws {
    if topK < 1 { throw ValidationError("--top-k is \(topK); give a whole number from 1.") }
  }

  func run(_ console: Console) throws {
    let filled = try EncoderModel.load(model.path).fill(text, count: topK)
    switch format {
    case .json: try console.printJSON(json(filled))
    case .text: for line in lines(filled) { try console.output.line(line) }
    }
  }

  private func json(_ filled: FilledText) -> JSON {
    let gaps = filled.gaps.map { gap in
      let fillings = gap.fillings.map { filling in
        JSON.fields([
          ("id", .int(Int64(filling.id))), ("token", .string(filling.token)),
          ("probability", .double(filling.probability)), ("text", .string(filling.text)),
        ])
      }
      return JSON.fields([("position", JSON(gap.position)), ("fillings", .array(fillings))])
    }
    return .fields([("text", .string(filled.text)), ("gaps", .array(gaps))])
  }

  private func lines(_ filled: FilledText) -> [String] {
    let hasSeveral = filled.gaps.count > 1
    var table = TextTable(
      (hasSeveral ? ["gap"] : []) + ["probability", "token", "text"], left: hasSeveral ? [2, 3] : [1, 2])
    for (number, gap) in filled.gaps.enumerated() {
      for filling in gap.fillings {
        let cells = [Quantity.decimals(filling.probability, 4), Self.quoted(filling.token), filling.text.printable]
        table.add((hasSeveral ? ["\(number + 1)"] : []) + cells)
      }
    }
    return table.lines + (hasSeveral ? ["", filled.text.printable] : [])
  }

  // So that a space that belongs to the token is seen.
  private static func quoted(_ token: String) -> String { TokenText.quoted(Array(token.utf8)) }
}

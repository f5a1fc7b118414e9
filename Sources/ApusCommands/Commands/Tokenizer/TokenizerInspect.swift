// `apus tokenizer inspect`: what a tokenizer is, what its vocabulary is made of, and what it makes of each script.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// `apus tokenizer inspect`.
struct TokenizerInspect: Command {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a tokenizer: its parts, its longest tokens, how well it packs each script.",
    discussion: """
      How well it packs is measured on the texts that are named, or on one paragraph in fifteen languages (the first \
      article of the Universal Declaration of Human Rights). Spaces and punctuation count with the letters before \
      them; a word is what stands between spaces, and scripts that write none have no figure there.
      """)

  @Argument(
    help: ArgumentHelp(
      "A tokenizer.json, .model, .tiktoken, tekken.json, vocab.json, vocab.txt or .gguf, or a folder that holds one.",
      valueName: "path"))
  var tokenizer: String

  @Argument(help: "Texts to measure on.")
  var files: [String] = []

  @Option(help: "How text is cut, for a file of ranks that does not say so.")
  var pretokenizer: PretokenizerName?

  @Option(help: ArgumentHelp("How many of the longest tokens are shown.", valueName: "count"))
  var longest = 10

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if longest < 0 { throw ValidationError("--longest is \(longest); give 0 or more.") }
  }

  func run(_ console: Console) throws {
    let tokenizer = try TokenizerFile.load(path: tokenizer, pattern: pretokenizer?.pattern)
    let summary = TokenizerSummary(self.tokenizer, tokenizer)
    let census = VocabularyCensus(tokenizer)
    let measure = try SampleTexts.measure(files, tokenizer)
    switch format {
    case .text:
      for line in summary.lines + lines(census, tokenizer) + lines(measure) { try console.output.line(line) }
    case .json:
      try console.printJSON(json(summary, census, measure), pretty: true)
    }
  }

  // MARK: For people

  private func lines(_ census: VocabularyCensus, _ tokenizer: any Tokenizer) -> [String] {
    let count = census.ids.count
    let mean = count == 0 ? .nan : Double(census.byteCount) / Double(count)
    var lines = [
      "",
      "\(NumberText.grouped(count)) tokens stand for text, of \(Quantity.decimals(mean, 2)) bytes in the mean; "
        + "\(NumberText.grouped(census.beginningWithSpace)) begin with a space, "
        + "\(NumberText.grouped(census.partial)) are no whole characters.",
    ]
    let scripts = census.scripts.prefix(8).map { "\($0.script) \(NumberText.grouped($0.count))" }
    if !scripts.isEmpty { lines.append("Scripts: " + scripts.joined(separator: ", ") + ".") }
    guard longest > 0, count > 0 else { return lines }
    var table = TextTable(["id", "bytes", "longest tokens"], left: [2])
    for (id, bytes) in census.longest(longest) {
      table.add(["\(id)", "\(bytes.count)", TokenText.quoted(bytes, upTo: 60)])
    }
    return lines + [""] + table.lines
  }

  private func lines(_ measure: ScriptMeasure) -> [String] {
    var table = TextTable(
      ["script", "bytes", "characters", "tokens", "bytes/token", "tokens/character", "tokens/word"], left: [0])
    for use in measure.scripts + [measure.total] {
      table.add([
        use.script, "\(use.bytes)", "\(use.characters)", "\(use.tokens)", NumberText.fixed(use.bytesPerToken, 2),
        NumberText.fixed(use.tokensPerCharacter, 3), use.tokensPerWord.map { NumberText.fixed($0, 2) } ?? "–",
      ])
    }
    return [""] + table.lines
  }

  // MARK: For programs

  private func json(_ summary: TokenizerSummary, _ census: VocabularyCensus, _ measure: ScriptMeasure) -> JSON {
    var object = summary.json.object ?? JSON.Object()
    object["text_tokens"] = JSON(census.ids.count)
    object["text_token_bytes"] = JSON(census.byteCount)
    object["partial_tokens"] = JSON(census.partial)
    object["tokens_with_space"] = JSON(census.beginningWithSpace)
    object["token_scripts"] = .fields(census.scripts.map { ($0.script, JSON($0.count)) })
    object["longest_tokens"] = .array(
      census.longest(longest).map { id, bytes in
        .fields([("id", JSON(Int(id)))] + TokenText.fields(bytes) + [("length", JSON(bytes.count))])
      })
    object["scripts"] = .array(measure.scripts.map(\.json))
    object["total"] = measure.total.json
    return .object(object)
  }
}

extension ScriptUse {
  /// The figures for programs; what is not known is null.
  var json: JSON {
    func number(_ value: Double?) -> JSON { value.map { $0.isFinite ? JSON($0) : .null } ?? .null }
    return .fields([
      ("script", .string(script)), ("bytes", JSON(bytes)), ("characters", JSON(characters)), ("words", JSON(words)),
      ("tokens", JSON(tokens)), ("bytes_per_token", number(bytesPerToken)), ("tokens_per_byte", number(tokensPerByte)),
      ("tokens_per_character", number(tokensPerCharacter)), ("tokens_per_word", number(tokensPerWord)),
    ])
  }
}

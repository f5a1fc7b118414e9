// `apus tokenizer encode`: text to token ids; nothing is added.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// Turns text into token ids.
struct TokenizerEncode: Command {
  /// Whether the texts of special tokens inside the text become their ids.
  enum Special: String, ExpressibleByArgument, CaseIterable {
    case all, none
  }

  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Turn text into token ids.",
    discussion: """
      Prints the ids of the whole text on one line, with spaces between; nothing is added. Any bytes may be encoded, \
      text or not. With --lines, each line of the input is a JSON string, and each line of the output a JSON array of \
      its ids. With --show, the tokens themselves are printed instead: on coloured grounds in a terminal, in quotation \
      marks elsewhere, as JSON with their ids and places on request.
      """)

  @OptionGroup var common: CommonOptions

  @OptionGroup var source: TokenizerSource

  @Argument(help: "The text; standard input where it is missing or -.")
  var file: String?

  @Flag(help: "Read one JSON string a line, print one JSON array a line.")
  var lines = false

  @Flag(help: "Show the tokens as text instead of their ids.")
  var show = false

  @Option(help: "Special tokens written in the text: all are recognised, or none (they are plain text).")
  var special: Special = .all

  @Option(help: "text: ids with spaces between; json: one array.")
  var format: OutputFormat = .text

  func validate() throws {
    if show && lines { throw ValidationError("--show and --lines exclude each other; leave one out.") }
  }

  func run(_ console: Console) throws {
    let tokenizer = try source.load()
    if lines { return try encodeLines(tokenizer, console) }
    try TextInput.with(file, console) { text in
      warn(ofLossIn: text, tokenizer, console)
      if show { return try show(Array(text), tokenizer, console) }
      let ids = try encode(text.span, tokenizer)
      try Self.write(ids, format, to: console.output)
    }
  }

  private func encodeLines(_ tokenizer: any Tokenizer, _ console: Console) throws {
    try TextInput.forEachLine(file, console) { line, number in
      let name = TextInput.name(file)
      let value = try JSON.parse(line, file: "\(name), line \(number)")
      guard let text = value.string else {
        throw ApusError(
          .badData, "a JSON string is expected, not \(value.kindName)", file: name, place: "line \(number)",
          remedy: "write one JSON string a line, or leave --lines out to encode the file as it is")
      }
      Array(text.utf8).withUnsafeBufferPointer { warn(ofLossIn: $0, tokenizer, console) }
      try Self.write(encode(Array(text.utf8).span, tokenizer), .json, to: console.output)
    }
  }

  private var policy: SpecialTokenPolicy { special == .all ? .recognised : .plainText }

  private func encode(_ text: Span<UInt8>, _ tokenizer: any Tokenizer) throws(ApusError) -> [Int32] {
    var ids: [Int32] = []
    try named { () throws(ApusError) in try tokenizer.encode(text, special: policy, into: &ids) }
    return ids
  }

  /// Shows the tokens: where they stand in the text is said in JSON only.
  private func show(_ text: [UInt8], _ tokenizer: any Tokenizer, _ console: Console) throws {
    if format == .json {
      let located = try named { () throws(ApusError) in try tokenizer.locate(text, special: policy) }
      let tokens = zip(located.ids, located.bytes).map { id, place -> JSON in
        let places: [(String, JSON)] = [("start", JSON(place.lowerBound)), ("end", JSON(place.upperBound))]
        return .fields([("id", JSON(Int(id)))] + TokenText.fields(tokenizer.bytes(of: id) ?? []) + places)
      }
      return try console.printJSON(.array(tokens))
    }
    let tokens = try encode(text.span, tokenizer).map { tokenizer.bytes(of: $0) ?? [] }
    let terminal = console.outputTerminal
    let shown =
      terminal.hasColor
      ? TokenText.colored(tokens, terminal) : tokens.map(TokenText.quoted).joined(separator: " ")
    try console.output.line(shown)
    let ratio = NumberText.fixed(Double(text.count) / Double(max(1, tokens.count)), 2)
    console.note("\(tokens.count) tokens for \(text.count) bytes: \(ratio) bytes per token")
  }

  /// Does work whose errors name the input.
  private func named<Result>(_ work: () throws(ApusError) -> Result) throws(ApusError) -> Result {
    do throws(ApusError) { return try work() } catch {
      var error = error
      error.file = TextInput.name(file)
      throw error
    }
  }

  private func warn(
    ofLossIn text: UnsafeBufferPointer<UInt8>, _ tokenizer: any Tokenizer, _ console: Console
  ) {
    let lost = Set(tokenizer.lostBytes)
    let count = lost.isEmpty ? 0 : text.count { lost.contains($0) }
    guard count > 0 else { return }
    console.note("warning: \(TextInput.name(file)): the vocabulary has no token for \(count) bytes; they are left out")
  }

  /// Writes ids on one line: with spaces between, or as a JSON array.
  private static func write(_ ids: [Int32], _ format: OutputFormat, to output: Output) throws(ApusError) {
    var line: [UInt8] = format == .json ? [UInt8(ascii: "[")] : []
    for (index, id) in ids.enumerated() {
      if index > 0 { line.append(UInt8(ascii: format == .json ? "," : " ")) }
      append(id, to: &line)
      if line.count > 1 << 16 {
        try output.write(line)
        line.removeAll(keepingCapacity: true)
      }
    }
    if format == .json { line.append(UInt8(ascii: "]")) }
    line.append(0x0A)
    try output.write(line)
  }

  /// Millions of ids are written in a moment; `String(id)` takes longer than encoding does.
  private static func append(_ id: Int32, to line: inout [UInt8]) {
    let value = id.magnitude
    var unit: UInt32 = 1
    while value / unit >= 10 { unit *= 10 }
    while unit > 0 {
      line.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
      unit /= 10
    }
  }
}

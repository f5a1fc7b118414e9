// apus embed: texts to vectors that can be compared. With --lines many texts go through in bounded memory.

import ApusCore
import ApusGeneration
public import ApusModels
import ApusTokenizers
public import ArgumentParser

/// `apus embed`.
struct Embed: Command {
  static let configuration = CommandConfiguration(
    abstract: "Turn texts into vectors with an encoder (BERT, RoBERTa, sentence-transformers).",
    discussion: """
      Prints the vector of one text: the argument, the file that it names if there is one, or standard input. With \
      --lines, each line of the input is a text, or a JSON string where the text has line ends of its own, and each \
      line of the output the JSON array of its vector; texts are computed many at a time.

      How a vector is made of the tokens' is what the model's folder says (modules.json and 1_Pooling/config.json of \
      the sentence-transformers library), else their mean, of length 1. A text that is longer than the model or its \
      folder allows (sentence_bert_config.json) is cut, with a warning.

      --format json prints one object: `embedding`, `tokens`, `left_out` (tokens beyond the limit), `pooling` and \
      `normalised`.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  @Argument(help: "The text, or a file; standard input where it is missing or -. With --lines: the file.")
  var input: String?

  @Flag(help: "Read one text a line, print one JSON array a line.")
  var lines = false

  @Option(help: "How the tokens' vectors become one: mean, first or pooler (default: as the folder says, else mean).")
  var pooling: Pooling?

  @Flag(
    inversion: .prefixedNo, help: "Whether vectors have the length 1 (default: as the folder says, else they have).")
  var normalise: Bool?

  @Option(help: "text: numbers with spaces between; json: one object.")
  var format = OutputFormat.text

  func run(_ console: Console) throws {
    let encoder = try EncoderModel.load(model.path)
    var settings = try encoder.embeddingSettings(pooling: pooling)
    settings.isNormalised = normalise ?? settings.isNormalised
    let batcher = try EmbeddingBatcher(encoder, settings)
    console.catchInterrupts()
    if lines { try embedLines(batcher, console) } else { try embedText(batcher, console) }
  }

  // MARK: - One text

  private func embedText(_ batcher: EmbeddingBatcher, _ console: Console) throws {
    var batcher = batcher
    let embeddings = try batcher.add(try text(console)) + batcher.finish()
    for embedding in embeddings {
      if embedding.leftOut > 0 {
        console.note(
          "warning: the text is longer than \(batcher.maximumTokens) tokens; \(embedding.leftOut) are left out")
      }
      switch format {
      case .json: try console.printJSON(json(embedding, batcher.settings))
      case .text: try console.output.line(embedding.vector.map { "\($0)" }.joined(separator: " "))
      }
    }
  }

  private func text(_ console: Console) throws -> String {
    if let input, input != "-", !FileSystem.exists(input) {
      if Self.looksLikeAPath(input) { console.note("note: no file is called \(input); it is embedded as a text") }
      return input
    }
    var text = ""
    try TextInput.with(input, console) { bytes in
      try TextPolicy().check(bytes.span, file: TextInput.name(input))
      text = decoded(bytes, TextInput.name(input), console)
    }
    return text
  }

  /// A mistyped name must not pass for a text in silence.
  private static func looksLikeAPath(_ text: String) -> Bool {
    !text.contains(where: \.isWhitespace) && (text.contains("/") || text.split(separator: ".").count > 1)
  }

  /// The text of bytes; of those that are no text, a warning.
  private func decoded(_ bytes: UnsafeBufferPointer<UInt8>, _ place: String, _ console: Console) -> String {
    if let first = UTF8Validation.firstInvalid(in: bytes.span) {
      console.note("warning: \(place): what is not valid UTF-8, from byte \(first), counts as unknown characters")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func json(_ embedding: Embedding, _ settings: EmbeddingSettings) -> JSON {
    .fields([
      ("embedding", Self.json(embedding.vector)), ("tokens", JSON(embedding.tokens)),
      ("left_out", JSON(embedding.leftOut)), ("pooling", .string(settings.pooling.rawValue)),
      ("normalised", .bool(settings.isNormalised)),
    ])
  }

  /// With the digits of a float, not of a double.
  private static func json(_ vector: [Float]) -> JSON {
    .array(vector.map { .double(Double("\($0)") ?? Double($0)) })
  }

  // MARK: - Many texts

  private func embedLines(_ batcher: EmbeddingBatcher, _ console: Console) throws {
    let progress = ProgressReporter(console, "Embedding", total: nil, unit: "texts")
    var state = (batcher: batcher, done: 0, cut: 0, firstCut: 0)
    func deliver(_ embeddings: [Embedding]) throws {
      for embedding in embeddings {
        state.done += 1
        if embedding.leftOut > 0 {
          state.cut += 1
          if state.cut == 1 { state.firstCut = state.done }
        }
        try console.printJSON(Self.json(embedding.vector))
      }
      progress.update(state.done)
    }
    try TextInput.forEachLine(input, console) { line, number in
      try console.interruption.check()
      try deliver(try add(text(ofLine: line, number, console), number, to: &state.batcher))
    }
    try deliver(try state.batcher.finish())
    progress.finish()
    guard state.cut > 0 else { return }
    console.note(
      "warning: \(TextInput.name(input)): of \(state.cut) texts longer than \(batcher.maximumTokens) tokens "
        + "what is beyond is left out, the first in line \(state.firstCut)")
  }

  /// A line in quotation marks that is no JSON is a text like any other.
  private func text(ofLine line: [UInt8], _ number: Int, _ console: Console) -> String {
    if line.first == UInt8(ascii: "\""), let text = (try? JSON.parse(line))?.string { return text }
    return line.withUnsafeBufferPointer { decoded($0, "\(TextInput.name(input)), line \(number)", console) }
  }

  private func add(
    _ text: String, _ number: Int, to batcher: inout EmbeddingBatcher
  ) throws(ApusError) -> [Embedding] {
    do throws(ApusError) {
      return try batcher.add(text)
    } catch {
      throw ApusError(
        error.kind, error.problem, file: error.file ?? TextInput.name(input), place: error.place ?? "line \(number)",
        remedy: error.remedy)
    }
  }
}

extension Pooling: ExpressibleByArgument {}

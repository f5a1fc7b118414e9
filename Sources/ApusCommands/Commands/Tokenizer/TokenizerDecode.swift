// `apus tokenizer decode`: token ids to text.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// Turns token ids into text.
struct TokenizerDecode: Command {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Turn token ids into text.",
    discussion: """
      The ids are whole numbers with spaces, commas or brackets between, as `encode` prints them. Writes the bytes \
      that they stand for, exactly, and nothing else. With --lines, each line of the input is a JSON array of ids and \
      each line of the output a JSON string, in which bytes that are not valid UTF-8 are U+FFFD.
      """)

  @OptionGroup var common: CommonOptions

  @OptionGroup var source: TokenizerSource

  @Argument(help: "The ids; standard input where it is missing or -.")
  var file: String?

  @Flag(help: "Read one JSON array a line, print one JSON string a line.")
  var lines = false

  @Flag(help: "Leave special tokens out of the text.")
  var skipSpecial = false

  func run(_ console: Console) throws {
    let tokenizer = try source.load()
    if lines { return try decodeLines(tokenizer, console) }
    try TextInput.with(file, console) { text in
      try console.output.write(decode(ids(in: text), tokenizer, place: nil))
    }
  }

  private func decodeLines(_ tokenizer: any Tokenizer, _ console: Console) throws {
    let name = TextInput.name(file)
    try TextInput.forEachLine(file, console) { line, number in
      let place = "line \(number)"
      let values = try JSON.parse(line, file: "\(name), \(place)").array ?? [.null]
      let ids = values.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
      guard ids.count == values.count else {
        throw ApusError(
          .badData, "a JSON array of token ids is expected", file: name, place: place,
          remedy: "write one array of whole numbers a line, or leave --lines out")
      }
      let text = try decode(ids, tokenizer, place: place)
      try console.output.line(JSON(String(decoding: text, as: UTF8.self)).text())
    }
  }

  private func decode(_ ids: [Int32], _ tokenizer: any Tokenizer, place: String?) throws(ApusError) -> [UInt8] {
    do throws(ApusError) { return try tokenizer.decode(ids, skippingSpecial: skipSpecial) } catch {
      var error = error
      error.file = TextInput.name(file)
      error.place = place
      throw error
    }
  }

  /// The whole numbers of a text.
  private func ids(in text: UnsafeBufferPointer<UInt8>) throws(ApusError) -> [Int32] {
    let separators = Set(" \t\r\n,[]".utf8)
    var ids: [Int32] = []
    for word in text.split(whereSeparator: { separators.contains($0) }) {
      guard let id = Int32(String(decoding: word, as: UTF8.self)) else {
        throw ApusError(
          .badData, "'\(String(decoding: word.prefix(40), as: UTF8.self))' is not a token id",
          file: TextInput.name(file), place: "byte \(word.startIndex)",
          remedy: "give whole numbers with spaces or commas between")
      }
      ids.append(id)
    }
    return ids
  }
}

// The group `apus tokenizer` and what its commands share: the texts named on the command line.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// `apus tokenizer`: train, encode, decode, inspect, compare.
struct TokenizerCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Make a tokenizer, turn text into token ids and back, look at what it does.",
    discussion: """
      A tokenizer is a folder with a tokenizer.json as Hugging Face's libraries read and write it; those of tiktoken, \
      sentencepiece, BERT, GPT-2 and Mistral are read too.
      """,
    subcommands: [
      TokenizerTrain.self, TokenizerEncode.self, TokenizerDecode.self, TokenizerInspect.self, TokenizerCompare.self,
    ]
  )
}

/// The tokenizer that a command works with.
struct TokenizerSource: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A tokenizer.json, .model, .tiktoken, tekken.json, vocab.json or vocab.txt, or a folder that holds one.",
      valueName: "path"))
  var tokenizer: String

  @Option(help: "How text is cut, for a file of ranks that does not say so.")
  var pretokenizer: PretokenizerName?

  func load() throws(ApusError) -> any Tokenizer {
    try TokenizerFile.load(path: tokenizer, pattern: pretokenizer?.pattern)
  }
}

/// Text as a command gets it.
enum TextInput {
  /// Calls `body` with the bytes of the file at `path`, or of standard input where it is missing or "-".
  static func with(
    _ path: String?, _ console: Console, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    guard let path, path != "-" else {
      return try console.input.readAll().withUnsafeBufferPointer { try body($0) }
    }
    let file = try MappedFile(path)
    try file.withBytes { bytes in try bytes.withMemoryRebound(to: UInt8.self) { try body($0) } }
  }

  /// Calls `body` with each line, without its line feed, of the file or of standard input.
  static func forEachLine(
    _ path: String?, _ console: Console, _ body: (_ line: [UInt8], _ number: Int) throws -> Void
  ) throws {
    guard let path, path != "-" else {
      var lines = LineReader(console.input)
      var number = 0
      while let line = try lines.next() {
        number += 1
        try body(line, number)
      }
      return
    }
    try with(path, console) { text in
      var start = 0
      var number = 0
      while start < text.count {
        let end = text[start...].firstIndex(of: 0x0A) ?? text.count
        number += 1
        try body(Array(text[start..<end]), number)
        start = end + 1
      }
    }
  }

  /// What errors call the input.
  static func name(_ path: String?) -> String { path.flatMap { $0 == "-" ? nil : $0 } ?? "standard input" }
}

// `apus tokenizer train`: learns a vocabulary from texts and writes it as tokenizer.json, and in other formats too.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// Learns a tokenizer.
struct TokenizerTrain: Command {
  /// What is learnt.
  enum Algorithm: String, ExpressibleByArgument, CaseIterable {
    /// Byte-level byte-pair encoding.
    case bpe
    /// Byte-pair encoding of characters with an end-of-word mark.
    case characterBPE = "character-bpe"
    /// BERT's word pieces.
    case wordpiece
    /// A unigram language model, as sentencepiece's.
    case unigram
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
      be encoded with it. character-bpe merges characters instead, the last of a word with a mark (GPT-1). wordpiece \
      learns BERT's pieces, those inside a word marked with ##. unigram learns pieces and their probabilities, spaces \
      written as ▁ (sentencepiece). characters takes every character of the text. textbook joins the most frequent \
      pair of neighbours in words with an end-of-word mark, as in Sennrich et al. 2016, step by step; --word-counts \
      FILE gives the words: one a line with its count, such as "low 5".

      With --memory the words of large texts go through temporary files (in TMPDIR), and if even the distinct words \
      are too many, the rarest are left out and their number is told.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Texts to learn from; - is standard input.")
  var input: [String] = []

  @Option(
    help: "bpe, character-bpe, wordpiece, unigram, characters, or textbook (the default with --word-counts).")
  var algorithm: Algorithm?

  @Option(help: ArgumentHelp("Tokens in all, special ones, bytes and characters included.", valueName: "n"))
  var vocabSize: Int?

  @Option(
    help: ArgumentHelp(
      "A text that is one token, first in the vocabulary; may be repeated. Without any, wordpiece has BERT's five, "
        + "unigram <unk> <s> </s>, character-bpe <unk>, the others none.", valueName: "s"))
  var specialToken: [String] = []

  @Option(
    help: "bpe, character-bpe, wordpiece: which of several equally frequent pairs is merged.")
  var tieBreak: TieBreakName?

  @Option(
    help: ArgumentHelp(
      "bpe: how text is cut into words: gpt2 (the default), cl100k, llama3, o200k, qwen2 or tekken; character-bpe: "
        + "whitespace (the default) or words, which cuts round punctuation too.", valueName: "name"))
  var pretokenizer: TrainingPretokenizer?

  @Option(
    help: ArgumentHelp("bpe, character-bpe, wordpiece: pairs that occur less often are not merged.", valueName: "n"))
  var minFrequency: Int64?

  @Option(
    help: ArgumentHelp("character-bpe, wordpiece, unigram: how many characters to keep at most.", valueName: "n"))
  var limitAlphabet: Int?

  @Flag(help: "wordpiece: put text in lower case and take accents off.")
  var lowercase = false

  @Flag(inversion: .prefixedNo, help: "unigram: 256 tokens that spell unknown characters in bytes (the default).")
  var byteFallback: Bool?

  @Option(
    help: ArgumentHelp(
      "What training may take of the memory, such as 500M or 2G; all it needs by default.",
      valueName: "size"))
  var memory: ByteCount?

  @Option(help: ArgumentHelp("textbook: a file of words with their counts instead of text.", valueName: "file"))
  var wordCounts: String?

  @Option(help: ArgumentHelp("textbook: how many merges to learn.", valueName: "n"))
  var merges: Int?

  @Option(
    help: ArgumentHelp(
      "textbook: the symbol behind every word, may be empty; character-bpe: what marks a word's last character "
        + "(</w> by default).", valueName: "s"))
  var endOfWord: String?

  @Flag(help: "Print every merge with its count; textbook: and the words that it changed.")
  var trace = false

  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Write this too: tiktoken (bpe; tokenizer.tiktoken) or sentencepiece (unigram; tokenizer.model).",
      valueName: "format"))
  var also: [OtherFormat] = []

  @Option(
    name: .customLong("invalid-utf8"),
    help: "bpe: bytes that are not valid UTF-8: keep them with a warning (the default), or error, as the others do.")
  var invalidUTF8: InvalidUTF8Name?

  @Flag(help: "Take binary data for text.")
  var allowBinary = false

  @Option(help: "The form of the trace and the summary on standard output.")
  var format: OutputFormat = .text

  var chosenAlgorithm: Algorithm { algorithm ?? (wordCounts == nil ? .bpe : .textbook) }

  func validate() throws { try TrainingOptionCheck(options: self).validate() }

  func run(_ console: Console) throws {
    if let output {
      try FileSystem.checkFolder(output.hasSuffix(".json") ? FileSystem.parent(of: output) : output)
    }
    switch chosenAlgorithm {
    case .bpe, .characterBPE, .wordpiece, .unigram: try CorpusTraining(options: self, console: console).run()
    case .characters: try trainCharacters(console)
    case .textbook: try TextbookTraining(options: self, console: console).run()
    }
  }

  private func trainCharacters(_ console: Console) throws {
    var trainer = try CharacterTrainer(specialTokens: specialTokens)
    try forEachText(console) { trainer.add($0.bytes) }
    try finish(trainer.train(), console)
  }

  // MARK: Shared by the algorithms

  var specialTokens: [[UInt8]] { specialToken.map { Array($0.utf8) } }
  var endOfWordMark: [UInt8] { Array((endOfWord ?? "</w>").utf8) }

  /// Calls `body` with each text that may be used, and warns of what is odd about it.
  func forEachText(_ console: Console, _ body: (TextFile) throws -> Void) throws {
    let invalid = (invalidUTF8 ?? (chosenAlgorithm == .bpe ? .keep : .error)).policy
    let policy = TextPolicy(invalidUTF8: invalid, allowsBinary: allowBinary)
    for path in input {
      try TextFile.with(path, console) { text in
        let warning = try policy.check(text.bytes.span, file: text.name) { text.release($0) }
        if let warning { console.note("warning: \(warning)") }
        try body(text)
      }
    }
  }

  /// Writes the tokenizer, if it is to be written, and says so.
  func finish(_ tokenizer: PipelineTokenizer, _ console: Console) throws {
    guard let output else { return }
    try tokenizer.save(to: output)
    for format in also {
      switch format {
      case .tiktoken: try tokenizer.saveRanks(to: FileSystem.join(output, "tokenizer.tiktoken"))
      case .sentencepiece: try tokenizer.saveSentencePiece(to: FileSystem.join(output, "tokenizer.model"))
      }
    }
    console.note("Tokenizer with \(tokenizer.vocabularySize) tokens written to \(output)")
  }
}

// apus inspect: what a model, a tokenizer or a shard of tokens holds. What there is to say of each stands in Inspect/.

import ApusCore
import ApusGeneration
import ApusTokenizers
import ApusTraining
import ArgumentParser

/// `apus inspect`.
struct Inspect: Command {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model, a tokenizer or a shard of tokens is.",
    discussion: """
      Of a model: architecture, shapes, parameters, memory. The weights are loaded and checked against the \
      configuration, and values that are no finite numbers are counted. Memory is that of float32 weights and of the \
      key-value cache of one sequence.

      Of a tokenizer: its kind, its vocabulary, its special tokens. Of shards: how many tokens, documents and bytes of \
      text; every checksum is verified.
      """)

  @Argument(
    help: ArgumentHelp(
      "A Hugging Face folder, a file in one, a run folder (its finished model, else its latest checkpoint), a "
        + "tokenizer's file or folder, a shard or a folder of shards.",
      valueName: "path"))
  var path: String

  @Flag(help: "List every tensor of a model's files.")
  var tensors = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func run(_ console: Console) throws {
    let summary = try summary()
    switch format {
    case .text: for line in summary.lines { try console.output.line(line) }
    case .json: try console.printJSON(summary.json, pretty: true)
    }
  }

  private func summary() throws(ApusError) -> any Summary {
    if try isTokenizer() { return try TokenizerSummary(path) }
    if let shards = try shards() { return try ShardSummary(shards) }
    return try ModelSummary(ModelLocation(path), listingTensors: tensors)
  }

  /// Whether a tokenizer is meant: its file, or a folder that holds nothing else of interest.
  private func isTokenizer() throws(ApusError) -> Bool {
    guard FileSystem.isFolder(path) else {
      let folder = FileSystem.parent(of: path)
      return TokenizerFile.isTokenizer(named: FileSystem.name(of: path))
        || (path.hasSuffix(".json") && !FileSystem.isFile(FileSystem.join(folder, "config.json")))
    }
    guard try FileSystem.list(path).contains(where: TokenizerFile.isTokenizer), !isModel else { return false }
    return try Shard.paths(in: path).isEmpty
  }

  /// The shards that are meant: one, or those of a folder that holds no model.
  private func shards() throws(ApusError) -> [String]? {
    guard FileSystem.isFolder(path) else { return FileSystem.isFile(path) && Shard.isShard(path) ? [path] : nil }
    let paths = isModel ? [] : try Shard.paths(in: path)
    return paths.isEmpty ? nil : paths
  }

  private var isModel: Bool { (try? ModelLocation(path)) != nil }
}

/// What there is to say about something, for people and for programs.
protocol Summary {
  var lines: [String] { get }
  var json: JSON { get }
}

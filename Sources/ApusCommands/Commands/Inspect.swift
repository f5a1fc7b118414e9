// apus inspect: what a model, a tokenizer or a shard of tokens holds, or a published model would. What there is to say
// of each stands in Inspect/.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTokenizers
import ApusTraining
import ArgumentParser

/// `apus inspect`.
struct Inspect: Command {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model, a published model's shape, a tokenizer or a shard of tokens is.",
    discussion: """
      Of a model: architecture, shapes, parameters, stored types, memory, tokenizer, chat template. Only headers are \
      read, and names, shapes and types of all tensors checked against the configuration. Memory is that of the \
      weights as they are stored and of the key-value cache of one sequence.

      Of a preset, the published shape of a well-known model: the same without any weights. Memory of weights is that \
      of all matrices in one type; of training, float32 weights, gradients, two moments and the activations of one \
      sequence. A token takes 2 operations for each value that it is multiplied by and 4 for each feature of each \
      query head and position; training takes three times that.

      Of a tokenizer: its kind, its vocabulary, its special tokens. Of shards: how many tokens, documents and bytes of \
      text; every checksum is verified.
      """)

  @Argument(
    help: ArgumentHelp(
      "A .gguf file, a Hugging Face folder, a file in one, a run folder (its finished model, else its latest "
        + "checkpoint), a tokenizer's file or folder, a shard or a folder of shards, a .safetensors file.",
      valueName: "path"))
  var path: String?

  @Option(
    help: ArgumentHelp(
      "A published model in place of a path: llama-3-8b, gpt2-xl, … (--presets lists all).", valueName: "name"))
  var preset: String?

  @Flag(help: "List the presets.")
  var presets = false

  @Option(
    help: ArgumentHelp(
      "Tokens of a sequence, for the cache, and a preset's training and operations (default: all that it takes).",
      valueName: "count"))
  var context: Int?

  @Flag(help: "Read all of a model's weights too, and count values that are no finite numbers.")
  var check = false

  @Flag(help: "List every tensor of a model's files.")
  var tensors = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  private static let possibleContexts = 1...1 << 24

  func validate() throws {
    if [path != nil, preset != nil, presets].count(where: { $0 }) != 1 {
      throw ValidationError("Give one of: a path, --preset NAME, --presets.")
    }
    if path == nil, check || tensors {
      throw ValidationError("--check and --tensors look into a model's files; give a path.")
    }
    if presets, context != nil { throw ValidationError("--context asks about one model; give --preset NAME.") }
    if let context, !Self.possibleContexts.contains(context) {
      throw ValidationError("--context is \(context); give 1 to \(1 << 24).")
    }
  }

  func run(_ console: Console) throws {
    let summary = try summary()
    switch format {
    case .text: for line in summary.lines { try console.output.line(line) }
    case .json: try console.printJSON(summary.json, pretty: true)
    }
  }

  private func summary() throws(ApusError) -> any Summary {
    if presets { return try PresetList() }
    if let preset { return try PresetSummary(try .named(preset), context: context) }
    let path = path ?? ""
    if try isTokenizer(path) {
      try refuse("a tokenizer", ("--context", context != nil), ("--check", check), ("--tensors", tensors))
      return try TokenizerSummary(path)
    }
    if let shards = try shards(path) {
      try refuse("shards", ("--context", context != nil), ("--check", check), ("--tensors", tensors))
      return try ShardSummary(shards)
    }
    if isTensorsAlone(path) {
      try refuse("tensors without a config.json", ("--context", context != nil), ("--check", check))
      return TensorFileSummary(try SafetensorsFile(path), listingTensors: tensors)
    }
    return try ModelSummary(ModelLocation(path), context: context, readingWeights: check, listingTensors: tensors)
  }

  /// Throws where an option is given that says nothing of what is there.
  private func refuse(_ what: String, _ options: (name: String, isGiven: Bool)...) throws(ApusError) {
    guard let option = options.first(where: \.isGiven) else { return }
    throw ApusError(
      .usage, "\(option.name) asks about a model, and this is \(what)", file: path, remedy: "leave the option out")
  }

  /// Whether a safetensors file is meant that belongs to no model.
  private func isTensorsAlone(_ path: String) -> Bool {
    path.hasSuffix(".safetensors") && FileSystem.isFile(path) && !isModel(path)
  }

  /// Whether a tokenizer is meant: its file, or a folder or GGUF file that holds nothing else of interest.
  private func isTokenizer(_ path: String) throws(ApusError) -> Bool {
    if GGUFFile.isName(path), FileSystem.isFile(path) { return try GGUFCheckpoint(path).tensors.isEmpty }
    guard FileSystem.isFolder(path) else {
      let folder = FileSystem.parent(of: path)
      return TokenizerFile.isTokenizer(named: FileSystem.name(of: path))
        || (path.hasSuffix(".json") && !FileSystem.isFile(FileSystem.join(folder, "config.json")))
    }
    guard try FileSystem.list(path).contains(where: TokenizerFile.isTokenizer), !isModel(path) else { return false }
    return try Shard.paths(in: path).isEmpty
  }

  /// The shards that are meant: one, or those of a folder that holds no model.
  private func shards(_ path: String) throws(ApusError) -> [String]? {
    guard FileSystem.isFolder(path) else { return FileSystem.isFile(path) && Shard.isShard(path) ? [path] : nil }
    let paths = isModel(path) ? [] : try Shard.paths(in: path)
    return paths.isEmpty ? nil : paths
  }

  private func isModel(_ path: String) -> Bool { (try? ModelLocation(path)) != nil }
}

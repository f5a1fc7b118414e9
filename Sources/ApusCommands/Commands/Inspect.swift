// apus inspect: what a model folder holds. It loads the weights, so what it shows can also be used.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTensor
import ApusTokenizers
import ArgumentParser

/// `apus inspect`.
struct Inspect: Command {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model is: architecture, shapes, parameters, memory.",
    discussion: """
      The weights are loaded and checked against the configuration, and values that are no finite numbers are counted. \
      Memory is that of float32 weights and of the key-value cache of one sequence.
      """)

  @Argument(
    help: ArgumentHelp(
      "A Hugging Face folder, a file in one, or a run folder (its finished model, else its latest checkpoint).",
      valueName: "path"))
  var path: String

  @Flag(help: "List every tensor of the files.")
  var tensors = false

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func run(_ console: Console) throws {
    let summary = try ModelSummary(ModelLocation(path))
    switch format {
    case .text: for line in summary.lines(listingTensors: tensors) { try console.output.line(line) }
    case .json: try console.printJSON(summary.json(listingTensors: tensors), pretty: true)
    }
  }
}

/// What there is to say about a model.
struct ModelSummary {
  let folder: String
  let specification: Specification
  let tensors: [TensorEntry]
  let fileCount: Int
  let nonFinite: Int
  let vocabularySize: Int?

  init(_ location: ModelLocation) throws(ApusError) {
    let model = try Model.load(folder: location.folder)
    let files = try SafetensorsFolder(location.folder)
    folder = location.folder
    specification = model.specification
    tensors = files.tensors
    fileCount = files.files.count
    nonFinite = model.parameters.reduce(0) { sum, parameter in
      sum + parameter.value.withValues { $0.reduce(0) { $0 + ($1.isFinite ? 0 : 1) } }
    }
    vocabularySize =
      location.has("tokenizer.json")
      ? try TokenizerFile.load(path: location.file("tokenizer.json")).vocabularySize : nil
  }

  private var weightBytes: Int { specification.parameterCount * 4 }
  private var fileBytes: Int { tensors.reduce(0) { $0 + $1.byteRange.count } }
  private var types: [String] { Set(tensors.map(\.type.rawValue)).sorted() }

  /// Keys and values in float32, of every layer.
  private var cacheBytesPerToken: Int {
    specification.layers * specification.keyValueHeads * specification.headWidth * 2 * 4
  }

  func lines(listingTensors: Bool) -> [String] {
    var table = TextTable(["", ""], left: [0, 1])
    for (name, value) in facts { table.add([name, value]) }
    guard listingTensors else { return table.lines }
    var list = TextTable(["tensor", "type", "shape"], left: [0, 1, 2])
    for tensor in tensors { list.add([tensor.name, tensor.type.rawValue, "\(tensor.shape)"]) }
    return table.lines + [""] + list.lines
  }

  private var facts: [(String, String)] {
    let spec = specification
    let without = Quantity.short(Double(spec.parameterCountWithoutEmbeddings))
    let cache = Quantity.bytes(cacheBytesPerToken * spec.context)
    return [
      ("folder", folder), ("architecture", spec.architecture),
      ("blocks", "\(spec.layers) of width \(spec.width), feed-forward \(feedForward)"),
      ("attention", "\(spec.heads) heads of \(spec.headWidth) over \(spec.keyValueHeads) key-value heads"),
      ("positions", "\(positions), context of \(spec.context) tokens"),
      ("vocabulary", "\(spec.vocabulary) tokens, output \(spec.tiedOutput ? "tied to the embedding" : "of its own")"),
      ("parameters", "\(Quantity.short(Double(spec.parameterCount))) (\(without) without embeddings)"),
      ("files", "\(fileCount) of \(Quantity.bytes(fileBytes)) as \(types.joined(separator: ", "))"),
      ("memory", "\(Quantity.bytes(weightBytes)) of weights; cache \(cache) for a full context"),
      ("end of text", spec.endTokens.isEmpty ? "none" : spec.endTokens.map(String.init).joined(separator: ", ")),
      ("tokenizer", vocabularySize.map { "tokenizer.json with \($0) tokens" } ?? "none"),
      ("weights", nonFinite == 0 ? "all finite" : "\(nonFinite) values are no finite numbers"),
    ]
  }

  private var positions: String {
    switch specification.positions {
    case .none: "none"
    case .learned: "learned"
    case .sinusoidal: "sinusoidal"
    case .rotary(let rotation, _): "rotary (base \(Quantity.short(rotation.base))\(rotation.scaling.summary))"
    }
  }

  private var feedForward: String {
    switch specification.feedForward {
    case .plain(let function): "\(specification.feedForwardWidth) (\(function.rawValue))"
    case .gated(let function): "\(specification.feedForwardWidth) (gated, \(function.rawValue))"
    }
  }

  func json(listingTensors: Bool) -> JSON {
    let spec = specification
    var fields: [(String, JSON)] = [
      ("folder", .string(folder)), ("architecture", .string(spec.architecture)), ("layers", JSON(spec.layers)),
      ("width", JSON(spec.width)), ("heads", JSON(spec.heads)), ("key_value_heads", JSON(spec.keyValueHeads)),
      ("head_width", JSON(spec.headWidth)), ("feed_forward_width", JSON(spec.feedForwardWidth)),
      ("context", JSON(spec.context)), ("vocabulary", JSON(spec.vocabulary)), ("tied_output", JSON(spec.tiedOutput)),
      ("parameters", JSON(spec.parameterCount)),
      ("parameters_without_embeddings", JSON(spec.parameterCountWithoutEmbeddings)),
      ("file_bytes", JSON(fileBytes)), ("types", JSON(types)), ("weight_bytes", JSON(weightBytes)),
      ("cache_bytes_per_token", JSON(cacheBytesPerToken)), ("end_of_text", JSON(spec.endTokens)),
      ("tokenizer_vocabulary", vocabularySize.map { JSON($0) } ?? .null), ("non_finite_weights", JSON(nonFinite)),
    ]
    if listingTensors {
      let list = tensors.map { tensor -> JSON in
        ["name": .string(tensor.name), "type": .string(tensor.type.rawValue), "shape": JSON(tensor.shape)]
      }
      fields.append(("tensors", .array(list)))
    }
    return .fields(fields)
  }
}

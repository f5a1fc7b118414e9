// What there is to say about a model in files. Headers, configuration and tokenizer are read; weights only on request.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTensor
import ApusTokenizers

/// A model in facts.
struct ModelSummary: Summary {
  private let location: ModelLocation
  private let shape: ShapeFacts
  private let costs: CostFacts
  private let stored: StoredFacts
  private let tokenizer: TokenizerFacts?
  private let chatTemplate: String?
  /// How many weights are no finite numbers; nil: they were not read.
  private let nonFinite: Int?
  private let listingTensors: Bool

  /// - Parameters:
  ///   - location: where the model lies.
  ///   - context: the tokens that the cache is for; nil: all that the model takes.
  ///   - readingWeights: whether to look at every weight.
  ///   - listingTensors: whether every tensor gets a line.
  init(
    _ location: ModelLocation, context: Int?, readingWeights: Bool, listingTensors: Bool
  ) throws(ApusError) {
    let description = try location.describe()
    self.location = location
    self.listingTensors = listingTensors
    shape = ShapeFacts(specification: description.specification)
    costs = try CostFacts(description.specification, context: context)
    stored = StoredFacts(tensors: description.tensors, fileCount: description.files.count)
    tokenizer = try location.loadTokenizer().map { TokenizerFacts(tokenizer: $0) }
    chatTemplate = try location.chatTemplate()
    nonFinite = readingWeights ? try Self.countNonFinite(location.loadModel()) : nil
  }

  private static func countNonFinite(_ model: Model) throws(ApusError) -> Int {
    let kernels = try Kernels.select()
    var count = 0
    for parameter in model.parameters {
      parameter.forEachRow(0..<parameter.rows, kernels) { row in
        count += row.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
      }
    }
    return count
  }

  private var specification: Specification { shape.specification }

  // MARK: - For people

  var lines: [String] { facts.lines + (listingTensors ? [""] + stored.list : []) }

  private var facts: Facts {
    let place: Facts = [(location.gguf == nil ? "folder" : "file", location.name)]
    return place + shape.facts + costs.parameters + stored.facts + memory + endOfText
      + (tokenizer?.brief ?? [("tokenizer", "none")]) + template + weights
  }

  private var memory: Facts {
    let sum = "\(Quantity.bytes(stored.bytes + costs.keptBytes)) for \(costs.tokens) tokens"
    let parts = "weights \(Quantity.bytes(stored.bytes)), cache \(Quantity.bytes(costs.keptBytes))"
    return [("memory", "\(sum): \(parts)")]
  }

  private var endOfText: Facts {
    let ids = specification.endTokens.map { id in
      id < specification.vocabulary ? "\(id)" : "\(id) (ignored: beyond the vocabulary)"
    }
    return [("end of text", ids.isEmpty ? "none" : ids.joined(separator: ", "))]
  }

  private var template: Facts {
    guard let chatTemplate else { return [] }
    let beginning = String(chatTemplate.prefix(40)).printable
    let isWhole = beginning.count == chatTemplate.count
    let rest = isWhole ? "" : "… (\(NumberText.grouped(chatTemplate.utf8.count)) bytes)"
    return [("chat template", beginning + rest)]
  }

  private var weights: Facts {
    guard let nonFinite else { return [] }
    return [("weights", nonFinite == 0 ? "all finite" : "\(nonFinite) values are no finite numbers")]
  }

  // MARK: - For programs

  var json: JSON {
    var fields: [(String, JSON)] = [
      ("kind", "model"), ("format", location.gguf == nil ? "safetensors" : "gguf"),
      ("folder", .string(location.folder)), ("file", location.gguf.map { .string($0) } ?? .null),
    ]
    fields += shape.fields + costs.fields + stored.fields
    fields += [
      ("memory_bytes", JSON(stored.bytes + costs.keptBytes)), ("end_of_text", JSON(specification.endTokens)),
      ("tokenizer_vocabulary", tokenizer.map { JSON($0.tokenizer.vocabularySize) } ?? .null),
      ("tokenizer", tokenizer.map { .fields($0.fields) } ?? .null),
      ("chat_template", chatTemplate.map { .string($0) } ?? .null),
      ("non_finite_weights", nonFinite.map { JSON($0) } ?? .null),
    ]
    if listingTensors { fields.append(("tensors", stored.listJSON)) }
    return .fields(fields)
  }
}

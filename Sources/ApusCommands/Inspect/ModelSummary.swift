// What there is to say about a model. It loads the weights, so what it shows can also be used.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTensor
import ApusTokenizers

/// What there is to say about a model.
struct ModelSummary: Summary {
  let folder: String
  let specification: Specification
  let tensors: [TensorEntry]
  let fileCount: Int
  let nonFinite: Int
  let tokenizer: (any Tokenizer)?
  let listingTensors: Bool

  init(_ location: ModelLocation, listingTensors: Bool) throws(ApusError) {
    self.listingTensors = listingTensors
    let model = try Model.load(folder: location.folder, for: .inference)
    let files = try SafetensorsFolder(location.folder)
    folder = location.folder
    specification = model.specification
    tensors = files.tensors
    fileCount = files.files.count
    var nonFinite = 0
    let kernels = try Kernels.select()
    for parameter in model.parameters {
      parameter.forEachRow(0..<parameter.rows, kernels) { row in
        nonFinite += row.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
      }
    }
    self.nonFinite = nonFinite
    tokenizer =
      location.has("tokenizer.json") ? try TokenizerFile.load(path: location.file("tokenizer.json")) : nil
  }

  private var weightBytes: Int { specification.parameterCount * 4 }
  private var fileBytes: Int { tensors.reduce(0) { $0 + $1.byteRange.count } }
  private var types: [String] { Set(tensors.map(\.type.rawValue)).sorted() }

  /// Keys and values in float32, of every layer.
  private var cacheBytesPerToken: Int {
    specification.layers * specification.keyValueHeads * specification.headWidth * 2 * 4
  }

  private var shape: ShapeFacts { ShapeFacts(specification: specification) }

  var lines: [String] {
    let lines = facts.lines
    guard listingTensors else { return lines }
    var list = TextTable(["tensor", "type", "shape"], left: [0, 1, 2])
    for tensor in tensors { list.add([tensor.name, tensor.type.rawValue, "\(tensor.shape)"]) }
    return lines + [""] + list.lines
  }

  private var facts: Facts {
    let spec = specification
    let without = Quantity.short(Double(spec.parameterCountWithoutEmbeddings))
    let cache = Quantity.bytes(cacheBytesPerToken * spec.context)
    return [("folder", folder)] + shape.facts + [
      ("parameters", "\(Quantity.short(Double(spec.parameterCount))) (\(without) without embeddings)"),
      ("files", "\(fileCount) of \(Quantity.bytes(fileBytes)) as \(types.joined(separator: ", "))"),
      ("memory", "\(Quantity.bytes(weightBytes)) of weights; cache \(cache) for a full context"),
      ("end of text", spec.endTokens.isEmpty ? "none" : spec.endTokens.map(end).joined(separator: ", ")),
      ("tokenizer", tokenizer.map(words) ?? "none"),
      ("weights", nonFinite == 0 ? "all finite" : "\(nonFinite) values are no finite numbers"),
    ]
  }

  private func end(_ id: Int) -> String {
    id < specification.vocabulary ? "\(id)" : "\(id) (ignored: beyond the vocabulary)"
  }

  private func words(_ tokenizer: any Tokenizer) -> String {
    let opening = tokenizer.opening.map(String.init).joined(separator: ", ")
    return "tokenizer.json with \(tokenizer.vocabularySize) tokens"
      + (opening.isEmpty ? "" : "; texts begin with \(opening)")
  }

  var json: JSON {
    let spec = specification
    var fields: [(String, JSON)] = [("kind", "model"), ("folder", .string(folder))] + shape.fields
    fields += [
      ("parameters", JSON(spec.parameterCount)),
      ("parameters_without_embeddings", JSON(spec.parameterCountWithoutEmbeddings)),
      ("file_bytes", JSON(fileBytes)), ("types", JSON(types)), ("weight_bytes", JSON(weightBytes)),
      ("cache_bytes_per_token", JSON(cacheBytesPerToken)), ("end_of_text", JSON(spec.endTokens)),
      ("tokenizer_vocabulary", tokenizer.map { JSON($0.vocabularySize) } ?? .null),
      ("non_finite_weights", JSON(nonFinite)),
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

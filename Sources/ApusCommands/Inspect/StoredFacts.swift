// What files of tensors hold: types, how many of each, bytes. It reads no tensor.

import ApusCore
import ApusFormats

/// The tensors of some files in facts.
struct StoredFacts {
  let tensors: [TensorEntry]
  let fileCount: Int

  /// Bytes of all tensors.
  var bytes: Int { tensors.reduce(0) { $0 + $1.byteRange.count } }

  /// The tensors of a type.
  private struct Part {
    let type: ElementType
    var tensors = 0
    var values = 0
    var bytes = 0
  }

  /// By type, the one with most bytes first.
  private var parts: [Part] {
    var parts: [ElementType: Part] = [:]
    for tensor in tensors {
      var part = parts[tensor.type] ?? Part(type: tensor.type)
      part.tensors += 1
      part.values += tensor.count
      part.bytes += tensor.byteRange.count
      parts[tensor.type] = part
    }
    return parts.values.sorted { ($1.bytes, $0.type.rawValue) < ($0.bytes, $1.type.rawValue) }
  }

  var facts: Facts {
    let (number, files) = (Quantity.counted(tensors.count, "tensor"), Quantity.counted(fileCount, "file"))
    let sum = "\(Quantity.bytes(bytes)) in \(number) of \(files)"
    return [("stored", sum)]
      + parts.map { part in
        let values = NumberText.short(Double(part.values))
        return (
          "  \(part.type.rawValue)",
          "\(Quantity.bytes(part.bytes)), \(Quantity.counted(part.tensors, "tensor")) of \(values) values"
        )
      }
  }

  var fields: [(String, JSON)] {
    let list = parts.map { part -> JSON in
      [
        "type": .string(part.type.rawValue), "tensors": JSON(part.tensors), "values": JSON(part.values),
        "bytes": JSON(part.bytes),
      ]
    }
    return [
      ("file_bytes", JSON(bytes)), ("types", JSON(parts.map(\.type.rawValue).sorted())), ("stored", .array(list)),
    ]
  }

  /// Every tensor, a line each.
  var list: [String] {
    var list = TextTable(["tensor", "type", "shape"], left: [0, 1, 2])
    for tensor in tensors { list.add([tensor.name.printable, tensor.type.rawValue, "\(tensor.shape)"]) }
    return list.lines
  }

  /// Every tensor, for programs.
  var listJSON: JSON {
    .array(
      tensors.map { tensor in
        ["name": .string(tensor.name), "type": .string(tensor.type.rawValue), "shape": JSON(tensor.shape)]
      })
  }
}

/// A safetensors file that belongs to no model.
struct TensorFileSummary: Summary {
  private let path: String
  private let stored: StoredFacts
  private let listingTensors: Bool

  init(_ file: SafetensorsFile, listingTensors: Bool) {
    path = file.path
    stored = StoredFacts(tensors: file.tensors, fileCount: 1)
    self.listingTensors = listingTensors
  }

  var lines: [String] {
    let facts: Facts = [("file", path), ("format", "safetensors, without a config.json")]
    return (facts + stored.facts).lines + (listingTensors ? [""] + stored.list : [])
  }

  var json: JSON {
    let fields: [(String, JSON)] = [("kind", "tensors"), ("file", .string(path))] + stored.fields
    return .fields(fields + (listingTensors ? [("tensors", stored.listJSON)] : []))
  }
}

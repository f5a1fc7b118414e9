// Fills parameters from safetensors: finds each tensor of a weight map under the names that files use, checks shapes
// and types, and reports everything that does not fit in one error before a value is read.

import ApusCore
import ApusFormats
import ApusTensor

struct WeightLoader {
  let map: WeightMap
  let files: [SafetensorsFile]

  private typealias Found = (file: SafetensorsFile, tensor: TensorEntry)

  func load() throws(ApusError) {
    let kernels = try Kernels.select()
    let found = try match()
    for (entry, source) in found {
      guard let numbers = Self.numbers(source.tensor.type) else { continue }
      let size = numbers.size * entry.count
      let first = numbers.size * entry.firstFileRow * (entry.count / max(entry.rows.count, 1))
      let values = source.file.withBytes(of: source.tensor) { bytes in
        kernels.floats(numbers, in: UnsafeRawBufferPointer(rebasing: bytes[first..<first + size]))
      }
      if entry.parameter != nil {
        values.withUnsafeBufferPointer { entry.setValues($0) }
      } else if values.contains(where: { $0 != 0 }) {
        throw ApusError(
          .badData, "a bias that the configuration says is absent is not zero", file: source.file.path,
          place: "tensor `\(entry.name)`", remedy: "correct the key `bias` of the configuration")
      }
      source.file.release(source.tensor)
    }
  }

  // The tensor of each entry; throws one error for all that is missing, unexpected, mis-shaped or of an unknown type.
  private func match() throws(ApusError) -> [(entry: WeightMap.Entry, source: Found)] {
    var available: [[UInt8]: Found] = [:]
    for file in files {
      for tensor in file.tensors { available[Array(tensor.name.utf8)] = (file, tensor) }
    }
    var found: [(entry: WeightMap.Entry, source: Found)] = []
    var missing: [String] = []
    var wrong: [String] = []
    for entry in map.entries {
      guard let source = take(entry.name, from: &available) else {
        if entry.parameter != nil { missing.append(entry.name) }
        continue
      }
      if source.tensor.shape != entry.shape {
        wrong.append("\(source.tensor.name) is \(source.tensor.shape), not \(entry.shape)")
      } else if Self.numbers(source.tensor.type) == nil {
        wrong.append("\(source.tensor.name) is stored as \(source.tensor.type.rawValue)")
      }
      found.append((entry, source))
    }
    let unexpected = available.values.map(\.tensor.name).filter { !isHarmless($0) }.sorted()
    try report(missing: missing, wrong: wrong, unexpected: unexpected)
    return found
  }

  // Norms in checkpoints that came from TensorFlow.
  private static let oldEndings = [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]

  // Finds a name: as it is, with an old ending, or without the prefix that some writers leave out.
  private func take(_ name: String, from available: inout [[UInt8]: Found]) -> Found? {
    var names = [name]
    for (new, old) in Self.oldEndings where name.hasSuffix(new) { names.append(name.dropLast(new.count) + old) }
    if name.hasPrefix(map.optionalPrefix) { names += names.map { String($0.dropFirst(map.optionalPrefix.count)) } }
    for name in names {
      if let found = available.removeValue(forKey: Array(name.utf8)) { return found }
    }
    return nil
  }

  private func isHarmless(_ name: String) -> Bool {
    map.copies.contains(name) || map.ignoredEndings.contains { name.hasSuffix($0) }
      || map.ignoredPrefixes.contains { name.hasPrefix($0) }
  }

  private func report(missing: [String], wrong: [String], unexpected: [String]) throws(ApusError) {
    func list(_ names: [String]) -> String {
      names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("missing: \(list(missing))") }
    if !wrong.isEmpty { problems.append("not as the configuration says: \(list(wrong))") }
    if !unexpected.isEmpty { problems.append("unexpected: \(list(unexpected))") }
    guard !problems.isEmpty else { return }
    throw ApusError(
      .badData, "the tensors do not fit the configuration; \(problems.joined(separator: "; "))",
      file: files.first?.path,
      remedy: "use the configuration that belongs to these weights")
  }

  private static func numbers(_ type: ElementType) -> StoredNumbers? {
    switch type {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float64: .float64
    default: nil
    }
  }
}

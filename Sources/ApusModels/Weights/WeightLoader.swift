// Fills parameters from the tensors of a checkpoint: finds each tensor of a weight map under the names that files use,
// checks shapes and types, and reports everything that does not fit in one error before a value is read.

import ApusCore
import ApusTensor

struct WeightLoader {
  let map: WeightMap
  let tensors: [StoredTensor]
  /// The weights that activations are multiplied by.
  let multiplied: [Parameter]

  /// An entry of the map and the tensor that it is, or is a part of.
  struct Found {
    let entry: WeightMap.Entry
    let tensor: StoredTensor

    var numbers: StoredNumbers { tensor.numbers ?? .float32 }

    /// The bytes of some of the entry's rows, in the file's layout.
    func bytes(_ rows: Range<Int>) -> UnsafeRawBufferPointer {
      let perRow = numbers.bytes(entry.count / max(entry.fileRows, 1))
      let first = entry.firstFileRow
      return UnsafeRawBufferPointer(
        rebasing: tensor.bytes[(first + rows.lowerBound) * perRow..<(first + rows.upperBound) * perRow])
    }

    /// The entry's values, in the file's layout.
    func values(_ kernels: Kernels) -> [Float] { kernels.floats(numbers, in: bytes(0..<entry.fileRows)) }
  }

  /// Throws what does not fit, without reading a value.
  func check() throws(ApusError) { _ = try match() }

  /// Gives every parameter its values: masters where it has one, else stored or packed.
  func load() throws(ApusError) {
    let kernels = try Kernels.select()
    var matrices: [(parameter: Parameter, parts: [Found])] = []
    var index: [ObjectIdentifier: Int] = [:]
    for found in try match() {
      guard let parameter = found.entry.parameter else {
        try requireZeros(found, kernels)
        continue
      }
      if parameter.hasMaster {
        found.values(kernels).withUnsafeBufferPointer { found.entry.setValues($0, in: parameter.value) }
        found.tensor.owner.release(found.tensor.bytes)
      } else if let known = index[ObjectIdentifier(parameter)] {
        matrices[known].parts.append(found)
      } else {
        index[ObjectIdentifier(parameter)] = matrices.count
        matrices.append((parameter, [found]))
      }
    }
    if !matrices.isEmpty { try StoredWeights(multiplied: multiplied, in: Workspace()).load(matrices) }
  }

  private func requireZeros(_ found: Found, _ kernels: Kernels) throws(ApusError) {
    guard found.values(kernels).contains(where: { $0 != 0 }) else { return }
    throw ApusError(
      .badData, "a bias that the configuration says is absent is not zero", file: found.tensor.file,
      place: "tensor `\(found.entry.name)`", remedy: "correct the key `bias` of the configuration")
  }

  // The tensor of each entry; throws one error for all that is missing, unexpected, mis-shaped or of an unknown type.
  private func match() throws(ApusError) -> [Found] {
    var available: [[UInt8]: StoredTensor] = [:]
    for tensor in tensors { available[Array(tensor.name.utf8)] = tensor }
    var found: [Found] = []
    var missing: [String] = []
    var wrong: [String] = []
    var unread: [String] = []
    for entry in map.entries {
      // The parts of a stacked tensor are neighbours.
      let part = found.last.flatMap { $0.entry.name == entry.name ? $0.tensor : nil }
      guard let tensor = part ?? take(entry.name, from: &available) else {
        if entry.parameter != nil { missing.append(entry.name) }
        continue
      }
      if tensor.shape != entry.shape {
        wrong.append("\(tensor.name) is \(tensor.shape), not \(entry.shape)")
      } else if tensor.numbers == nil {
        unread.append("\(tensor.name) as \(tensor.typeName)")
      }
      found.append(Found(entry: entry, tensor: tensor))
    }
    let unexpected = available.values.map(\.name).filter { !isHarmless($0) }.sorted()
    try report(missing: missing, wrong: wrong, unread: unread, unexpected: unexpected)
    return found
  }

  // Norms in checkpoints that came from TensorFlow.
  private static let oldEndings = [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]

  // Finds a name: as it is, with an old ending, or without the prefix that some writers leave out.
  private func take(_ name: String, from available: inout [[UInt8]: StoredTensor]) -> StoredTensor? {
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

  private func report(
    missing: [String], wrong: [String], unread: [String], unexpected: [String]
  ) throws(ApusError) {
    let lists = [
      ("missing", missing), ("not as the configuration says", wrong), ("unexpected", unexpected),
      ("stored in a type that Apus does not compute with", unread),
    ]
    let problems = lists.filter { !$0.1.isEmpty }.map { "\($0): \(Self.shortened($1))" }
    guard !problems.isEmpty else { return }
    let isTypeAlone = problems.count == 1 && !unread.isEmpty
    throw ApusError(
      .badData, (isTypeAlone ? "" : "the tensors do not fit the configuration; ") + problems.joined(separator: "; "),
      file: tensors.first?.file,
      remedy: isTypeAlone
        ? "fetch the weights in another type: \(StoredNumbers.ofWeights.map(\.rawValue).joined(separator: ", "))"
        : "use the configuration that belongs to these weights")
  }

  private static func shortened(_ names: [String]) -> String {
    names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
  }
}

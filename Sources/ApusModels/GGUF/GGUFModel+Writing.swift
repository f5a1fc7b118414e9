// Writes a model as GGUF: the metadata that describe it, the tensors under llama.cpp's names and in its row orders.
// What GGUF cannot say is refused or, where only llama.cpp would compute otherwise, told.

public import ApusCore
public import ApusFormats
import ApusTensor

extension Model {
  /// What GGUF files call the architecture; nil where they have no name for it.
  package var ggufArchitecture: String? { architecture.gguf?.name }

  /// Writes a GGUF file, atomically.
  /// - Parameters:
  ///   - path: the file.
  ///   - type: how matrices are written; nil: as they were read, block types as float32. Norms, biases and routers are
  ///     float32.
  ///   - extra: metadata to add, as the tokenizer's.
  ///   - check: asked before each tensor; what it throws ends the writing.
  /// - Returns: what the file leaves out or llama.cpp would compute otherwise, one sentence each.
  /// - Throws: `badData` where GGUF does not know the architecture or cannot say one of its choices.
  @discardableResult
  public func save(
    gguf path: String, as type: ElementType? = nil, adding extra: GGUFMetadata = GGUFMetadata(),
    check: () throws(ApusError) -> Void = {}
  ) throws(ApusError) -> [String] {
    guard let dialect = architecture.gguf else {
      throw ApusError(
        .badData, "GGUF has no name for the architecture '\(specification.architecture)'",
        remedy: "write the Hugging Face layout instead")
    }
    let remarks = try GGUFLimits(specification, architecture, dialect).remarks()
    let map = WeightMap(body, dialect.names(specification))
    let tensors = StoredOutput(map, as: type, keepingSmallTensors: true)
    var metadata = GGUFMetadata()
    metadata["general.architecture"] = .text(dialect.name)
    metadata["general.type"] = .text("model")
    metadata["general.file_type"] = .count(Self.fileType(tensors.descriptions))
    for (key, value) in GGUFSpecification.metadata(of: specification, dialect) { metadata[key] = value }
    if let encoder = specification.encoder {
      metadata["tokenizer.ggml.token_type_count"] = .count(max(1, encoder.tokenTypes))  // 0 is refused there
    }
    for (key, value) in extra.entries { metadata[key] = value }
    let factors = rotationFactors
    let kernels = try Kernels.select()
    try GGUFWriter.write(
      to: path, metadata: metadata, tensors: factors.map(\.description) + tensors.descriptions
    ) { tensor, sink throws(ApusError) in
      try check()
      if let factor = factors.first(where: { $0.description == tensor }) {
        try factor.values.withBytes(sink)
      } else {
        try tensors.write(tensor, kernels, to: sink)
      }
    }
    return remarks
  }

  private var rotationFactors: [(description: TensorDescription, values: [Float])] {
    guard case .rotary(let rotation, _) = specification.positions else { return [] }
    return GGUFRotation.tensors(of: rotation).map {
      (TensorDescription(name: $0.name, type: .float32, shape: [$0.values.count]), $0.values)
    }
  }

  // llama.cpp's number for the type of most of the weights.
  private static func fileType(_ tensors: [TensorDescription]) -> Int {
    var bytes: [ElementType: Int] = [:]
    for tensor in tensors { bytes[tensor.type, default: 0] += tensor.type.byteCount(shape: tensor.shape) ?? 0 }
    return switch bytes.max(by: { $0.value < $1.value })?.key {
    case .float16: 1
    case .q8v0: 7
    case .bfloat16: 32
    default: 0
    }
  }
}

/// Whether GGUF can say what a model is.
private struct GGUFLimits {
  let specification: Specification
  let architecture: any Architecture
  let dialect: GGUFDialect

  init(_ specification: Specification, _ architecture: any Architecture, _ dialect: GGUFDialect) {
    self.specification = specification
    self.architecture = architecture
    self.dialect = dialect
  }

  /// What is lost; throws where the model would become another.
  func remarks() throws(ApusError) -> [String] {
    var remarks: [String] = []
    if let encoder = specification.encoder, encoder.maskedHead != nil || encoder.hasPooler {
      remarks.append("the head for masked tokens and the pooler have no place in GGUF and are left out")
    }
    if case .rotary(let rotation, let local) = specification.positions {
      if let obstacle = GGUFRotation.obstacle(rotation) { throw refusal(obstacle) }
      if let local, local.base != 10_000 || local.scaling != .none {
        throw refusal("a rotation of the windowed layers other than the plain one of base 10,000")
      }
    }
    let usual = try architecture.specification(from: JSON.Reader(JSON.Object(), file: nil))
    if specification.feedForward != usual.feedForward {
      throw refusal("an activation other than the architecture's own")
    }
    try requireKnownLayers()
    let window = specification.attention.window
    if (1..<max(1, specification.context)).contains(window) && !dialect.computesWindows {
      remarks.append(
        "llama.cpp computes no window for '\(dialect.name)', so that texts of more than \(window) tokens differ there")
    }
    if let scale = unknownScale { remarks.append("llama.cpp does not read the scale of attention scores, \(scale)") }
    return remarks
  }

  // Which layers have windows follows from the architecture.
  private func requireKnownLayers() throws(ApusError) {
    guard specification.attention.window > 0 else { return }
    var known = specification
    known.attention.localLayers = nil
    try dialect.finish(&known, GGUFKeys(metadata: GGUFMetadata(), prefix: dialect.name) { _ in false })
    let layers = 0..<specification.layers
    guard layers.allSatisfy({ known.attention.isLocal(layer: $0) == specification.attention.isLocal(layer: $0) }) else {
      throw refusal("a choice of windowed layers other than the architecture's own")
    }
  }

  private var unknownScale: Double? {
    guard let scale = specification.attention.scale else { return nil }
    var known = specification
    known.attention.scale = nil
    try? dialect.finish(&known, GGUFKeys(metadata: GGUFMetadata(), prefix: dialect.name) { _ in false })
    let usual = known.attention.scale ?? 1 / Double(specification.headWidth).squareRoot()
    return abs(scale - usual) > 1e-6 * usual ? scale : nil
  }

  private func refusal(_ what: String) -> ApusError {
    ApusError(.badData, "GGUF cannot say \(what)", remedy: "write the Hugging Face layout instead")
  }
}

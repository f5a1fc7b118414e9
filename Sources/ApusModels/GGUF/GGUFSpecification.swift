// The metadata of GGUF files that say what a model is, read into a specification and written from one. The
// architecture's own choices come from what its configuration in transformers has by default; GGUF says only the
// numbers.

import ApusCore
package import ApusFormats
import ApusTensor

enum GGUFSpecification {
  /// The architecture and the specification that a file's metadata describe.
  ///
  /// `shape` gives the dimensions of a tensor of the file, nil where there is none of that name.
  /// - Throws: `badData` that names the key.
  static func read(
    _ metadata: GGUFMetadata, factors: RotationFactors, shape: @escaping (String) -> [Int]?
  ) throws(ApusError) -> (architecture: any Architecture, dialect: GGUFDialect, specification: Specification) {
    let name = try metadata.required("general.architecture", metadata.string("general.architecture"))
    let hasTensor = { shape($0) != nil }
    let keys = GGUFKeys(metadata: metadata, prefix: name, hasTensor: hasTensor)
    let (architecture, dialect) = try architecture(named: name, keys)
    var specification = try architecture.specification(from: JSON.Reader(JSON.Object(), file: metadata.file))
    try readShapes(&specification, keys)
    specification.vocabulary = shape("token_embd.weight")?.first ?? 0
    try readAttention(&specification, keys)
    readEncoder(&specification, tokenTypes: shape("token_types.weight")?.first ?? 0)
    try readRotation(&specification, keys, factors)
    try readExperts(&specification, keys)
    readBiases(&specification, hasTensor)
    try readTokens(&specification, metadata)
    try dialect.finish(&specification, keys)
    try specification.validate(file: metadata.file)
    return (architecture, dialect, specification)
  }

  /// Divisors of the rotation's frequencies that files keep as tensors.
  struct RotationFactors {
    var all: [Double]?
    var short: [Double]?
    var long: [Double]?
  }

  private static func architecture(
    named name: String, _ keys: GGUFKeys
  ) throws(ApusError) -> (any Architecture, GGUFDialect) {
    for architecture in Registry.architectures {
      guard let dialect = architecture.gguf, dialect.name == name, try dialect.accepts(keys) else { continue }
      return (architecture, dialect)
    }
    let known = Set(Registry.architectures.compactMap { $0.gguf?.name }).sorted().joined(separator: ", ")
    throw ApusError(
      .badData, "the architecture '\(name.prefix(60))' is not supported", file: keys.metadata.file,
      place: "key `general.architecture`", remedy: "use one of: \(known)")
  }

  // MARK: - Reading

  private static func readShapes(_ spec: inout Specification, _ keys: GGUFKeys) throws(ApusError) {
    spec.layers = try keys.size("block_count", upTo: Specification.mostLayers)
    spec.width = try keys.size("embedding_length")
    spec.context = try keys.size("context_length")
    spec.heads = try keys.size("attention.head_count")
    spec.keyValueHeads = try keys.size("attention.head_count_kv", default: spec.heads)
    spec.headWidth = try keys.int("attention.key_length", default: spec.width / spec.heads)
    let valueWidth = try keys.int("attention.value_length", default: spec.headWidth)
    guard valueWidth == spec.headWidth else {
      throw keys.error(
        "attention.value_length", "\(valueWidth) features of values beside \(spec.headWidth) of keys are not supported")
    }
    let hasExperts = spec.experts != nil
    spec.feedForwardWidth = try keys.int("feed_forward_length", default: hasExperts ? 1 : 0)
    let key = spec.norm == .rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"
    spec.normEpsilon = try keys.double(key, default: spec.normEpsilon)
    spec.tiedOutput = !keys.hasTensor("output.weight")
  }

  private static func readAttention(_ spec: inout Specification, _ keys: GGUFKeys) throws(ApusError) {
    spec.attention.window = try keys.int("attention.sliding_window", default: 0)
    spec.attention.softCap = try keys.double("attn_logit_softcapping", default: spec.attention.softCap)
    spec.outputSoftCap = try keys.double("final_logit_softcapping", default: spec.outputSoftCap)
    spec.attention.scale = try keys.double("attention.scale")
  }

  // llama.cpp knows encoders for their embeddings only.
  private static func readEncoder(_ spec: inout Specification, tokenTypes: Int) {
    guard spec.encoder != nil else { return }
    spec.encoder = Specification.EncoderChoices(tokenTypes: tokenTypes, maskedHead: nil, hasPooler: false)
    spec.biases.output = false
    spec.tiedOutput = true
  }

  private static func readRotation(
    _ spec: inout Specification, _ keys: GGUFKeys, _ factors: RotationFactors
  ) throws(ApusError) {
    guard case .rotary(var rotation, let local) = spec.positions else { return }
    rotation.base = try keys.double("rope.freq_base", default: 10_000)
    rotation.rotatedWidth = try keys.int("rope.dimension_count", default: spec.headWidth)
    rotation.scaling = try GGUFRotation.scaling(keys, context: spec.context, factors)
    spec.positions = .rotary(rotation, local: local)
  }

  private static func readExperts(_ spec: inout Specification, _ keys: GGUFKeys) throws(ApusError) {
    guard var experts = spec.experts else { return }
    experts.count = try keys.requiredInt("expert_count")
    experts.perToken = try keys.requiredInt("expert_used_count")
    experts.width = try keys.int("expert_feed_forward_length", default: spec.feedForwardWidth)
    experts.sharedWidth = try keys.int("expert_shared_feed_forward_length", default: 0)
    experts.normalisesWeights = try keys.bool("expert_weights_norm", default: experts.normalisesWeights)
    experts.denseLayers = Set(
      (0..<spec.layers).filter { !keys.hasTensor("blk.\($0).ffn_gate_inp.weight") })
    spec.experts = experts
  }

  private static func readBiases(_ spec: inout Specification, _ hasTensor: (String) -> Bool) {
    spec.biases.queriesKeysValues = hasTensor("blk.0.attn_q.bias") || hasTensor("blk.0.attn_qkv.bias")
    spec.biases.attentionOutput = hasTensor("blk.0.attn_output.bias")
    spec.biases.feedForward = hasTensor("blk.0.ffn_up.bias")
    if spec.encoder == nil { spec.biases.output = hasTensor("output.bias") }
  }

  private static func readTokens(_ spec: inout Specification, _ metadata: GGUFMetadata) throws(ApusError) {
    spec.beginToken = try metadata.int("tokenizer.ggml.bos_token_id")
    spec.endTokens = []
    for key in GGUFMetadata.endTokenKeys {
      if let token = try metadata.int(key), !spec.endTokens.contains(token) { spec.endTokens.append(token) }
    }
  }

  // MARK: - Writing

  /// The metadata that describe a specification, in the order in which they are written.
  static func metadata(of spec: Specification, _ dialect: GGUFDialect) -> [(key: String, value: GGUFValue)] {
    let name = dialect.name
    var entries: [(String, GGUFValue)] = [
      ("block_count", .count(spec.layers)), ("context_length", .count(spec.context)),
      ("embedding_length", .count(spec.width)), ("feed_forward_length", .count(spec.feedForwardWidth)),
      ("attention.head_count", .count(spec.heads)), ("attention.head_count_kv", .count(spec.keyValueHeads)),
      ("vocab_size", .count(spec.vocabulary)),
    ]
    if spec.headWidth * spec.heads != spec.width || name.hasPrefix("gemma") || name.hasPrefix("qwen3") {
      entries += [("attention.key_length", .count(spec.headWidth)), ("attention.value_length", .count(spec.headWidth))]
    }
    let epsilon = spec.norm == .rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"
    entries.append((epsilon, .real(spec.normEpsilon)))
    if spec.encoder != nil { entries.append(("attention.causal", .bool(false))) }
    if spec.attention.window > 0 { entries.append(("attention.sliding_window", .count(spec.attention.window))) }
    if spec.attention.softCap > 0 { entries.append(("attn_logit_softcapping", .real(spec.attention.softCap))) }
    if spec.outputSoftCap > 0 { entries.append(("final_logit_softcapping", .real(spec.outputSoftCap))) }
    if let scale = spec.attention.scale { entries.append(("attention.scale", .real(scale))) }
    if name == "gptneox" { entries.append(("use_parallel_residual", .bool(spec.parallel != .none))) }
    if case .rotary(let rotation, _) = spec.positions { entries += GGUFRotation.metadata(of: rotation) }
    if let experts = spec.experts { entries += Self.metadata(of: experts) }
    return entries.map { ("\(name).\($0)", $1) }
  }

  private static func metadata(of experts: Specification.Experts) -> [(String, GGUFValue)] {
    var entries: [(String, GGUFValue)] = [
      ("expert_count", .count(experts.count)), ("expert_used_count", .count(experts.perToken)),
      ("expert_feed_forward_length", .count(experts.width)), ("expert_weights_norm", .bool(experts.normalisesWeights)),
    ]
    if experts.sharedWidth > 0 { entries.append(("expert_shared_feed_forward_length", .count(experts.sharedWidth))) }
    return entries
  }
}

extension GGUFMetadata {
  /// Where llama.cpp looks for tokens that end texts: of the text, of a turn, of a message.
  package static let endTokenKeys = ["eos", "eot", "eom"].map { "tokenizer.ggml.\($0)_token_id" }
}

extension GGUFValue {
  /// A count as llama.cpp keeps it: unsigned, 32 bits.
  static func count(_ count: Int) -> GGUFValue { .uint32(UInt32(clamping: count)) }

  /// A real number as llama.cpp keeps it: single precision.
  static func real(_ value: Double) -> GGUFValue { .float32(Float(value)) }
}

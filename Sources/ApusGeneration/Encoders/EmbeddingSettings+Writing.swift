// How one vector is made of a text, written down: as the files of the sentence-transformers library, and as far as GGUF
// has a key for it.

import ApusCore
import ApusFormats
import ApusModels

extension EmbeddingSettings {
  /// Writes what the sentence-transformers library reads beside a model.
  /// - Parameters:
  ///   - folder: the model's.
  ///   - specification: the model's.
  /// - Throws: `inputOutput` where the disk refuses.
  func save(to folder: String, _ specification: Specification) throws(ApusError) {
    var modules: [(type: String, path: String)] = [("Transformer", ""), ("Pooling", Self.poolingFolder)]
    if isNormalised { modules.append(("Normalize", "2_Normalize")) }
    let list = modules.enumerated().map { index, module -> JSON in
      [
        "idx": JSON(index), "name": .string("\(index)"), "path": .string(module.path),
        "type": .string("sentence_transformers.models.\(module.type)"),
      ]
    }
    try Self.write(.array(list), to: "\(folder)/\(Self.modulesFile)")
    try FileSystem.makeFolders("\(folder)/\(Self.poolingFolder)")
    try Self.write(
      [
        "word_embedding_dimension": JSON(specification.width), "pooling_mode_cls_token": JSON(pooling == .first),
        "pooling_mode_mean_tokens": JSON(pooling == .mean), "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
      ], to: "\(folder)/\(Self.poolingFolder)/config.json")
    let limit = min(maximumTokens ?? .max, specification.longestSequence)
    try Self.write(
      ["max_seq_length": JSON(limit), "do_lower_case": JSON(lowercases)], to: "\(folder)/\(Self.limitFiles[0])")
  }

  /// Adds llama.cpp's key of the pooling.
  /// - Returns: what GGUF has no place for, one sentence each.
  func write(to metadata: inout GGUFMetadata, architecture: String, context: Int) -> [String] {
    if let code = Self.ggufPoolings.first(where: { $0.value == pooling })?.key {
      metadata[Self.poolingKey(architecture)] = .uint32(UInt32(code))
    }
    var lost: [String] = []
    if let maximumTokens, maximumTokens < context { lost.append("the limit of \(maximumTokens) tokens of a text") }
    if lowercases { lost.append("that texts are put into lower case") }
    if !isNormalised { lost.append("that vectors keep their length") }
    return lost.map { "\($0) has no place in GGUF and is left out" }
  }

  private static func write(_ value: JSON, to path: String) throws(ApusError) {
    try AtomicFile.write(value.serialized(pretty: true), to: path)
  }
}

// MARK: - GGUF

extension EmbeddingSettings {
  /// What the metadata of a GGUF file say; where they say nothing, the mean, normalised.
  /// - Parameters:
  ///   - metadata: the file's.
  ///   - pooling: in place of what the file names.
  /// - Throws: `badData` where the file asks for a pooling that is not supported and `pooling` does not replace it.
  init(gguf metadata: GGUFMetadata, pooling: Pooling?) throws(ApusError) {
    self.init()
    let key = Self.poolingKey(try metadata.string("general.architecture") ?? "")
    if let pooling {
      self.pooling = pooling
    } else if let code = try metadata.int(key), code != Self.noPooling {
      guard let known = Self.ggufPoolings[code] else {
        var error = metadata.error(key, "the pooling of number \(code) is not supported")
        error.remedy = "choose one with --pooling; its vectors are not those that the model was trained for"
        throw error
      }
      self.pooling = known
    }
  }

  /// Whether the folder or the GGUF file says how vectors are made.
  static func areNamed(at location: ModelLocation) throws(ApusError) -> Bool {
    guard let gguf = location.gguf else {
      return location.has(modulesFile) || location.has("\(poolingFolder)/config.json")
    }
    let metadata = try GGUFFile(gguf).metadata
    return metadata[poolingKey(try metadata.string("general.architecture") ?? "")] != nil
  }

  private static func poolingKey(_ architecture: String) -> String { "\(architecture).pooling_type" }

  // llama.cpp's numbers.
  private static let noPooling = 0
  private static let ggufPoolings: [Int: Pooling] = [1: .mean, 2: .first]
}

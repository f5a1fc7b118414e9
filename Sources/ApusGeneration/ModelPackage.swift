// A model with all that belongs to it, as one value: weights, tokenizer, chat template, the ids that end texts, how
// texts become vectors. It is read from one layout and written in another, so that nothing of it is lost on the way
// without a word.

public import ApusCore
public import ApusFormats
public import ApusModels
public import ApusTokenizers

/// A model and what stands beside it in its folder or GGUF file.
public struct ModelPackage: Sendable {
  /// The weights.
  public let model: Model
  /// The tokenizer; nil where the model came without one.
  public let tokenizer: (any Tokenizer)?
  /// The template, in Jinja, that turns a conversation into a prompt.
  public let chatTemplate: String?

  private let generation: GenerationConfiguration
  // nil: nothing was said, or what was said is not supported.
  private let embedding: EmbeddingSettings?
  private let remarks: [String]

  /// Loads what is at a place.
  /// - Throws: `missingInput` where a file is missing, `badData` where one is damaged or of an unknown architecture.
  public init(_ location: ModelLocation) throws(ApusError) {
    model = try location.loadModel()
    tokenizer = try location.loadTokenizer()
    chatTemplate = try location.chatTemplate()
    generation = try GenerationConfiguration(location)
    (embedding, remarks) = model.specification.encoder == nil ? (nil, []) : Self.embedding(location)
  }

  private static func embedding(_ location: ModelLocation) -> (EmbeddingSettings?, [String]) {
    do throws(ApusError) {
      guard try EmbeddingSettings.areNamed(at: location) else { return (nil, []) }
      return (try EmbeddingSettings(location, pooling: nil), [])
    } catch {
      return (nil, ["how vectors are made of texts is left out: \(error.problem)"])
    }
  }

  // MARK: - Writing

  /// The names of all that `write(folder:)` may put into a folder.
  public static let fileNames: Set<String> = [
    "config.json", SafetensorsFolder.singleName, "tokenizer.json", "tokenizer_config.json",
    GenerationConfiguration.fileName, chatTemplateFile, EmbeddingSettings.modulesFile, EmbeddingSettings.limitFiles[0],
    EmbeddingSettings.poolingFolder,
  ]

  private static let chatTemplateFile = "chat_template.jinja"

  /// Writes a folder in the layout of Hugging Face, all at once; an old one is replaced.
  /// - Parameters:
  ///   - folder: the folder.
  ///   - type: how matrices are written; nil: as they are held, block types as float32.
  ///   - check: asked before each tensor; what it throws ends the writing and leaves nothing behind.
  /// - Returns: what is left out, one sentence each.
  /// - Throws: `inputOutput` where the disk refuses.
  public func write(
    folder: String, as type: ElementType? = nil, check: () throws(ApusError) -> Void = {}
  ) throws(ApusError) -> [String] {
    try AtomicFolder.write(to: folder) { partial throws(ApusError) in
      try model.save(to: partial, as: type, check: check)
      try tokenizer?.save(to: partial)
      if !generation.endTokens.isEmpty { try generation.save(to: partial) }
      if let chatTemplate { try AtomicFile.write(chatTemplate, to: FileSystem.join(partial, Self.chatTemplateFile)) }
      try embedding?.save(to: partial, model.specification)
    }
    return remarks
  }

  /// Writes a GGUF file, at once; an old one is replaced.
  /// - Parameters:
  ///   - path: the file.
  ///   - name: what the file calls the model.
  ///   - type: how matrices are written; nil: as they are held, block types as float32.
  ///   - check: asked before each tensor; what it throws ends the writing and leaves nothing behind.
  /// - Returns: what is left out or llama.cpp would compute otherwise, one sentence each.
  /// - Throws: `badData` where GGUF cannot say what model or tokenizer it is, `inputOutput` where the disk refuses.
  public func write(
    gguf path: String, name: String, as type: ElementType? = nil, check: () throws(ApusError) -> Void = {}
  ) throws(ApusError) -> [String] {
    var remarks = remarks
    var metadata = GGUFMetadata()
    metadata["general.name"] = .text(name)
    if let tokenizer {
      try vocabulary(of: tokenizer).write(to: &metadata)
    } else {
      metadata["tokenizer.ggml.model"] = .text("no_vocab")
      remarks.append("the model came without a tokenizer, so the file has none")
    }
    if model.specification.encoder == nil { try setEndTokens(&metadata) }
    if let chatTemplate { metadata["tokenizer.chat_template"] = .text(chatTemplate) }
    if let embedding, let architecture = model.ggufArchitecture {
      remarks += embedding.write(
        to: &metadata, architecture: architecture, context: model.specification.longestSequence)
    }
    return remarks + (try model.save(gguf: path, as: type, adding: metadata, check: check))
  }

  /// The tokenizer as GGUF has it, with as many tokens as the embedding has rows.
  private func vocabulary(of tokenizer: any Tokenizer) throws(ApusError) -> GGUFVocabulary {
    guard let pipeline = tokenizer as? PipelineTokenizer else {
      throw ApusError(.badData, "GGUF has no name for this tokenizer", remedy: "write a folder instead")
    }
    var vocabulary = try pipeline.ggufVocabulary()
    let rows = model.specification.vocabulary
    guard vocabulary.tokens.count <= rows else {
      throw ApusError(
        .badData, "the tokenizer has \(vocabulary.tokens.count) tokens and the model embeddings for \(rows)",
        remedy: "use the tokenizer that belongs to the model, or write a folder instead")
    }
    for index in vocabulary.tokens.count..<rows {
      vocabulary.tokens.append("[PAD\(index)]".utf8)
      if !vocabulary.types.isEmpty { vocabulary.types.append(GGUFVocabulary.TokenType.unused.rawValue) }
      if !vocabulary.scores.isEmpty { vocabulary.scores.append(0) }
    }
    return vocabulary
  }

  /// The ids that end texts, that of the tokenizer first; GGUF has room for a few.
  private func setEndTokens(_ metadata: inout GGUFMetadata) throws(ApusError) {
    let known = 0..<Int32(clamping: model.specification.vocabulary)
    let configured = model.specification.endTokens.compactMap { Int32(exactly: $0) }
    let ends = [generation.endTokens.sorted(), configured].map { $0.filter(known.contains) }.first { !$0.isEmpty }
    let own = try metadata.int(GGUFMetadata.endTokenKeys[0])
    // One that stands behind every text is written by that name alone.
    let stands = try metadata.bool("tokenizer.ggml.add_eos_token") ?? false
    let rest = (ends ?? []).map { Int($0) }
    let ordered = [own].compactMap { $0 }.filter { stands || rest.contains($0) } + rest.filter { $0 != own }
    for (key, id) in zip(GGUFMetadata.endTokenKeys, ordered) { metadata[key] = .uint32(UInt32(id)) }
  }
}

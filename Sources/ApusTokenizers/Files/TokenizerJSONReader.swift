// Reads Hugging Face's `tokenizer.json`: what a tokenizer of the `tokenizers` library does, as a chain of components with
// names. What is not supported is an error that names it, never ignored: a tokenizer that leaves a step out gives wrong ids.

import ApusCore

/// Reads one file.
struct TokenizerJSONReader {
  let root: JSON.Reader
  let file: String?
  let roles: SpecialTokens.Roles

  func tokenizer() throws(ApusError) -> PipelineTokenizer {
    root.ignore("version")
    for key in ["truncation", "padding"] where root.value(key) != nil {
      throw root.error(key, "is not supported", remedy: "set it to null; Apus encodes whole texts")
    }
    let added = try addedTokens()
    let preTokenizer = try PreTokenizerReader(file: file).read(root.value("pre_tokenizer"))
    let endOfWord = try endOfWord(preTokenizer)
    let model = try model(isByteLevel: preTokenizer.isByteLevel)
    try checkDecoder(isByteLevel: preTokenizer.isByteLevel, endOfWord: endOfWord)
    try checkPostProcessor()
    try root.finish()
    try check(added, against: model)
    var tokenizer = PipelineTokenizer(
      splitter: preTokenizer.splitter, model: model, specialTokens: SpecialTokens(added, roles: roles),
      endOfWord: endOfWord)
    tokenizer.postProcessor = root.value("post_processor") ?? .null
    return tokenizer
  }

  // MARK: Added tokens

  private func addedTokens() throws(ApusError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    var ids: Set<Int32> = []
    for (index, entry) in (try root.array("added_tokens") ?? []).enumerated() {
      guard let object = entry.object else {
        throw root.error("added_tokens", "entry \(index) is \(entry.kindName), not an object")
      }
      let reader = JSON.Reader(object, file: file, path: "added_tokens[\(index)]")
      let token = try addedToken(reader)
      guard ids.insert(token.id).inserted else { throw reader.error("id", "two added tokens have the id \(token.id)") }
      tokens.append(token)
    }
    return tokens
  }

  private func addedToken(_ reader: JSON.Reader) throws(ApusError) -> AddedToken {
    let content = Array(try reader.requiredString("content").utf8)
    let id = try reader.requiredInt("id")
    guard (0..<Vocabulary.idLimit).contains(id) else {
      throw reader.error("id", "\(id) is out of range (0 to \(Vocabulary.idLimit - 1))")
    }
    guard !content.isEmpty else { throw reader.error("content", "an added token must not be empty") }
    for key in ["single_word", "lstrip", "rstrip"] where try reader.bool(key, default: false) {
      throw reader.error(key, "added tokens with this property are not supported")
    }
    let isNormalized = try reader.bool("normalized", default: false)
    guard !isNormalized || !hasNormalizer else {
      throw reader.error("normalized", "normalised added tokens are not supported together with a normaliser")
    }
    let isSpecial = try reader.bool("special", default: false)
    try reader.finish()
    return AddedToken(id: Int32(id), content: content, isSpecial: isSpecial)
  }

  private var hasNormalizer: Bool { root.object["normalizer"]?["type"]?.string == "Replace" }

  private func check(_ added: [AddedToken], against model: PipelineTokenizer.Model) throws(ApusError) {
    for token in added {
      guard let known = model.vocabulary.bytes(of: token.id), !known.elementsEqual(token.content) else { continue }
      throw ApusError(
        .badData,
        "the id \(token.id) is given to the added token '\(String(decoding: token.content, as: UTF8.self))' and to "
          + "'\(String(decoding: known, as: UTF8.self))'", file: file, place: "key `added_tokens`")
    }
  }

  // MARK: Normaliser, decoder, post-processor

  /// The mark that a normaliser puts behind every word; the only normaliser that is supported.
  private func endOfWord(_ preTokenizer: PreTokenizer) throws(ApusError) -> [UInt8] {
    guard let normalizer = try root.object("normalizer") else { return [] }
    let type = try normalizer.requiredString("type")
    if type == "Sequence", try normalizer.array("normalizers")?.isEmpty == true { return [] }
    guard type == "Replace" else { throw normalizer.error("type", "the normaliser '\(type)' is not supported") }
    let pattern = normalizer.value("pattern")?["Regex"]?.string
    let content = try normalizer.requiredString("content")
    guard pattern == TokenizerJSON.wordEndExpression, preTokenizer.splitter == Splitter([.words]) else {
      throw normalizer.error(
        "pattern",
        "replacing is only supported as a mark behind each word, \(TokenizerJSON.wordEndExpression), with WhitespaceSplit"
      )
    }
    return Array(content.utf8)
  }

  private func checkDecoder(isByteLevel: Bool, endOfWord: [UInt8]) throws(ApusError) {
    guard let decoder = try root.object("decoder") else {
      throw root.error("decoder", "a tokenizer without a decoder is not supported: it would put spaces between tokens")
    }
    let type = try decoder.requiredString("type")
    decoder.ignore("add_prefix_space", "trim_offsets", "use_regex")
    let suffix = try decoder.string("suffix").map { Array($0.utf8) }
    let fits =
      switch type {
      case "ByteLevel": isByteLevel
      case "Fuse": !isByteLevel && endOfWord.isEmpty
      case "BPEDecoder": !endOfWord.isEmpty && suffix == endOfWord
      default: false
      }
    guard fits else { throw decoder.error("type", "the decoder '\(type)' is not supported with these components") }
  }

  /// Post-processors add special tokens around a text or trim offsets; encoding adds nothing here, so they change no ids.
  private func checkPostProcessor() throws(ApusError) {
    guard let value = root.value("post_processor") else { return }
    let parts = value["type"]?.string == "Sequence" ? value["processors"]?.array ?? [] : [value]
    for part in parts {
      let type = part["type"]?.string ?? "without type"
      guard ["ByteLevel", "TemplateProcessing"].contains(type) else {
        throw root.error("post_processor", "the post-processor '\(type)' is not supported")
      }
    }
  }

  // MARK: Model

  private func model(isByteLevel: Bool) throws(ApusError) -> PipelineTokenizer.Model {
    guard let model = try root.object("model") else { throw root.error("model", "is missing") }
    // Old files do not say what they are; only BPE has merges.
    let type = try model.string("type") ?? (model.has("merges") ? "BPE" : "without type")
    let vocabulary = try VocabularyReader(model: model, isByteLevel: isByteLevel).vocabulary()
    switch type {
    case "BPE": return .bytePair(try bytePairModel(model, vocabulary, isByteLevel: isByteLevel))
    case "WordLevel" where !isByteLevel:
      let unknown = try model.string("unk_token").flatMap { vocabulary.id(of: Array($0.utf8)) }
      return .wordLevel(WordLevelModel(vocabulary: vocabulary, unknown: unknown))
    default: throw model.error("type", "the model '\(type)' is not supported", remedy: "use a BPE or WordLevel model")
    }
  }

  private func bytePairModel(
    _ model: JSON.Reader, _ vocabulary: Vocabulary, isByteLevel: Bool
  ) throws(ApusError) -> BytePairModel {
    if model.value("dropout")?.double ?? 0 != 0 { throw model.error("dropout", "is not supported") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try model.string(key), !affix.isEmpty { throw model.error(key, "is not supported") }
    }
    for key in ["byte_fallback", "fuse_unk"] where try model.bool(key, default: false) {
      throw model.error(key, "is not supported")
    }
    let unknown: Int32? = try model.string("unk_token").flatMap { vocabulary.id(of: Array($0.utf8)) }
    let merges = try VocabularyReader(model: model, isByteLevel: isByteLevel).merges(vocabulary)
    do throws(ApusError) {
      return try BytePairModel(
        unit: isByteLevel ? .bytes : .characters, vocabulary: vocabulary, merges: merges,
        prefersWholeWords: try model.bool("ignore_merges", default: false), unknown: unknown)
    } catch {
      throw model.error("merges", [error.place, error.problem].compactMap { $0 }.joined(separator: ": "))
    }
  }
}

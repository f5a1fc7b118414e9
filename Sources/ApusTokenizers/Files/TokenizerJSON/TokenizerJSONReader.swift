// Reads Hugging Face's `tokenizer.json`: what a tokenizer of the `tokenizers` library does, as a chain of components
// with names. What is not supported is an error that names it, never ignored: a tokenizer that leaves a step out gives
// wrong ids.

import ApusCore

/// Reads one file.
struct TokenizerJSONReader {
  let root: JSON.Reader
  let file: String?
  let roles: SpecialTokens.Roles

  func tokenizer() throws(ApusError) -> PipelineTokenizer {
    root.ignore("version")
    let lengths = TextLengthReader(root: root)
    let (truncation, padding) = (try lengths.truncation(), try lengths.padding())
    var added = try addedTokens()
    let normalizer = try NormalizerReader(file: file).read(root.value("normalizer"))
    var preTokenizer = try PreTokenizerReader(file: file).read(root.value("pre_tokenizer"))
    guard let modelReader = try root.object("model") else { throw root.error("model", "is missing") }
    let type = try ModelReader.type(of: modelReader)
    let isByteLevel = preTokenizer.endsInByteLevel && type == "BPE"
    if preTokenizer.endsInByteLevel && !isByteLevel { preTokenizer.splitter.steps.append(.byteLevel) }
    let model = try ModelReader(model: modelReader, isByteLevel: isByteLevel).read()
    let joining = try DecoderReader(file: file, isByteLevel: isByteLevel).read(root.value("decoder"))
    let postProcessor = try PostProcessorReader(file: file).read(root.value("post_processor"))
    try root.finish()
    adopt(model.vocabulary, &added, isByteLevel: isByteLevel)
    try check(added, against: model)
    var tokenizer = PipelineTokenizer(
      normalizer: normalizer, splitter: preTokenizer.splitter, model: model,
      specialTokens: SpecialTokens(added, roles: roles), joining: joining, postProcessor: postProcessor,
      source: ComponentSource(root, isByteLevel: isByteLevel))
    tokenizer.truncation = truncation
    tokenizer.padding = padding
    return tokenizer
  }

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
    var token = AddedToken(id: Int32(id), content: content, isSpecial: try reader.bool("special", default: false))
    token.isSingleWord = try reader.bool("single_word", default: false)
    token.takesSpaceBefore = try reader.bool("lstrip", default: false)
    token.takesSpaceAfter = try reader.bool("rstrip", default: false)
    token.isNormalized = try reader.bool("normalized", default: !token.isSpecial)
    try reader.finish()
    return token
  }

  /// An added token that the vocabulary has already has the id there, whatever the file says, as in the library.
  private func adopt(_ vocabulary: Vocabulary, _ added: inout [AddedToken], isByteLevel: Bool) {
    var bytes: [UInt8] = []
    for index in added.indices {
      let content = added[index].content
      let isSpelt = isByteLevel && content.withUnsafeBufferPointer { ByteAlphabet.bytes(of: $0, into: &bytes) }
      if let id = vocabulary.id(of: isSpelt ? bytes : content) { added[index].id = id }
    }
  }

  private func check(_ added: [AddedToken], against model: TokenizerModel) throws(ApusError) {
    for token in added {
      guard let known = model.vocabulary.bytes(of: token.id), !known.elementsEqual(token.content) else { continue }
      throw ApusError(
        .badData,
        "the id \(token.id) is given to the added token '\(String(decoding: token.content, as: UTF8.self))' and to "
          + "'\(String(decoding: known, as: UTF8.self))'", file: file, place: "key `added_tokens`")
    }
  }
}

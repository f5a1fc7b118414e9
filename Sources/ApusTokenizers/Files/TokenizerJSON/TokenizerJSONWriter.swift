// Writes a tokenizer as `tokenizer.json`, which the `tokenizers` library loads and gives the same ids with.

public import ApusCore

extension PipelineTokenizer {
  /// Writes `tokenizer.json` and `tokenizer_config.json` into the folder `path`, which is made if it does not exist, or
  /// one file where `path` ends in `.json`.
  public func save(to path: String) throws(ApusError) {
    if path.hasSuffix(".json") { return try AtomicFile.write(json.serialized(pretty: true), to: path) }
    try FileSystem.makeFolders(path)
    try AtomicFile.write(json.serialized(pretty: true), to: FileSystem.join(path, TokenizerFile.name))
    try AtomicFile.write(
      configuration.serialized(pretty: true), to: FileSystem.join(path, TokenizerFile.configurationName))
  }

  /// The content of `tokenizer.json`.
  var json: JSON {
    [
      "version": "1.0",
      "truncation": truncation?.json ?? .null,
      "padding": padding.map { $0.json(token: Self.text(content(of: $0.id) ?? [])) } ?? .null,
      "added_tokens": .array(specialTokens.tokens.map(Self.json)),
      "normalizer": source.normalizer,
      "pre_tokenizer": source.preTokenizer,
      "post_processor": source.postProcessor,
      "decoder": source.decoder,
      "model": modelJSON,
    ]
  }

  /// The content of `tokenizer_config.json`: what `transformers` needs to load the folder.
  private var configuration: JSON {
    var object: JSON.Object = [
      "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
    ]
    let roles = [
      ("eos_token", specialTokens.endOfText),
      ("bos_token", opening.count == 1 ? opening.first : specialTokens.beginningOfText),
      ("unk_token", specialTokens.unknown), ("pad_token", specialTokens.padding), ("mask_token", specialTokens.mask),
      ("cls_token", specialTokens.classification), ("sep_token", specialTokens.separator),
    ]
    for (key, id) in roles {
      if let token = id.flatMap({ specialTokens.token(of: $0) }) { object[key] = .string(Self.text(token.content)) }
    }
    if opening.count == 1 && object["bos_token"] != nil { object["add_bos_token"] = true }
    return .object(object)
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  private static func json(_ token: AddedToken) -> JSON {
    [
      "id": JSON(Int(token.id)), "content": .string(text(token.content)), "single_word": JSON(token.isSingleWord),
      "lstrip": JSON(token.takesSpaceBefore), "rstrip": JSON(token.takesSpaceAfter),
      "normalized": JSON(token.isNormalized), "special": JSON(token.isSpecial),
    ]
  }

  private var modelJSON: JSON {
    switch model {
    case .bytePair(let model): bytePairJSON(model.options, model.merges)
    case .rankedPair(let model):
      bytePairJSON(
        BytePairModel.Options(
          prefersWholeWords: model.prefersWholeWords, unknown: model.unknown, fusesUnknown: model.fusesUnknown,
          byteTokens: model.byteTokens), model.allMerges)
    case .wordPiece(let model):
      [
        "type": "WordPiece", "unk_token": .string(spelling(of: model.unknown)),
        "continuing_subword_prefix": .string(Self.text(model.prefix)),
        "max_input_chars_per_word": JSON(model.longestWord), "vocab": vocabularyJSON,
      ]
    case .unigram(let model):
      [
        "type": "Unigram", "unk_id": model.unknown.map { JSON(Int($0)) } ?? .null,
        "vocab": .array(model.vocabulary.ids.map { [.string(spelling(of: $0)), JSON(model.scores[Int($0)])] }),
        "byte_fallback": JSON(model.byteTokens != nil),
      ]
    case .wordLevel(let model):
      // The library wants a name here even where there is no such token; encoding what is unknown is then its error
      // too.
      ["type": "WordLevel", "vocab": vocabularyJSON, "unk_token": unknownJSON(model.unknown, or: "<unk>")]
    }
  }

  private func bytePairJSON(_ options: BytePairModel.Options, _ merges: [(left: Int32, right: Int32)]) -> JSON {
    func affix(_ bytes: [UInt8]) -> JSON { bytes.isEmpty ? .null : .string(Self.text(bytes)) }
    return [
      "type": "BPE", "dropout": options.dropout.map { JSON($0) } ?? .null,
      "unk_token": unknownJSON(options.unknown, or: .null), "continuing_subword_prefix": affix(options.prefix),
      "end_of_word_suffix": affix(options.suffix), "fuse_unk": JSON(options.fusesUnknown),
      "byte_fallback": JSON(options.byteTokens != nil), "ignore_merges": JSON(options.prefersWholeWords),
      "vocab": vocabularyJSON,
      "merges": .array(merges.map { [.string(spelling(of: $0.left)), .string(spelling(of: $0.right))] }),
    ]
  }

  private func unknownJSON(_ id: Int32?, or fallback: JSON) -> JSON {
    id.map { .string(spelling(of: $0)) } ?? fallback
  }

  private var vocabularyJSON: JSON {
    var object = JSON.Object()
    for id in model.vocabulary.ids { object[spelling(of: id)] = JSON(Int(id)) }
    return .object(object)
  }

  /// How files spell a token: byte-level ones in stand-in characters, added ones and all others as they are.
  func spelling(of id: Int32) -> String {
    let bytes = model.vocabulary.bytes(of: id) ?? []
    let isPlain = !source.isByteLevel || !model.vocabulary.isFound(id) || specialTokens.token(of: id) != nil
    return isPlain ? Self.text(bytes) : ByteAlphabet.spelling(of: bytes)
  }
}

extension RankedPairModel {
  /// All merges that the tokens imply, in the order of their ranks: every way to make a token of two.
  var allMerges: [(left: Int32, right: Int32)] {
    var merges: [(rank: UInt32, left: Int32, right: Int32)] = []
    for id in vocabulary.ids where ranks[Int(id)] != Self.never && vocabulary.isFound(id) {
      let content = Array(vocabulary.bytes(of: id) ?? [])
      for cut in content.indices.dropFirst() {
        guard let left = vocabulary.id(of: Array(content[..<cut])),
          let right = vocabulary.id(of: Array(content[cut...]))
        else { continue }
        merges.append((ranks[Int(id)], left, right))
      }
    }
    merges.sort { ($0.rank, $0.left, $0.right) < ($1.rank, $1.left, $1.right) }
    return merges.map { ($0.left, $0.right) }
  }
}

// Writes a tokenizer as `tokenizer.json`, which the `tokenizers` library loads and gives the same ids with.

public import ApusCore

/// What reader and writer share.
enum TokenizerJSON {
  /// Matches the empty text behind each word.
  static let wordEndExpression = #"(?<=\S)(?!\S)"#
}

extension PipelineTokenizer {
  /// Writes `tokenizer.json` and `tokenizer_config.json` into the folder `path`, which is made if it does not exist, or one
  /// file where `path` ends in `.json`.
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
      "truncation": .null,
      "padding": .null,
      "added_tokens": .array(specialTokens.tokens.map(Self.json)),
      "normalizer": normalizerJSON,
      "pre_tokenizer": preTokenizerJSON,
      "post_processor": postProcessor,
      "decoder": decoderJSON,
      "model": modelJSON,
    ]
  }

  /// The content of `tokenizer_config.json`: what `transformers` needs to load the folder.
  private var configuration: JSON {
    var object: JSON.Object = [
      "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
    ]
    let roles = [
      ("eos_token", specialTokens.endOfText), ("bos_token", specialTokens.beginningOfText),
      ("unk_token", specialTokens.unknown), ("pad_token", specialTokens.padding),
    ]
    for (key, id) in roles {
      if let token = id.flatMap({ specialTokens.token(of: $0) }) { object[key] = .string(Self.text(token.content)) }
    }
    return .object(object)
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  private static func json(_ token: AddedToken) -> JSON {
    [
      "id": JSON(Int(token.id)), "content": .string(text(token.content)), "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": JSON(token.isSpecial),
    ]
  }

  private var isByteLevel: Bool {
    if case .bytePair(let model) = model { model.unit == .bytes } else { false }
  }

  private var normalizerJSON: JSON {
    guard !endOfWord.isEmpty else { return .null }
    return [
      "type": "Replace", "pattern": ["Regex": .string(TokenizerJSON.wordEndExpression)],
      "content": .string(Self.text(endOfWord)),
    ]
  }

  private var preTokenizerJSON: JSON {
    var parts: [JSON] = []
    for pattern in splitter.patterns {
      switch pattern {
      case .words: parts.append(["type": "WhitespaceSplit"])
      case .digits: parts.append(["type": "Digits", "individual_digits": true])
      default:
        let expression = JSON.string(pattern.regularExpression ?? "")
        parts.append(["type": "Split", "pattern": ["Regex": expression], "behavior": "Isolated", "invert": false])
      }
    }
    if isByteLevel {
      let endsInGPT2 = splitter.patterns.last == .gpt2
      if endsInGPT2 { parts.removeLast() }
      parts.append(
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": JSON(endsInGPT2)])
    }
    if parts.count < 2 { return parts.first ?? .null }
    return ["type": "Sequence", "pretokenizers": .array(parts)]
  }

  private var decoderJSON: JSON {
    if isByteLevel { return ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true] }
    return endOfWord.isEmpty ? ["type": "Fuse"] : ["type": "BPEDecoder", "suffix": .string(Self.text(endOfWord))]
  }

  private var modelJSON: JSON {
    switch model {
    case .bytePair(let model):
      return [
        "type": "BPE", "dropout": .null, "unk_token": unknownJSON(model.unknown, or: .null),
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": JSON(model.prefersWholeWords), "vocab": vocabularyJSON,
        "merges": .array(model.merges.map { [.string(spelling(of: $0.left)), .string(spelling(of: $0.right))] }),
      ]
    case .wordLevel(let model):
      // The library wants a name here even where there is no such token; encoding what is unknown is then its error too.
      return ["type": "WordLevel", "vocab": vocabularyJSON, "unk_token": unknownJSON(model.unknown, or: "<unk>")]
    }
  }

  private func unknownJSON(_ id: Int32?, or fallback: JSON) -> JSON {
    id.map { .string(spelling(of: $0)) } ?? fallback
  }

  private var vocabularyJSON: JSON {
    var object = JSON.Object()
    for id in model.vocabulary.ids { object[spelling(of: id)] = JSON(Int(id)) }
    return .object(object)
  }

  /// How the file spells a token: byte-level ones in stand-in characters, added ones and all others as they are.
  private func spelling(of id: Int32) -> String {
    let bytes = model.vocabulary.bytes(of: id) ?? []
    let isPlain = !isByteLevel || !model.vocabulary.isFound(id) || specialTokens.token(of: id) != nil
    return isPlain ? Self.text(bytes) : ByteAlphabet.spelling(of: bytes)
  }
}

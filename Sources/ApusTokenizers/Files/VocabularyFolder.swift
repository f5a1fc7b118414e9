// Vocabularies that come as plain files side by side: `vocab.txt` of BERT, `vocab.json` with `merges.txt` of GPT-2 and
// its kin, and GPT-1's own. What they leave open, a `tokenizer_config.json` beside them says, or what is customary for
// what they hold.

import ApusCore

/// Reads a vocabulary with the files beside it.
struct VocabularyFolder {
  let path: String
  private var folder: String { FileSystem.parent(of: path) }
  private let configuration: JSON

  init(path: String, configuration: JSON) {
    self.path = path
    self.configuration = configuration
  }

  // MARK: BERT

  /// One token a line; tokens that go on inside a word begin with `##`.
  func wordPiece(_ bytes: UnsafeBufferPointer<UInt8>) throws(ApusError) -> PipelineTokenizer {
    var vocabulary = Vocabulary(capacity: bytes.count / 8)
    var hasUpperCase = false
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (id, line) in lines.enumerated() {
      let token = line.last == 0x0D ? line.dropLast() : line
      do throws(ApusError) {
        try vocabulary.insert(Array(token), id: id, isFound: vocabulary.id(of: Array(token)) == nil)
      } catch { throw ApusError(.badData, error.problem, file: path, place: "line \(id + 1)") }
      if token.first != UInt8(ascii: "[") && token.contains(where: { (0x41...0x5A).contains($0) }) {
        hasUpperCase = true
      }
    }
    func name(_ key: String, _ fallback: String) -> String {
      configuration[key]?.string ?? configuration[key]?["content"]?.string ?? fallback
    }
    let names = [
      name("unk_token", "[UNK]"), name("cls_token", "[CLS]"), name("sep_token", "[SEP]"), name("pad_token", "[PAD]"),
      name("mask_token", "[MASK]"),
    ]
    let ids = names.map { vocabulary.id(of: Array($0.utf8)) }
    guard let unknown = ids[0], let before = ids[1], let behind = ids[2] else {
      throw ApusError(
        .badData, "this is not a vocabulary of BERT: it lacks '\(zip(ids, names).first { $0.0 == nil }?.1 ?? "")'",
        file: path,
        remedy: "name a tokenizer.json, .model, .tiktoken, tekken.json, vocab.json or vocab.txt")
    }
    let lowercases = configuration["do_lower_case"]?.bool ?? !hasUpperCase
    let normalizer = BertNormalizer(
      separatesChinese: configuration["tokenize_chinese_chars"]?.bool ?? true,
      stripsAccents: configuration["strip_accents"]?.bool, lowercases: lowercases)
    var roles = SpecialTokens.Roles()
    roles.mask = Array(names[4].utf8)
    let added = zip(ids, names).compactMap { id, name in id.map { AddedToken(id: $0, content: Array(name.utf8)) } }
    return Self.bert(
      WordPieceModel(vocabulary: vocabulary, unknown: unknown), normalizer, SpecialTokens(added, roles: roles),
      before: before, behind: behind)
  }

  /// How BERT cuts text: at white space and round punctuation.
  static let bertSplitter = Splitter(steps: [
    .pattern(.words), .cut(Cut(matcher: .scalar(.punctuation), behavior: .isolated)),
  ])

  /// BERT's parts round a vocabulary; nothing is put round texts where one of the two tokens is missing.
  static func bert(
    _ model: WordPieceModel, _ normalizer: BertNormalizer, _ special: SpecialTokens, before: Int32?, behind: Int32?
  ) -> PipelineTokenizer {
    func text(_ id: Int32) -> JSON { .string(String(decoding: special.token(of: id)?.content ?? [], as: UTF8.self)) }
    var source = ComponentSource()
    source.normalizer = [
      "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": JSON(normalizer.separatesChinese),
      "strip_accents": normalizer.stripsAccents.map { JSON($0) } ?? .null, "lowercase": JSON(normalizer.lowercases),
    ]
    source.preTokenizer = ["type": "BertPreTokenizer"]
    var postProcessor = PostProcessor.none
    if let before, let behind {
      postProcessor = PostProcessor(before: [before], behind: [behind])
      source.postProcessor = [
        "type": "BertProcessing", "sep": [text(behind), JSON(Int(behind))], "cls": [text(before), JSON(Int(before))],
      ]
    }
    source.decoder = [
      "type": "WordPiece", "prefix": .string(String(decoding: model.prefix, as: UTF8.self)), "cleanup": true,
    ]
    return PipelineTokenizer(
      normalizer: Normalizer(steps: [.bert(normalizer)]),
      splitter: bertSplitter,
      model: .wordPiece(model), specialTokens: special,
      joining: TokenJoining(steps: [.wordPiece(prefix: model.prefix, cleansUp: true)]),
      postProcessor: postProcessor, source: source)
  }

  // MARK: Vocabulary and merges

  /// A vocabulary in JSON; the merges stand beside it.
  func pair(vocabulary: JSON.Object) throws(ApusError) -> PipelineTokenizer {
    guard let merges = try sibling(["merges.txt", "vocab.bpe"], suffix: ".bpe") else {
      throw ApusError(
        .missingInput, "the merges of this vocabulary are not beside it", file: path,
        remedy: "put merges.txt into the same folder")
    }
    return try pair(vocabulary, vocabularyFile: path, mergesFile: merges)
  }

  /// Merges; the vocabulary in JSON stands beside them.
  func pairOfMerges() throws(ApusError) -> PipelineTokenizer {
    guard let file = try sibling(["vocab.json", "encoder.json"], suffix: ".json"),
      let vocabulary = try JSON.read(file).object
    else {
      throw ApusError(
        .missingInput, "the vocabulary of these merges is not beside them", file: path,
        remedy: "put vocab.json into the same folder")
    }
    return try pair(vocabulary, vocabularyFile: file, mergesFile: path)
  }

  /// A file of the folder by its customary name, else the only one that ends so.
  private func sibling(_ names: [String], suffix: String) throws(ApusError) -> String? {
    let files = try FileSystem.list(folder)
    if let name = names.first(where: files.contains) { return FileSystem.join(folder, name) }
    let others = files.filter { $0.hasSuffix(suffix) && !$0.contains("config") && $0 != "special_tokens_map.json" }
    return others.count == 1 ? FileSystem.join(folder, others[0]) : nil
  }

  /// As a `tokenizer.json` would have them: the same reader understands them.
  private func pair(
    _ vocabulary: JSON.Object, vocabularyFile: String, mergesFile: String
  ) throws(ApusError) -> PipelineTokenizer {
    let text = try FileSystem.readAll(mergesFile)
    let lines = text.split(separator: 0x0A).filter { !$0.starts(with: "#version".utf8) }
    let merges = lines.map { JSON.string(String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)) }
    let endsWords = vocabulary.keys.contains { $0.utf8.count > 4 && $0.hasSuffix("</w>") }
    let unknown = ["<unk>"].first { vocabulary[$0] != nil }
    var model: JSON.Object = ["type": "BPE", "vocab": .object(vocabulary), "merges": .array(merges)]
    if endsWords {
      model["end_of_word_suffix"] = "</w>"
      model["unk_token"] = unknown.map { JSON($0) } ?? .null
    }
    let names = ["<|endoftext|>", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "<|startoftext|>"]
    let special = names.filter { vocabulary[$0]?.int != nil && !(endsWords && $0 == "<unk>") }
    let added: [JSON] = special.map {
      ["id": vocabulary[$0] ?? 0, "content": JSON($0), "normalized": false, "special": true]
    }
    let root: JSON.Object = [
      "added_tokens": .array(added), "model": .object(model),
      "normalizer": endsWords ? ["type": "Lowercase"] : .null,
      // GPT-1 had its words from another program: here they stand apart.
      "pre_tokenizer": endsWords ? ["type": "WhitespaceSplit"] : ["type": "ByteLevel", "add_prefix_space": false],
      "decoder": endsWords ? ["type": "BPEDecoder", "suffix": "</w>"] : ComponentSource.byteLevelDecoder,
    ]
    let roles = TokenizerFile.roles(configuration)
    return try TokenizerJSONReader(root: JSON.Reader(root, file: vocabularyFile), file: vocabularyFile, roles: roles)
      .tokenizer()
  }
}

// Finds out what a tokenizer's file is, from its content, and reads it. A new format is one reader and one line here.

public import ApusCore
import ApusFormats

/// Reads tokenizers from files.
public enum TokenizerFile {
  /// Reads a tokenizer.
  /// - Parameters:
  ///   - path: a `tokenizer.json`, a `.gguf`, a sentencepiece `.model`, a rank file of tiktoken, a `tekken.json`, a
  ///     `vocab.txt`, a `vocab.json` with its merges beside it, or a folder that holds one of these; a
  ///     `tokenizer_config.json` beside it says which special token plays which part.
  ///   - pattern: how text is cut where the file does not say: rank files.
  /// - Throws: `missingInput` where there is none; `badData` for a file that is damaged or uses what is not supported,
  ///   with the name of what it is.
  public static func load(path: String, pattern: SplitPattern? = nil) throws(ApusError) -> any Tokenizer {
    let file = FileSystem.isFolder(path) ? try fileIn(path) : path
    guard FileSystem.exists(file) else {
      throw ApusError(
        .missingInput, "there is no tokenizer", file: file, remedy: "name a tokenizer.json or a folder that holds one")
    }
    if GGUFFile.isName(file) {
      if let tokenizer = try load(gguf: file) { return tokenizer }
      throw ApusError(.badData, "the file holds no tokenizer", file: file, remedy: "name the tokenizer of the model")
    }
    let configuration = try configuration(beside: file)
    let mapped = try MappedFile(file)
    let tokenizer = try mapped.withBytes { bytes throws(ApusError) in
      try load(bytes, path: file, file: file, configuration: configuration, pattern: pattern)
    }
    return try opened(tokenizer, configuration["add_bos_token"]?.bool, file)
  }

  /// Reads the tokenizer of a GGUF file; nil where it has none.
  /// - Throws: `badData` for a file that is damaged or uses what is not supported.
  public static func load(gguf path: String) throws(ApusError) -> (any Tokenizer)? {
    let metadata = try GGUFCheckpoint(path).metadata
    return try GGUFVocabulary(metadata)?.tokenizer(file: path)
  }

  /// A tokenizer whose texts begin with `bos_token` or not, as `add_bos_token` says where it is given; otherwise its
  /// own file decides.
  private static func opened(
    _ tokenizer: any Tokenizer, _ addsBeginning: Bool?, _ file: String
  ) throws(ApusError) -> any Tokenizer {
    guard let addsBeginning else { return tokenizer }
    var tokenizer = tokenizer
    guard let beginning = tokenizer.specialTokens.beginningOfText else {
      if !addsBeginning { return tokenizer }
      throw ApusError(
        .badData, "`add_bos_token` asks for a token that begins texts, and the vocabulary names none", file: file,
        place: "\(configurationName) beside it", remedy: "name it as `bos_token`, or set the key to false")
    }
    if !addsBeginning {
      tokenizer.opening.removeAll { $0 == beginning }
    } else if !tokenizer.opening.contains(beginning) {
      tokenizer.opening.insert(beginning, at: 0)
    }
    return tokenizer
  }

  /// Reads a tokenizer from the bytes of a file that needs no other beside it.
  public static func load(
    bytes: [UInt8], file: String? = nil, pattern: SplitPattern? = nil
  ) throws(ApusError) -> any Tokenizer {
    let outcome: Result<any Tokenizer, ApusError> = bytes.withUnsafeBytes { bytes in
      do throws(ApusError) {
        return .success(try load(bytes, path: nil, file: file, configuration: .null, pattern: pattern))
      } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  static let name = "tokenizer.json"
  static let configurationName = "tokenizer_config.json"
  /// The files of a folder that may be its tokenizer; the first that is there is.
  private static let names = [name, "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "encoder.json"]

  /// Whether a file of this name is a tokenizer, or half of one.
  public static func isTokenizer(named name: String) -> Bool {
    names.contains(name) || [".tiktoken", ".model"].contains(where: name.hasSuffix)
  }

  private static func fileIn(_ folder: String) throws(ApusError) -> String {
    let files = try FileSystem.list(folder)
    let ranks = files.filter { $0.hasSuffix(".tiktoken") }
    let found = names.first(where: files.contains) ?? (ranks.count == 1 ? ranks[0] : name)
    return FileSystem.join(folder, found)
  }

  private static func load(
    _ raw: UnsafeRawBufferPointer, path: String?, file: String?, configuration: JSON, pattern: SplitPattern?
  ) throws(ApusError) -> any Tokenizer {
    let bytes = UnsafeBufferPointer(start: raw.baseAddress?.assumingMemoryBound(to: UInt8.self), count: raw.count)
    let folder = path.map { VocabularyFolder(path: $0, configuration: configuration) }
    guard let first = bytes.first(where: { !$0.isSpace }) else {
      throw ApusError(.badData, "the file is empty", file: file, remedy: "name a tokenizer, or fetch the file again")
    }
    if first == UInt8(ascii: "{")
      || path == nil && !SentencePieceReader.isModel(bytes) && !RankFileReader.isRankFile(bytes)
    {
      return try load(json: JSON.parse(raw, file: file), folder, file, configuration)
    }
    if SentencePieceReader.isModel(bytes) {
      var model = try SentencePieceReader.read(bytes, file: file)
      model.roles.override(with: roles(configuration))
      return try model.tokenizer()
    }
    if RankFileReader.isRankFile(bytes) { return try RankFileReader.read(bytes, pattern: pattern, file: file) }
    if let folder, bytes.starts(with: "#version".utf8) { return try folder.pairOfMerges() }
    if let folder, bytes.first != 0, UTF8Validation.firstInvalid(in: bytes.span) == nil {
      return try folder.wordPiece(bytes)
    }
    throw ApusError(
      .badData, "this is no tokenizer that Apus knows", file: file,
      remedy: "name a tokenizer.json, .model, .tiktoken, tekken.json, vocab.json or vocab.txt")
  }

  private static func load(
    json: JSON, _ folder: VocabularyFolder?, _ file: String?, _ configuration: JSON
  ) throws(ApusError) -> any Tokenizer {
    if let root = json.object {
      if root["model"]?.object != nil {
        return try TokenizerJSONReader(root: JSON.Reader(root, file: file), file: file, roles: roles(configuration))
          .tokenizer()
      }
      if TekkenReader.isTekken(root) { return try TekkenReader(root: root, file: file).tokenizer() }
      let isVocabulary = root.count > 1 && root.values.prefix(100).allSatisfy { $0.int != nil }
      if let folder, isVocabulary { return try folder.pair(vocabulary: root) }
    }
    throw ApusError(
      .badData, "this is JSON, but not a tokenizer.json of the tokenizers library: it has no object `model`",
      file: file, remedy: "name the file tokenizer.json of a model")
  }

  /// What a `tokenizer_config.json` beside a file says; null where there is none.
  private static func configuration(beside file: String) throws(ApusError) -> JSON {
    let path = FileSystem.join(FileSystem.parent(of: file), configurationName)
    return FileSystem.isFile(path) ? try JSON.read(path) : .null
  }

  /// The parts that a `tokenizer_config.json` gives to tokens.
  static func roles(_ configuration: JSON) -> SpecialTokens.Roles {
    func content(_ key: String) -> [UInt8]? {
      let value = configuration[key]
      return (value?.string ?? value?["content"]?.string).map { Array($0.utf8) }
    }
    var roles = SpecialTokens.Roles()
    roles.endOfText = content("eos_token")
    roles.beginningOfText = content("bos_token")
    roles.unknown = content("unk_token")
    roles.padding = content("pad_token")
    roles.mask = content("mask_token")
    roles.classification = content("cls_token")
    roles.separator = content("sep_token")
    return roles
  }
}

extension SpecialTokens.Roles {
  /// Takes over what another source says.
  mutating func override(with other: SpecialTokens.Roles) {
    endOfText = other.endOfText ?? endOfText
    beginningOfText = other.beginningOfText ?? beginningOfText
    unknown = other.unknown ?? unknown
    padding = other.padding ?? padding
    mask = other.mask ?? mask
    classification = other.classification ?? classification
    separator = other.separator ?? separator
  }
}

extension UInt8 {
  /// White space of JSON.
  fileprivate var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

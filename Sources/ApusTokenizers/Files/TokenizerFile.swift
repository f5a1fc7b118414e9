// Finds out what a tokenizer's file is, from its content, and reads it. A new format is one reader and one line here.

public import ApusCore

/// Reads tokenizers from files.
public enum TokenizerFile {
  /// Reads a tokenizer.
  /// - Parameter path: a `tokenizer.json`, or a folder that holds one; a `tokenizer_config.json` beside it says which
  ///   special token plays which part.
  /// - Throws: `missingInput` where there is none; `badData` for a file that is damaged or uses what is not supported, with
  ///   the name of what it is.
  public static func load(path: String) throws(ApusError) -> any Tokenizer {
    let file = FileSystem.isFolder(path) ? FileSystem.join(path, name) : path
    guard FileSystem.exists(file) else {
      throw ApusError(
        .missingInput, "there is no tokenizer", file: file, remedy: "name a tokenizer.json or a folder that holds one")
    }
    return try load(json: JSON.read(file), file: file, roles: roles(beside: file))
  }

  /// Reads a tokenizer from the bytes of a `tokenizer.json`.
  public static func load(bytes: [UInt8], file: String? = nil) throws(ApusError) -> any Tokenizer {
    try load(json: JSON.parse(bytes, file: file), file: file, roles: SpecialTokens.Roles())
  }

  static let name = "tokenizer.json"
  static let configurationName = "tokenizer_config.json"

  private static func load(
    json: JSON, file: String?, roles: SpecialTokens.Roles
  ) throws(ApusError) -> PipelineTokenizer {
    guard let root = json.object, root["model"]?.object != nil else {
      throw ApusError(
        .badData, "this is JSON, but not a tokenizer.json of the tokenizers library: it has no object `model`",
        file: file, remedy: "name the file tokenizer.json of a model")
    }
    return try TokenizerJSONReader(root: JSON.Reader(root, file: file), file: file, roles: roles).tokenizer()
  }

  /// The parts that a `tokenizer_config.json` gives to tokens.
  private static func roles(beside file: String) throws(ApusError) -> SpecialTokens.Roles {
    var roles = SpecialTokens.Roles()
    let path = FileSystem.join(FileSystem.parent(of: file), configurationName)
    guard FileSystem.isFile(path) else { return roles }
    let configuration = try JSON.read(path)
    func content(_ key: String) -> [UInt8]? {
      let value = configuration[key]
      return (value?.string ?? value?["content"]?.string).map { Array($0.utf8) }
    }
    roles.endOfText = content("eos_token")
    roles.beginningOfText = content("bos_token")
    roles.unknown = content("unk_token")
    roles.padding = content("pad_token")
    return roles
  }
}

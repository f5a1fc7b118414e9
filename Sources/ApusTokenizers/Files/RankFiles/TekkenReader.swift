// Reads Mistral's tekken files: JSON with the splitting pattern, tokens in base64 by rank, and special tokens before
// all of them.

import ApusCore

struct TekkenReader {
  let root: JSON.Object
  let file: String?

  /// The special tokens of the first tekken files, which do not list them.
  private static let customary = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
  ]

  /// Whether an object is such a file.
  static func isTekken(_ root: JSON.Object) -> Bool { root["config"]?["pattern"] != nil && root["vocab"]?.array != nil }

  func tokenizer() throws(ApusError) -> PipelineTokenizer {
    let reader = JSON.Reader(root, file: file)
    guard let config = try reader.object("config") else { throw reader.error("config", "is missing") }
    let expression = Array(try config.requiredString("pattern").utf8)
    let size = try config.requiredInt("default_vocab_size")
    let specialCount = try config.int("default_num_special_tokens", default: 1000)
    guard (0...Vocabulary.idLimit).contains(size), (0...size).contains(specialCount) else {
      throw config.error("default_vocab_size", "\(size) tokens, of which \(specialCount) are special, cannot be")
    }
    let vocabulary = try vocabulary(reader, first: specialCount, size: size)
    let special = try specialTokens(reader, specialCount)
    var splitter = Splitter([])
    if let pattern = SplitPattern.named(byRegularExpression: expression) {
      splitter = Splitter([pattern])
    } else {
      let components = ComponentReader(file: file)
      let matcher = Matcher.regex(try components.regex(expression, config, "pattern"))
      splitter = Splitter(steps: [.cut(Cut(matcher: matcher, behavior: .isolated))])
    }
    var source = ComponentSource()
    source.isByteLevel = true
    source.decoder = ComponentSource.byteLevelDecoder
    source.preTokenizer = ComponentSource.byteLevel(expression: String(decoding: expression, as: UTF8.self))
    return RankFileReader.tokenizer(vocabulary, splitter, special, source: source)
  }

  private func vocabulary(_ reader: JSON.Reader, first: Int, size: Int) throws(ApusError) -> Vocabulary {
    let entries = try reader.array("vocab") ?? []
    var vocabulary = Vocabulary(capacity: size)
    for (index, entry) in entries.enumerated() {
      guard let rank = entry["rank"]?.int, let token = entry["token_bytes"]?.string,
        let bytes = Base64.decode(Array(token.utf8)), !bytes.isEmpty, rank >= 0
      else { throw reader.error("vocab", "entry \(index) has no `rank` or no `token_bytes` in base64") }
      // The file has more tokens than the model uses.
      guard rank < size - first else { continue }
      do throws(ApusError) { try vocabulary.insert(bytes, id: first + rank) } catch {
        throw reader.error("vocab", "entry \(index): \(error.problem)")
      }
    }
    return vocabulary
  }

  private func specialTokens(_ reader: JSON.Reader, _ count: Int) throws(ApusError) -> [AddedToken] {
    var names = [Int: String]()
    for (index, name) in Self.customary.enumerated() { names[index] = name }
    if let listed = try reader.array("special_tokens") {
      names.removeAll()
      for token in listed { if let rank = token["rank"]?.int { names[rank] = token["token_str"]?.string } }
    }
    return (0..<count).map { AddedToken(id: Int32($0), content: Array((names[$0] ?? "<SPECIAL_\($0)>").utf8)) }
  }
}

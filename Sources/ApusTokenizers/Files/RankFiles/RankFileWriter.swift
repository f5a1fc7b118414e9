// Writes a byte-level vocabulary as tiktoken's rank file: lines of a token in base64 and its id. Such a file has no
// merges: whatever two tokens join to a token may be merged, in the order of the ids. A word that could be made in a
// way that training never chose may so be cut otherwise than by the merges. Special tokens and the splitting pattern
// have no place in the file.

public import ApusCore

extension PipelineTokenizer {
  /// Writes the tokens with their ids as tiktoken reads them (`load_tiktoken_bpe`), special ones left out.
  /// - Throws: `usage` where the model is not byte-level byte-pair encoding.
  public func saveRanks(to path: String) throws(ApusError) {
    let vocabulary: Vocabulary
    switch model {
    case .bytePair(let model) where model.unit == .bytes: vocabulary = model.vocabulary
    case .rankedPair(let model) where model.unit == .bytes: vocabulary = model.vocabulary
    default:
      throw ApusError(
        .usage, "only byte-level byte-pair encoding can be written as a tiktoken rank file", file: path,
        remedy: "write a tokenizer.json")
    }
    var lines: [String] = []
    for id in vocabulary.ids where vocabulary.isFound(id) && specialTokens.token(of: id) == nil {
      lines.append("\(Base64.encode(Array(vocabulary.bytes(of: id) ?? []))) \(id)\n")
    }
    try AtomicFile.write(lines.joined(), to: path)
  }
}

// Reads the component `model` of a `tokenizer.json`. Vocabulary and merges are VocabularyReader's business.

import ApusCore

struct ModelReader {
  let model: JSON.Reader
  /// Whether the pre-tokeniser spells bytes in stand-in characters, and the vocabulary may be turned into bytes
  /// instead.
  let isByteLevel: Bool
  private var vocabularies: VocabularyReader { VocabularyReader(model: model, isByteLevel: isByteLevel) }

  init(model: JSON.Reader, isByteLevel: Bool) {
    self.model = model
    self.isByteLevel = isByteLevel
  }

  /// What kind of model it is; old files do not say so.
  static func type(of model: JSON.Reader) throws(ApusError) -> String {
    if let type = try model.string("type") { return type }
    if model.has("merges") { return "BPE" }
    if model.value("vocab")?.array != nil { return "Unigram" }
    return model.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel"
  }

  func read() throws(ApusError) -> TokenizerModel {
    switch try Self.type(of: model) {
    case "BPE": return .bytePair(try bytePair())
    case "WordPiece": return .wordPiece(try wordPiece())
    case "Unigram": return .unigram(try unigram())
    case "WordLevel":
      let vocabulary = try vocabularies.vocabulary()
      let unknown = try unknown(vocabulary)
      return .wordLevel(WordLevelModel(vocabulary: vocabulary, unknown: unknown))
    case let type: throw model.error("type", "the model '\(type)' is not supported")
    }
  }

  private func unknown(_ vocabulary: Vocabulary) throws(ApusError) -> Int32? {
    try model.string("unk_token").flatMap { vocabulary.id(of: Array($0.utf8)) }
  }

  private func bytePair() throws(ApusError) -> BytePairModel {
    let vocabulary = try vocabularies.vocabulary()
    var options = BytePairModel.Options()
    options.dropout = try model.double("dropout")
    options.prefix = Array(try model.string("continuing_subword_prefix", default: "").utf8)
    options.suffix = Array(try model.string("end_of_word_suffix", default: "").utf8)
    options.fusesUnknown = try model.bool("fuse_unk", default: false)
    options.prefersWholeWords = try model.bool("ignore_merges", default: false)
    options.unknown = try unknown(vocabulary)
    if try model.bool("byte_fallback", default: false) {
      options.byteTokens = ByteAlphabet.fallbackTokens { vocabulary.id(of: $0) }
    }
    let merges = try vocabularies.merges(vocabulary)
    do throws(ApusError) {
      return try BytePairModel(
        unit: isByteLevel ? .bytes : .characters, vocabulary: vocabulary, merges: merges, options: options)
    } catch {
      throw model.error("merges", [error.place, error.problem].compactMap { $0 }.joined(separator: ": "))
    }
  }

  private func wordPiece() throws(ApusError) -> WordPieceModel {
    let vocabulary = try vocabularies.vocabulary()
    let name = try model.string("unk_token", default: "[UNK]")
    guard let unknown = vocabulary.id(of: Array(name.utf8)) else {
      throw model.error("unk_token", "the vocabulary lacks the unknown token '\(name)'")
    }
    let longest = try ComponentReader(file: model.file).count(model, "max_input_chars_per_word", default: 100)
    return WordPieceModel(
      vocabulary: vocabulary, unknown: unknown,
      prefix: Array(try model.string("continuing_subword_prefix", default: "##").utf8), longestWord: longest)
  }

  private func unigram() throws(ApusError) -> UnigramModel {
    guard let entries = try model.array("vocab") else { throw model.error("vocab", "an array is expected") }
    var vocabulary = Vocabulary(capacity: entries.count)
    var scores: [Double] = []
    for (id, entry) in entries.enumerated() {
      guard let pair = entry.array, pair.count == 2, let piece = pair[0].string, let score = pair[1].double else {
        throw model.error("vocab", #"entry \#(id) is not ["piece", score]"#)
      }
      do throws(ApusError) { try vocabulary.insert(Array(piece.utf8), id: id) } catch {
        throw model.error("vocab", "'\(piece)': \(error.problem)")
      }
      scores.append(score)
    }
    let unknown = try model.int("unk_id")
    guard unknown.map({ scores.indices.contains($0) }) ?? true else {
      throw model.error("unk_id", "\(unknown ?? 0) is not in the vocabulary (0 to \(scores.count - 1))")
    }
    let fallsBack = try model.bool("byte_fallback", default: false)
    return UnigramModel(
      vocabulary: vocabulary, scores: scores, unknown: unknown.map { Int32($0) },
      byteTokens: fallsBack ? ByteAlphabet.fallbackTokens { vocabulary.id(of: $0) } : nil)
  }
}

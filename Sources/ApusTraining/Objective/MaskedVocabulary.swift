// What masking has to know of a vocabulary: the mask, the two tokens that frame a sequence, which tokens are never
// masked, and which are pieces of one word.

public import ApusCore
public import ApusTokenizers

/// The tokens that play a part in masked learning.
public struct MaskedVocabulary: Sendable {
  /// Stands for a token that is to be guessed.
  public let mask: Int32
  /// Begins a sequence.
  public let first: Int32
  /// Ends a sequence.
  public let last: Int32
  /// Ids in all.
  public let size: Int

  private let isSpecial: [Bool]
  private let words: WordStarts?

  /// The special tokens of a vocabulary that is made for masked learning; padding has the id that transformers expects.
  static let specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  /// The parts that tokens of `tokenizer` play, by their customary names in BERT or in RoBERTa.
  /// - Throws: `badData` where one is missing.
  public init(_ tokenizer: any Tokenizer) throws(ApusError) {
    func id(_ part: String, _ names: String...) throws(ApusError) -> Int32 {
      for name in names { if let id = tokenizer.specialTokens.id(of: Array(name.utf8)) { return id } }
      throw ApusError(
        .badData, "the tokenizer has no \(part) (\(names.joined(separator: " or "))), which masked learning needs",
        remedy: "give a tokenizer that was made for it, or none, so that one is trained")
    }
    mask = try id("mask token", "[MASK]", "<mask>")
    first = try id("token that begins a sequence", "[CLS]", "<s>")
    last = try id("token that ends a sequence", "[SEP]", "</s>")
    size = tokenizer.vocabularySize
    isSpecial = (0..<Int32(clamping: size)).map { tokenizer.specialTokens.isSpecial($0) }
    words = WordStarts(tokenizer)
  }

  /// A vocabulary of `size` ids of which the last three are special, for tokens that stand for no text.
  init(size: Int) {
    self.size = size
    (first, last, mask) = (Int32(size - 3), Int32(size - 2), Int32(size - 1))
    isSpecial = (0..<size).map { $0 >= size - 3 }
    words = nil
  }

  /// Whether a token may be masked.
  func isOrdinary(_ token: Int32) -> Bool {
    guard isSpecial.indices.contains(Int(token)) else { return false }
    return !isSpecial[Int(token)]
  }

  /// Whether two neighbours are pieces of one word.
  func areOneWord(_ previous: Int32, _ token: Int32) -> Bool {
    guard let words else { return false }
    return isOrdinary(token) && !words.begins(token, after: previous)
  }
}

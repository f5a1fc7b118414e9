// The vocabulary of a GGUF file as a value: the keys `tokenizer.ggml.*`, whoever has read them. It knows neither how
// such a file is laid out nor what a tokenizer does with it.

/// What a GGUF file says of its tokenizer.
public struct GGUFVocabulary: Sendable, Equatable {
  /// `model`: gpt2 (byte-level BPE), llama (sentencepiece BPE), bert (WordPiece), t5 (Unigram).
  public var model: String
  /// `pre`: the name of the splitting pattern of a byte-level BPE.
  public var pre: String?
  /// `tokens`, as the file spells them.
  public var tokens = PackedStrings()
  /// `scores`, one a token; empty where the kind has none.
  public var scores: [Float] = []
  /// `token_type`, one a token; empty where all are normal.
  public var types: [Int32] = []
  /// `merges`: two tokens with a space between.
  public var merges = PackedStrings()
  /// `bos_token_id`
  public var beginning: Int32?
  /// `eos_token_id`
  public var end: Int32?
  /// `unknown_token_id`
  public var unknown: Int32?
  /// `padding_token_id`
  public var padding: Int32?
  /// `seperator_token_id` (so spelt)
  public var separator: Int32?
  /// `cls_token_id`
  public var classification: Int32?
  /// `mask_token_id`
  public var mask: Int32?
  /// `add_bos_token`
  public var addsBeginning: Bool?
  /// `add_eos_token`
  public var addsEnd: Bool?
  /// `add_sep_token`
  public var addsSeparator: Bool?
  /// `add_space_prefix`
  public var addsSpacePrefix: Bool?
  /// `remove_extra_whitespaces`
  public var removesExtraSpaces: Bool?
  /// `precompiled_charsmap`
  public var normalizationMap: [UInt8] = []

  /// A vocabulary of a kind, without tokens.
  public init(model: String) { self.model = model }

  /// The values of `token_type`.
  public enum TokenType: Int32, Sendable {
    /// An ordinary token.
    case normal = 1
    /// Stands for what cannot be expressed.
    case unknown
    /// Has a meaning and no text.
    case control
    /// Is taken wherever its text stands.
    case userDefined
    /// Is never used.
    case unused
    /// Stands for one byte: `<0x0A>`.
    case byte
  }

  /// The type of the token at `index`.
  func type(_ index: Int) -> TokenType {
    types.indices.contains(index) ? TokenType(rawValue: types[index]) ?? .normal : .normal
  }
}

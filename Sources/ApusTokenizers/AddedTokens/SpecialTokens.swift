// Added tokens: texts that are one token as a whole and are cut out before anything else looks at the text; and the
// parts that some of them play. It knows no model.

/// A text that is one token as a whole.
public struct AddedToken: Sendable, Equatable {
  /// The token's id.
  public var id: Int32
  /// The token's text.
  public var content: [UInt8]
  /// Whether it is special (left out of decoded text on request) rather than a word added to the vocabulary.
  public var isSpecial: Bool
  /// Whether it is only found where no word character stands before or behind it.
  public var isSingleWord = false
  /// Whether it takes the white space before it.
  public var takesSpaceBefore = false
  /// Whether it takes the white space behind it.
  public var takesSpaceAfter = false
  /// Whether it is looked for in the normalised text rather than in the text as it came.
  public var isNormalized = false
  /// Whether it is part of every text, even where special tokens are plain text: a word that users defined.
  public var isAlwaysFound = false

  /// Makes an added token.
  public init(id: Int32, content: [UInt8], isSpecial: Bool = true) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
  }
}

/// The added tokens of a vocabulary and the parts that some of them play.
public struct SpecialTokens: Sendable, Equatable {
  /// All added tokens, by id.
  public let tokens: [AddedToken]
  /// Ends a document, where the vocabulary has such a token.
  public let endOfText: Int32?
  /// Begins a document.
  public let beginningOfText: Int32?
  /// Stands for what the vocabulary cannot express.
  public let unknown: Int32?
  /// Fills up short rows.
  public let padding: Int32?
  /// Stands for a word to be guessed (BERT).
  public let mask: Int32?
  /// Stands before a text for what is said of it as a whole (BERT).
  public let classification: Int32?
  /// Stands between texts and behind the last (BERT).
  public let separator: Int32?

  /// The length in bytes of the longest added token.
  let longest: Int
  private let roles: Roles
  private let finder: AddedTokenFinder
  private let specialIDs: Set<Int32>
  private let indexOfID: [Int32: Int]

  /// The parts that tokens can be named for, as in `tokenizer_config.json`.
  public struct Roles: Sendable, Equatable {
    /// Text of the token that ends a document.
    public var endOfText: [UInt8]?
    /// Text of the token that begins a document.
    public var beginningOfText: [UInt8]?
    /// Text of the token for what cannot be expressed.
    public var unknown: [UInt8]?
    /// Text of the token that fills up short rows.
    public var padding: [UInt8]?
    /// Text of the token for a word to be guessed.
    public var mask: [UInt8]?
    /// Text of the token before a text.
    public var classification: [UInt8]?
    /// Text of the token between texts.
    public var separator: [UInt8]?

    /// No part is named; the customary names decide.
    public init() {}
  }

  /// Special tokens of which `roles` says which plays which part; where it says nothing the customary names decide.
  public init(_ tokens: [AddedToken] = [], roles: Roles = Roles()) {
    let tokens = tokens.sorted { $0.id < $1.id }
    self.tokens = tokens
    self.roles = roles
    finder = AddedTokenFinder(tokens)
    indexOfID = Dictionary(tokens.indices.map { (tokens[$0].id, $0) }) { first, _ in first }
    longest = tokens.map(\.content.count).max() ?? 0
    specialIDs = Set(tokens.lazy.filter(\.isSpecial).map(\.id))
    func id(_ named: [UInt8]?, or customary: [String]) -> Int32? {
      let names = named.map { [$0] } ?? customary.map { Array($0.utf8) }
      return names.lazy.compactMap { name in tokens.first { $0.content == name }?.id }.first
    }
    endOfText = id(
      roles.endOfText,
      or: ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eot|>", "<EOT>", "<｜end▁of▁sentence｜>"])
    beginningOfText = id(
      roles.beginningOfText,
      or: ["<|begin_of_text|>", "<s>", "<bos>", "<|startoftext|>", "<｜begin▁of▁sentence｜>"])
    unknown = id(roles.unknown, or: ["<unk>", "[UNK]", "<|unk|>"])
    padding = id(roles.padding, or: ["<pad>", "[PAD]", "<|pad|>"])
    mask = id(roles.mask, or: ["[MASK]", "<mask>"])
    classification = id(roles.classification, or: ["[CLS]"])
    separator = id(roles.separator, or: ["[SEP]"])
  }

  /// Equal where all tokens and the parts they play are.
  public static func == (left: SpecialTokens, right: SpecialTokens) -> Bool {
    left.tokens == right.tokens && left.parts == right.parts
  }

  private var parts: [Int32?] {
    [endOfText, beginningOfText, unknown, padding, mask, classification, separator]
  }

  /// Whether `id` is a special token.
  public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  /// The added token with this id.
  public func token(of id: Int32) -> AddedToken? { indexOfID[id].map { tokens[$0] } }

  /// The id of the added token with this text.
  public func id(of content: [UInt8]) -> Int32? { tokens.first { $0.content == content }?.id }

  /// The same tokens, of which the mask takes the white space before it.
  func withMaskTakingSpace() -> SpecialTokens {
    var tokens = tokens
    if let place = mask.flatMap({ indexOfID[$0] }) { tokens[place].takesSpaceBefore = true }
    return SpecialTokens(tokens, roles: roles)
  }

  /// The leftmost longest added token at or after `start`, in the text as it came.
  func firstMatch(in text: Span<UInt8>, from start: Int) -> (place: Range<Int>, id: Int32)? {
    text.withUnsafeBufferPointer { finder.firstMatch(in: $0, from: start) }.map { ($0.place, $0.id) }
  }
}

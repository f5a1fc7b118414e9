// What every tokenizer can do: bytes to ids and back. It works on bytes throughout, because a Swift `String` compares
// by canonical equivalence ("à" equals "a" + U+0300), which would merge different tokens. It knows no file format and
// no model.

public import ApusCore

/// Turns bytes into token ids and ids into bytes. Values are immutable; one may be used from any number of threads.
public protocol Tokenizer: Sendable {
  /// One more than the greatest id: the number of rows that an embedding needs.
  var vocabularySize: Int { get }

  /// The tokens that have a meaning of their own: end of text, padding, roles.
  var specialTokens: SpecialTokens { get }

  /// How successive tokens join to text.
  var joining: TokenJoining { get }

  /// The bytes that the vocabulary has no token for and that encoding leaves out, as the library of its format does;
  /// empty for almost all. Where text holds one, say so.
  var lostBytes: [UInt8] { get }

  /// The tokens that begin every text a model reads, as the tokenizer's files ask for; encoding adds none of them.
  var opening: [Int32] { get set }

  /// How the tokenizer's file wants texts cut for its model; encoding does so only where it is asked to.
  var truncation: Truncation? { get }

  /// How the tokenizer's file wants texts filled up for its model.
  var padding: Padding? { get }

  /// Appends the ids of `text` to `ids`; nothing is added before or after.
  /// - Throws: `badData` where the text holds something that this vocabulary cannot express.
  func encode(_ text: Span<UInt8>, special: SpecialTokenPolicy, into ids: inout [Int32]) throws(ApusError)

  /// The number of tokens of `text`, without holding their ids.
  /// - Throws: what encoding throws.
  func countTokens(_ text: Span<UInt8>, special: SpecialTokenPolicy) throws(ApusError) -> Int

  /// The ids of `text` with the place of each in it; the ids are those of ``encode(_:special:into:)``.
  /// - Throws: what encoding throws.
  func locate(_ text: [UInt8], special: SpecialTokenPolicy) throws(ApusError) -> LocatedTokens

  /// The token as the vocabulary has it, before ``joining``; nil where there is no such token.
  func content(of id: Int32) -> [UInt8]?

  /// Puts round the ids of a text, or of two, what the model expects there: `[CLS]`, `<s>`, `</s>`; types tell the two
  /// apart.
  func framed(_ ids: [Int32], and second: [Int32]?) -> TokenizedText

  /// Writes `tokenizer.json` (and `tokenizer_config.json`) into a folder, or one file where `path` ends in `.json`.
  func save(to path: String) throws(ApusError)
}

/// What happens to the text of special tokens inside the text that is encoded.
public enum SpecialTokenPolicy: Sendable, Equatable {
  /// They become their ids: for text that this program wrote itself.
  case recognised
  /// They are text like any other: for text from outside, which must not be able to end a document or speak as the
  /// system.
  case plainText
  /// These become their ids, all others are text like any other.
  case only(Set<Int32>)
  /// A text that holds one is refused.
  case forbidden
  /// A text that holds one of these is refused; all others are text like any other.
  case refused(Set<Int32>)

  /// Whether a token is cut out of a text.
  func isFound(_ id: Int32) -> Bool {
    switch self {
    case .recognised, .forbidden: true
    case .plainText: false
    case .only(let ids), .refused(let ids): ids.contains(id)
    }
  }

  /// Whether a text that holds a token is refused.
  func refuses(_ id: Int32, isSpecial: Bool) -> Bool {
    switch self {
    case .recognised, .plainText, .only: false
    case .forbidden: isSpecial
    case .refused(let ids): ids.contains(id)
    }
  }
}

extension Tokenizer {
  /// Nothing is lost.
  public var lostBytes: [UInt8] { [] }

  /// Texts have any length.
  public var truncation: Truncation? { nil }

  /// Texts are not filled up.
  public var padding: Padding? { nil }

  /// Nothing is added.
  public func framed(_ ids: [Int32], and second: [Int32]?) -> TokenizedText { PostProcessor.none.apply(ids, second) }

  /// The ids of `bytes`; see ``encode(_:special:into:)``.
  public func encode(_ bytes: [UInt8], special: SpecialTokenPolicy = .plainText) throws(ApusError) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(bytes.count / 3 + 4)
    try encode(bytes.span, special: special, into: &ids)
    return ids
  }

  /// The ids of a string's UTF-8 bytes.
  public func encode(_ text: String, special: SpecialTokenPolicy = .plainText) throws(ApusError) -> [Int32] {
    try encode(Array(text.utf8), special: special)
  }

  /// The ids of a text, or of two that belong together, with all that the model expects round them.
  /// - Parameters:
  ///   - text: the text.
  ///   - second: the second of a pair.
  ///   - special: what happens to special tokens that are written in them.
  ///   - truncation: how they are cut, for instance ``truncation``; nil leaves them whole.
  /// - Throws: what encoding and cutting throw.
  public func encodeFramed(
    _ text: String, and second: String? = nil, special: SpecialTokenPolicy = .plainText,
    cut truncation: Truncation? = nil
  ) throws(ApusError) -> TokenizedText {
    var ids = try encode(text, special: special)
    var more: [Int32]?
    if let second { more = try encode(second, special: special) }
    if let truncation {
      let frame = framed([], and: more == nil ? nil : []).ids.count
      try truncation.apply(to: &ids, and: &more, added: frame)
    }
    return framed(ids, and: more)
  }

  /// The number of tokens of `bytes`, without holding their ids.
  public func countTokens(_ bytes: [UInt8], special: SpecialTokenPolicy = .plainText) throws(ApusError) -> Int {
    try countTokens(bytes.span, special: special)
  }

  /// The number of tokens of `text`.
  public func countTokens(_ text: Span<UInt8>, special: SpecialTokenPolicy) throws(ApusError) -> Int {
    var ids: [Int32] = []
    try encode(text, special: special, into: &ids)
    return ids.count
  }

  /// The bytes that the token stands for inside a text, or nil where there is no such token.
  public func bytes(of id: Int32) -> [UInt8]? { content(of: id).map { joining.bytes(ofInner: $0) } }

  /// The bytes that `ids` stand for; not necessarily valid UTF-8, since a token may be half a character.
  /// `skippingSpecial` leaves special tokens out.
  /// - Throws: `badData` for an id that the vocabulary lacks.
  public func decode(_ ids: some Sequence<Int32>, skippingSpecial: Bool = false) throws(ApusError) -> [UInt8] {
    let joining = joining
    var text: [UInt8] = []
    var state = TokenJoining.State()
    for id in ids {
      if skippingSpecial && specialTokens.isSpecial(id) { continue }
      joining.append(try existingContent(of: id), &state, to: &text)
    }
    return text
  }

  /// The content of a token that must exist.
  func existingContent(of id: Int32) throws(ApusError) -> [UInt8] {
    guard let content = content(of: id) else {
      throw ApusError(
        .badData, "token id \(id) is not in the vocabulary (0 to \(vocabularySize - 1))",
        remedy: "use the tokenizer that the ids were made with")
    }
    return content
  }
}

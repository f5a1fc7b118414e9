// Added tokens: texts that are one token as a whole and are cut out before anything else looks at the text. The longest of
// those that start at the leftmost place wins, as in the `tokenizers` library. It knows no model.

/// A text that is one token as a whole.
public struct AddedToken: Sendable, Equatable {
  /// The token's id.
  public var id: Int32
  /// The token's text.
  public var content: [UInt8]
  /// Whether it is special (left out of decoded text on request) rather than a word added to the vocabulary.
  public var isSpecial: Bool

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

  /// The length in bytes of the longest added token.
  let longest: Int
  /// Whether some token begins with this byte.
  private let isFirstByte: [Bool]
  /// For each first byte, the tokens that begin with it, longest first.
  private let byFirstByte: [[AddedToken]]
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

    /// No part is named; the customary names decide.
    public init() {}
  }

  /// Special tokens of which `roles` says which plays which part; where it says nothing the customary names decide.
  public init(_ tokens: [AddedToken] = [], roles: Roles = Roles()) {
    let tokens = tokens.sorted { $0.id < $1.id }
    self.tokens = tokens
    indexOfID = Dictionary(tokens.indices.map { (tokens[$0].id, $0) }) { first, _ in first }
    var byFirstByte = [[AddedToken]](repeating: [], count: 256)
    for token in tokens { if let first = token.content.first { byFirstByte[Int(first)].append(token) } }
    for byte in 0..<256 { byFirstByte[byte].sort { $0.content.count > $1.content.count } }
    self.byFirstByte = byFirstByte
    isFirstByte = byFirstByte.map { !$0.isEmpty }
    longest = tokens.map(\.content.count).max() ?? 0
    specialIDs = Set(tokens.lazy.filter(\.isSpecial).map(\.id))
    func id(_ named: [UInt8]?, or customary: [String]) -> Int32? {
      let names = named.map { [$0] } ?? customary.map { Array($0.utf8) }
      return names.lazy.compactMap { name in tokens.first { $0.content == name }?.id }.first
    }
    endOfText = id(roles.endOfText, or: ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eot|>", "<EOT>"])
    beginningOfText = id(roles.beginningOfText, or: ["<|begin_of_text|>", "<s>", "<bos>", "<|startoftext|>"])
    unknown = id(roles.unknown, or: ["<unk>", "[UNK]", "<|unk|>"])
    padding = id(roles.padding, or: ["<pad>", "[PAD]", "<|pad|>"])
  }

  /// Whether `id` is a special token.
  public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  /// The added token with this id.
  func token(of id: Int32) -> AddedToken? {
    guard let index = indexOfID[id] else { return nil }
    return tokens[index]
  }

  /// The id of the added token with this text.
  public func id(of content: [UInt8]) -> Int32? {
    guard let first = content.first else { return nil }
    return byFirstByte[Int(first)].first { $0.content == content }?.id
  }

  /// The leftmost longest added token at or after `start`.
  func firstMatch(in text: Span<UInt8>, from start: Int) -> (place: Range<Int>, id: Int32)? {
    guard !tokens.isEmpty else { return nil }
    var place = start
    while let candidate = firstCandidate(in: text, from: place) {
      for token in byFirstByte[Int(text[candidate])] where isMatch(token.content, in: text, at: candidate) {
        return (candidate..<candidate + token.content.count, token.id)
      }
      place = candidate + 1
    }
    return nil
  }

  /// The first place where an added token may begin. Marked hot loop.
  private func firstCandidate(in text: Span<UInt8>, from start: Int) -> Int? {
    text.withUnsafeBufferPointer { text in
      isFirstByte.withUnsafeBufferPointer { isFirstByte in
        var place = start
        while place < text.count {
          if isFirstByte[Int(text[place])] { return place }
          place += 1
        }
        return nil
      }
    }
  }

  private func isMatch(_ content: [UInt8], in text: Span<UInt8>, at place: Int) -> Bool {
    guard content.count <= text.count - place else { return false }
    for index in content.indices where content[index] != text[place + index] { return false }
    return true
  }
}

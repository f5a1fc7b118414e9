// Turns a stream of tokens into text that can be shown at once: never half a character, never one twice. Bytes that can
// no longer become a character turn into U+FFFD, one for each maximal part (Unicode 17, section 3.9), as Python's
// `errors="replace"` and the web do. All pieces together equal the whole decoded at once, however the tokens cut the
// text.

public import ApusCore

/// Decodes token by token; yields only whole characters.
public struct StreamingDecoder: Sendable {
  private let tokenizer: any Tokenizer
  private let skipsSpecial: Bool
  private var assembler = UTF8Assembler()
  private var state = TokenJoining.State()

  /// Starts a text; `skippingSpecial` leaves special tokens out of it.
  public init(_ tokenizer: any Tokenizer, skippingSpecial: Bool = false) {
    self.tokenizer = tokenizer
    skipsSpecial = skippingSpecial
  }

  /// The text that became certain with this token; often empty, when a character is still incomplete.
  /// - Throws: `badData` for an id that the vocabulary lacks.
  public mutating func push(_ id: Int32) throws(ApusError) -> String {
    if skipsSpecial && tokenizer.specialTokens.isSpecial(id) { return "" }
    var bytes: [UInt8] = []
    tokenizer.joining.append(try tokenizer.existingContent(of: id), &state, to: &bytes)
    return String(decoding: assembler.push(bytes), as: UTF8.self)
  }

  /// What was held back: U+FFFD where the text ends inside a character.
  public mutating func finish() -> String {
    return String(decoding: assembler.finish(), as: UTF8.self)
  }
}

/// Collects bytes into valid UTF-8, replacing what cannot be valid.
struct UTF8Assembler: Sendable {
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
  /// The beginning of a character that more bytes may complete; at most three bytes.
  private var pending: [UInt8] = []

  /// The valid text that became certain.
  mutating func push(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + 3)
    for byte in bytes { take(byte, into: &text) }
    return text
  }

  /// Ends the text: an incomplete character becomes one U+FFFD.
  mutating func finish() -> [UInt8] {
    defer { pending.removeAll() }
    return pending.isEmpty ? [] : Self.replacement
  }

  private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
    if let lead = pending.first {
      if UTF8Validation.isContinuation(byte, at: pending.count, after: lead) {
        pending.append(byte)
        guard pending.count == UTF8Validation.length(lead: lead) else { return }
        text += pending
        pending.removeAll(keepingCapacity: true)
        return
      }
      text += Self.replacement
      pending.removeAll(keepingCapacity: true)
    }
    switch UTF8Validation.length(lead: byte) {
    case 1: text.append(byte)
    case 0: text += Self.replacement
    default: pending.append(byte)
    }
  }
}

// Where words begin in a row of tokens, for those who treat the pieces of a word alike (whole-word masking). The bytes
// that a token stands for inside a text tell: a piece that begins with a letter or digit goes on with the word before
// it, if that ends with one. So "Ġ", "▁", "##" and the mark of the end of a word need no rules of their own, and a
// punctuation mark is a word by itself, as in BERT.

/// Tells whether a token begins a word.
public struct WordStarts: Sendable {
  private let continues: [Bool]
  private let isContinued: [Bool]

  /// Looks at every token of a vocabulary.
  public init(_ tokenizer: any Tokenizer) {
    let ids = 0..<Int32(clamping: tokenizer.vocabularySize)
    let contents = ids.map { tokenizer.specialTokens.isSpecial($0) ? [] : tokenizer.bytes(of: $0) ?? [] }
    continues = contents.map { $0.first.map(Self.belongsToWord) ?? false }
    isContinued = contents.map { $0.last.map(Self.belongsToWord) ?? false }
  }

  /// Whether a word begins with `token` where `previous` stands before it; special tokens are words by themselves.
  public func begins(_ token: Int32, after previous: Int32) -> Bool {
    guard continues.indices.contains(Int(token)), continues.indices.contains(Int(previous)) else { return true }
    return !(continues[Int(token)] && isContinued[Int(previous)])
  }

  /// ASCII letters and digits, and all bytes of other characters.
  private static func belongsToWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}

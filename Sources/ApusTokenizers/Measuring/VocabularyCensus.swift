// What a vocabulary is made of: the lengths of its tokens, the longest, and the scripts that they are in. It encodes
// nothing.

/// The tokens of a vocabulary, counted.
public struct VocabularyCensus: Sendable {
  /// The ids that stand for text: all but the special ones and the gaps.
  public private(set) var ids: [Int32] = []
  /// The bytes of all of them.
  public private(set) var byteCount = 0
  /// How many are no whole characters.
  public private(set) var partial = 0
  /// How many begin with a space.
  public private(set) var beginningWithSpace = 0
  /// How many are in each script, the most frequent first; `Common` are those without a letter.
  public private(set) var scripts: [(script: String, count: Int)] = []

  private let tokenizer: any Tokenizer

  /// Counts the tokens of a tokenizer.
  public init(_ tokenizer: any Tokenizer) {
    self.tokenizer = tokenizer
    var counts: [UInt8: Int] = [:]
    for id in 0..<Int32(clamping: tokenizer.vocabularySize) where !tokenizer.specialTokens.isSpecial(id) {
      guard let bytes = tokenizer.bytes(of: id) else { continue }
      ids.append(id)
      byteCount += bytes.count
      if bytes.first == 0x20 { beginningWithSpace += 1 }
      if UTF8Validation.firstInvalid(in: bytes) == nil {
        counts[Self.script(of: bytes), default: 0] += 1
      } else {
        partial += 1
      }
    }
    scripts = counts.map { (Int($0) < Scripts.names.count ? Scripts.names[Int($0)] : "other", $1) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
  }

  /// The longest tokens in bytes, the longest first; of as many bytes the lower id first.
  public func longest(_ count: Int) -> [(id: Int32, bytes: [UInt8])] {
    let sized = ids.map { (id: $0, bytes: tokenizer.bytes(of: $0) ?? []) }
    return Array(sized.sorted { ($1.bytes.count, $0.id) < ($0.bytes.count, $1.id) }.prefix(count))
  }

  /// The script of the first letter that has one of its own; 0 where none has.
  private static func script(of bytes: [UInt8]) -> UInt8 {
    var found: UInt8 = 0
    UTF8Coding.forEachScalar(bytes) { scalar, _ in
      if found <= 1 { found = Scripts.shared.script(of: scalar) }
    }
    return found <= 1 ? 0 : found
  }
}

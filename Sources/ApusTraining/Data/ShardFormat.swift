// The layout of a token shard, all numbers little-endian. It can be written from front to back without knowing its
// size:
//
//   head    64 bytes   magic "APUSTOKS", version u32, token width u32 (2 or 4), vocabulary size u64, fingerprint of the
//                      tokenizer u64, end-of-text id u64 (all ones: none), zeros
//   tokens             u16 or u32 each, filled up with zeros to a multiple of 8 bytes
//   ends               u64 per document that ends here: index of the token after its last one
//   pages              u64 per page of 64 KiB of the token bytes: its checksum
//   foot    64 bytes   token count u64, document count u64, bytes of text u64, checksum of ends and pages u64, checksum
//   of
//                      head and foot u64, zeros, magic "SKOTSUPA"
//
// A truncated file has no foot; a changed byte is found by its page, whose offset the error names.

import ApusCore

/// The numbers that describe a shard.
struct ShardLayout: Equatable, Sendable {
  static let magic = Array("APUSTOKS".utf8)
  static let endMagic = Array("SKOTSUPA".utf8)
  static let version: UInt32 = 1
  static let blockSize = 64
  static let pageSize = 1 << 16
  static let noEndOfText = UInt64.max

  /// Where the numbers of the head lie.
  enum Head {
    static let (version, tokenWidth, vocabulary, fingerprint, endOfText) = (8, 12, 16, 24, 32)
  }

  /// Where the numbers of the foot lie, from its beginning; `checksum` is that of the head and of what comes before it.
  enum Foot {
    static let (tokens, documents, textBytes, tables, checksum) = (0, 8, 16, 24, 32)
  }

  var identity: CorpusIdentity
  var tokenCount = 0
  var documentCount = 0
  var textBytes = 0

  /// Bytes of one token: two where the vocabulary allows it.
  var tokenWidth: Int { identity.vocabularySize <= 1 << 16 ? 2 : 4 }
  var tokenBytes: Int { tokenCount * tokenWidth }
  var endsOffset: Int { Self.blockSize + (tokenBytes + 7) / 8 * 8 }
  var pageCount: Int { (tokenBytes + Self.pageSize - 1) / Self.pageSize }
  var pagesOffset: Int { endsOffset + documentCount * 8 }
  var footOffset: Int { pagesOffset + pageCount * 8 }
  var fileSize: Int { footOffset + Self.blockSize }

  var head: [UInt8] {
    var bytes = Self.magic
    bytes.appendInteger(Self.version)
    bytes.appendInteger(UInt32(tokenWidth))
    bytes.appendInteger(UInt64(identity.vocabularySize))
    bytes.appendInteger(identity.fingerprint)
    bytes.appendInteger(identity.endOfText.map { UInt64($0) } ?? Self.noEndOfText)
    return bytes + [UInt8](repeating: 0, count: Self.blockSize - bytes.count)
  }

  func foot(tables: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendInteger(UInt64(tokenCount))
    bytes.appendInteger(UInt64(documentCount))
    bytes.appendInteger(UInt64(textBytes))
    bytes.appendInteger(tables)
    bytes.appendInteger(Checksum.of(head + bytes))
    bytes += [UInt8](repeating: 0, count: Self.blockSize - Self.endMagic.count - bytes.count)
    return bytes + Self.endMagic
  }
}

/// What all shards of a corpus and the model trained on it must agree on.
public struct CorpusIdentity: Equatable, Sendable {
  /// One more than the greatest id.
  public var vocabularySize: Int
  /// Checksum of the tokenizer's file; 0 where there is none.
  public var fingerprint: UInt64
  /// The id that ends every document; nil where the vocabulary has none.
  public var endOfText: Int32?

  /// States the identity.
  public init(vocabularySize: Int, fingerprint: UInt64 = 0, endOfText: Int32? = nil) {
    self.vocabularySize = vocabularySize
    self.fingerprint = fingerprint
    self.endOfText = endOfText
  }
}

extension [UInt8] {
  /// Appends a number, least byte first.
  mutating func appendInteger(_ value: some FixedWidthInteger) {
    var rest = value
    for _ in 0..<value.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}

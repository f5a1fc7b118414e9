// A memory-mapped token shard. Everything is verified when it is opened, page by page: sizes before they are believed,
// then every checksum, so that damage is found at the start and named by its offset, not after hours of training.

public import ApusCore

/// Tokens of some documents, on disk or in memory.
protocol TokenStore: Sendable {
  /// How many tokens there are.
  var count: Int { get }
  /// How many documents end here.
  var documentCount: Int { get }
  /// The index of the token after the last one of document `index`.
  func end(ofDocument index: Int) -> Int
  /// Writes the tokens of `range` to `tokens` from `offset` on.
  func copy(_ range: Range<Int>, to tokens: inout [Int32], at offset: Int) throws(ApusError)
}

/// A verified, memory-mapped shard of tokens.
public final class Shard: TokenStore {
  /// Vocabulary, tokenizer and end of text.
  public let identity: CorpusIdentity
  /// How many tokens there are.
  public var count: Int { layout.tokenCount }
  /// How many documents end here.
  public var documentCount: Int { layout.documentCount }
  /// Bytes of the text that the tokens were made from.
  public var textBytes: Int { layout.textBytes }
  /// Where the shard lies.
  public let path: String

  private let file: MappedFile
  private let layout: ShardLayout

  /// Maps the shard at `path` and verifies it.
  /// - Throws: `badData` with the offset of what is corrupt, truncated or inconsistent.
  public init(_ path: String) throws(ApusError) {
    self.path = path
    file = try MappedFile(path)
    layout = try ShardVerification(file: file, path: path).layout()
    identity = layout.identity
  }

  /// Whether a file is named or begins as a shard.
  public static func isShard(_ path: String) -> Bool {
    let begins = try? MappedFile(path).withBytes { $0.starts(with: ShardLayout.magic) }
    return ShardNames.isShard(FileSystem.name(of: path)) || begins == true
  }

  /// The shards of a folder, training first.
  public static func paths(in folder: String) throws(ApusError) -> [String] {
    var paths: [String] = []
    for split in Split.allCases {
      paths += try ShardNames.present(in: folder, split).map { FileSystem.join(folder, $0) }
    }
    return paths
  }

  /// The index of the token after the last one of document `index`.
  public func end(ofDocument index: Int) -> Int {
    file.withBytes { bytes in
      Int(truncatingIfNeeded: bytes.littleEndian(UInt64.self, at: layout.endsOffset + index * 8))
    }
  }

  func copy(_ range: Range<Int>, to tokens: inout [Int32], at offset: Int) throws(ApusError) {
    let (start, width) = (ShardLayout.blockSize, layout.tokenWidth)
    let limit = Int64(identity.vocabularySize)
    // A hot loop over the mapped bytes; `range` lies within the verified count.
    let stray = file.withBytes { bytes -> Int? in
      for index in range {
        let place = start + index * width
        let token: UInt32 =
          width == 2
          ? UInt32(bytes.littleEndian(UInt16.self, at: place)) : bytes.littleEndian(UInt32.self, at: place)
        if Int64(token) >= limit { return index }
        tokens[offset + index - range.lowerBound] = Int32(bitPattern: token)
      }
      return nil
    }
    if let stray {
      throw ApusError(
        .badData, "holds a token id outside its vocabulary of \(limit)", file: path,
        place: "offset \(start + stray * width)", remedy: "make the shard anew with tokenize-corpus")
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The number at a byte offset that the caller has checked.
  func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}

extension [UInt8] {
  /// The number at a byte offset that the caller has checked.
  fileprivate func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, at offset: Int
  ) -> Number {
    withUnsafeBytes { $0.littleEndian(type, at: offset) }
  }
}

/// The checks that a file must pass to be a shard.
private struct ShardVerification {
  typealias Head = ShardLayout.Head
  typealias Foot = ShardLayout.Foot

  let file: MappedFile
  let path: String

  func layout() throws(ApusError) -> ShardLayout {
    guard file.count >= 2 * ShardLayout.blockSize else {
      throw failure("has \(file.count) bytes, too few for a token shard", at: file.count)
    }
    let (head, foot) = file.withBytes { bytes in
      (Array(bytes.prefix(ShardLayout.blockSize)), Array(bytes.suffix(ShardLayout.blockSize)))
    }
    let layout = try sizes(head, foot)
    try checksums(layout, foot)
    try documents(layout)
    return layout
  }

  /// The counts, checked against each other and the file's size.
  private func sizes(_ head: [UInt8], _ foot: [UInt8]) throws(ApusError) -> ShardLayout {
    guard head.starts(with: ShardLayout.magic) else { throw failure("does not begin as a token shard", at: 0) }
    let footOffset = file.count - ShardLayout.blockSize
    let version = head.littleEndian(UInt32.self, at: Head.version)
    guard version == ShardLayout.version else {
      throw failure("has format version \(version), not \(ShardLayout.version)", at: Head.version)
    }
    guard foot.suffix(8).elementsEqual(ShardLayout.endMagic) else {
      throw failure("is truncated or still being written: the foot is missing", at: footOffset)
    }
    guard foot.littleEndian(UInt64.self, at: Foot.checksum) == Checksum.of(head + foot[..<Foot.checksum]),
      foot[(Foot.checksum + 8)..<(ShardLayout.blockSize - 8)].allSatisfy({ $0 == 0 })
    else {
      throw failure("has a corrupt head or foot", at: footOffset + Foot.checksum)
    }
    let vocabulary = head.littleEndian(UInt64.self, at: Head.vocabulary)
    let endOfText = head.littleEndian(UInt64.self, at: Head.endOfText)
    guard vocabulary > 0, vocabulary <= UInt64(Int32.max) else {
      throw failure("gives a vocabulary of \(vocabulary)", at: Head.vocabulary)
    }
    guard endOfText == ShardLayout.noEndOfText || endOfText < vocabulary else {
      throw failure("gives the end-of-text id \(endOfText) in a vocabulary of \(vocabulary)", at: Head.endOfText)
    }
    let counts = [Foot.tokens, Foot.documents, Foot.textBytes].map { foot.littleEndian(UInt64.self, at: $0) }
    guard counts[0] <= UInt64(file.count), counts[1] <= counts[0], counts[2] <= UInt64(Int64.max) else {
      throw failure("gives \(counts[0]) tokens and \(counts[1]) documents", at: footOffset)
    }
    let layout = ShardLayout(
      identity: CorpusIdentity(
        vocabularySize: Int(vocabulary), fingerprint: head.littleEndian(UInt64.self, at: Head.fingerprint),
        endOfText: endOfText == ShardLayout.noEndOfText ? nil : Int32(endOfText)), tokenCount: Int(counts[0]),
      documentCount: Int(counts[1]), textBytes: Int(counts[2]))
    guard layout.tokenWidth == Int(head.littleEndian(UInt32.self, at: Head.tokenWidth)), layout.fileSize == file.count
    else {
      throw failure(
        "has \(file.count) bytes where \(counts[0]) tokens and \(counts[1]) documents take \(layout.fileSize)",
        at: footOffset)
    }
    return layout
  }

  private func checksums(_ layout: ShardLayout, _ foot: [UInt8]) throws(ApusError) {
    let tables = file.withBytes {
      Checksum.of(UnsafeRawBufferPointer(rebasing: $0[layout.endsOffset..<layout.footOffset]))
    }
    guard tables == foot.littleEndian(UInt64.self, at: Foot.tables) else {
      throw failure("has a corrupt document index", at: layout.endsOffset)
    }
    let tokensEnd = ShardLayout.blockSize + layout.tokenBytes
    guard file.withBytes({ $0[tokensEnd..<layout.endsOffset].allSatisfy { $0 == 0 } }) else {
      throw failure("is corrupt behind its tokens", at: tokensEnd)
    }
    for page in 0..<layout.pageCount {
      let start = ShardLayout.blockSize + page * ShardLayout.pageSize
      let end = min(start + ShardLayout.pageSize, ShardLayout.blockSize + layout.tokenBytes)
      let isWhole = file.withBytes { bytes in
        Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
          == bytes.littleEndian(UInt64.self, at: layout.pagesOffset + page * 8)
      }
      guard isWhole else { throw failure("is corrupt within the next \(end - start) bytes", at: start) }
    }
  }

  /// Ends must rise and stay within the tokens.
  private func documents(_ layout: ShardLayout) throws(ApusError) {
    let stray = file.withBytes { bytes -> Int? in
      var previous: UInt64 = 0
      for index in 0..<layout.documentCount {
        let end = bytes.littleEndian(UInt64.self, at: layout.endsOffset + index * 8)
        if end <= previous || end > UInt64(layout.tokenCount) { return index }
        previous = end
      }
      return nil
    }
    if let stray { throw failure("has a document that ends out of order", at: layout.endsOffset + stray * 8) }
  }

  private func failure(_ problem: String, at offset: Int) -> ApusError {
    ApusError(
      .badData, problem, file: path, place: "offset \(offset)", remedy: "make the shard anew with tokenize-corpus")
  }
}

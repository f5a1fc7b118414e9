// Writes one token shard from front to back in bounded memory (16 bytes per document and 64 KiB). The file is no shard
// until `finish`, which writes the foot; putting it in its place atomically is the caller's business.

public import ApusCore

/// Writes tokens, document by document, to a shard.
public final class ShardWriter {
  /// Tokens written so far.
  public private(set) var tokenCount = 0

  private let file: OutputFile
  private var layout: ShardLayout
  private var page: [UInt8] = []
  private var ends: [UInt8] = []
  private var pages: [UInt8] = []

  /// Starts a shard at `path`; what lies there is lost.
  public init(_ path: String, identity: CorpusIdentity) throws(ApusError) {
    layout = ShardLayout(identity: identity)
    file = try OutputFile(appendingTo: path, keeping: 0)
    page.reserveCapacity(ShardLayout.pageSize)
    try file.write(layout.head)
  }

  /// Appends tokens of the present document.
  /// - Throws: `badData` for an id that the vocabulary lacks.
  public func append(_ tokens: some Sequence<Int32>) throws(ApusError) {
    for token in tokens {
      guard token >= 0, Int(token) < layout.identity.vocabularySize else {
        throw ApusError(
          .badData, "token id \(token) is outside the vocabulary of \(layout.identity.vocabularySize)", file: file.path,
          place: "token \(tokenCount)")
      }
      page.append(UInt8(truncatingIfNeeded: token))
      page.append(UInt8(truncatingIfNeeded: token >> 8))
      if layout.tokenWidth == 4 {
        page.append(UInt8(truncatingIfNeeded: token >> 16))
        page.append(UInt8(truncatingIfNeeded: token >> 24))
      }
      tokenCount += 1
      if page.count >= ShardLayout.pageSize { try endPage() }
    }
  }

  /// Ends the present document; `textBytes` is the size of its text.
  public func endDocument(textBytes: Int) {
    ends.appendInteger(UInt64(tokenCount))
    layout.documentCount += 1
    layout.textBytes += textBytes
  }

  /// Writes the tables and the foot, and returns when all lies on the disk.
  public func finish() throws(ApusError) {
    layout.tokenCount = tokenCount
    if !page.isEmpty { try endPage() }
    try file.write([UInt8](repeating: 0, count: layout.endsOffset - ShardLayout.blockSize - layout.tokenBytes))
    try file.write(ends)
    try file.write(pages)
    try file.write(layout.foot(tables: Checksum.of(ends + pages)))
    try file.synchronize()
    try file.close()
  }

  private func endPage() throws(ApusError) {
    pages.appendInteger(Checksum.of(page))
    try file.write(page)
    page.removeAll(keepingCapacity: true)
  }
}

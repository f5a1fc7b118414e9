// Documents in, shards out, in bounded memory. The folder appears complete or not at all: everything is written into a
// neighbour whose name ends in `.partial`, which is renamed at the end.

public import ApusCore
public import ApusTokenizers

/// Sizes of a corpus.
public struct CorpusCounts: Sendable, Equatable {
  /// Documents.
  public var documents = 0
  /// Tokens, ends of text included.
  public var tokens = 0
  /// Bytes of text.
  public var bytes = 0

  /// Nothing.
  public init() {}
}

/// Writes a corpus of shards, document by document.
public final class CorpusBuilder {
  /// What was written, by split.
  public private(set) var counts: [Split: CorpusCounts] = [:]

  /// Documents longer than this are encoded in pieces, cut before a space that follows a letter: byte-level
  /// vocabularies split there anyway.
  static let pieceBytes = 4 << 20

  private let folder: String
  private let partial: String
  private let tokenizer: any Tokenizer
  private let shardTokens: Int
  private let identity: CorpusIdentity
  private var writers: [Split: (writer: ShardWriter, index: Int)] = [:]
  private var ids: [Int32] = []

  /// Starts a corpus at `folder`, which must not exist yet, and saves the tokenizer beside the shards.
  /// A new shard begins with the first document after `shardTokens` tokens.
  public init(_ folder: String, tokenizer: any Tokenizer, shardTokens: Int = 1 << 28) throws(ApusError) {
    self.folder = folder
    self.tokenizer = tokenizer
    self.shardTokens = shardTokens
    partial = folder + ".partial"
    guard !FileSystem.exists(folder) else {
      throw ApusError(.usage, "exists already", file: folder, remedy: "choose another folder or remove it")
    }
    try FileSystem.remove(partial)
    try FileSystem.makeFolders(partial)
    try tokenizer.save(to: partial)
    identity = CorpusIdentity(
      vocabularySize: tokenizer.vocabularySize,
      fingerprint: Checksum.of(try FileSystem.readAll("\(partial)/tokenizer.json")),
      endOfText: tokenizer.specialTokens.endOfText)
  }

  /// Adds a document.
  public func add(_ document: [UInt8], to split: Split) throws(ApusError) {
    try add(document.span, to: split)
  }

  /// Adds a document. `progress` is called with the bytes of it that are done, and may throw to stop.
  public func add(
    _ document: Span<UInt8>, to split: Split, progress: (Int) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) {
    guard !document.isEmpty else { return }
    let writer = try writer(of: split)
    let before = writer.tokenCount
    var done = 0
    try Self.forEachPiece(of: document) { (piece) throws(ApusError) in
      ids.removeAll(keepingCapacity: true)
      try tokenizer.encode(piece, special: .plainText, into: &ids)
      try writer.append(ids)
      done += piece.count
      try progress(done)
    }
    if let endOfText = identity.endOfText { try writer.append(CollectionOfOne(endOfText)) }
    writer.endDocument(textBytes: document.count)
    counts[split, default: CorpusCounts()].documents += 1
    counts[split, default: CorpusCounts()].tokens += writer.tokenCount - before
    counts[split, default: CorpusCounts()].bytes += document.count
  }

  /// Closes the shards and puts the folder in its place.
  /// - Throws: `badData` where a split stayed empty.
  public func finish() throws(ApusError) {
    for split in Split.allCases where counts[split]?.tokens ?? 0 == 0 {
      throw ApusError(
        .badData, "the text gives no \(split.rawValue) documents", file: folder,
        remedy: "give more documents, a greater validation fraction, or documents = text to cut one long text")
    }
    for entry in writers.values { try entry.writer.finish() }
    try FileSystem.synchronizeFolder(partial)
    try FileSystem.rename(partial, to: folder)
    try FileSystem.synchronizeFolder(FileSystem.parent(of: folder))
  }

  /// Removes what was written; for work that failed.
  public func abandon() {
    writers.removeAll()
    try? FileSystem.remove(partial)
  }

  private func writer(of split: Split) throws(ApusError) -> ShardWriter {
    var index = 0
    if let open = writers[split] {
      if open.writer.tokenCount < shardTokens { return open.writer }
      try open.writer.finish()
      index = open.index + 1
    }
    let writer = try ShardWriter("\(partial)/\(ShardNames.name(split, index))", identity: identity)
    writers[split] = (writer, index)
    return writer
  }

  /// Calls `body` with a document's pieces, in order.
  static func forEachPiece(
    of document: Span<UInt8>, _ body: (Span<UInt8>) throws(ApusError) -> Void
  ) throws(ApusError) {
    var start = 0
    while start < document.count {
      let end = pieceEnd(document, from: start)
      try body(document.extracting(start..<end))
      start = end
    }
  }

  /// The end of the piece that begins at `start`.
  private static func pieceEnd(_ document: Span<UInt8>, from start: Int) -> Int {
    guard document.count - start > pieceBytes else { return document.count }
    var end = start + pieceBytes
    while end > start + pieceBytes / 2 {
      let previous = document[end - 1] | 0x20
      if document[end] == 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(previous) { return end }
      end -= 1
    }
    return characterStart(document, atOrBefore: start + pieceBytes)
  }

  /// The start of the UTF-8 character at or before `place`.
  static func characterStart(_ bytes: Span<UInt8>, atOrBefore place: Int) -> Int {
    var start = place
    while start > 0, start < bytes.count, place - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}

// Text files as a corpus: which rule finds their documents, which of them are kept for validation, and the way into
// shards. Files are mapped, so their size does not matter.
//
// Split: with one long text per file, the last share f of its bytes, cut at a character, is validation. With documents,
// document i (from 0, over all files) is validation where ⌊(i + 1) f⌋ > ⌊i f⌋: every tenth for f = 0.1.

public import ApusCore
public import ApusTokenizers

/// Some text files and the rule that finds documents in them.
public struct TextCorpus: Sendable {
  /// The files.
  public let files: [String]
  /// The rule, `automatic` resolved.
  public let rule: DocumentRule
  /// The share of the text that is kept for validation.
  public let validationFraction: Double
  /// Bytes of all files.
  public let totalBytes: Int
  /// What is odd about the text: bytes that are not valid UTF-8.
  public let warnings: [String]

  private let separator: [UInt8]

  /// Looks at the files. `separator` is what stands between documents; empty: `<|endoftext|>`.
  /// - Throws: `missingInput`, or `badData` where a file is empty or no text.
  public init(
    _ files: [String], rule: DocumentRule = .automatic, separator: String = "", validationFraction: Double = 0.1
  ) throws(ApusError) {
    guard let first = files.first else {
      throw ApusError(
        .usage, "no text is given", remedy: "name a text file (data.text) or a folder of shards (data.shards)")
    }
    self.files = files
    self.separator = Array((separator.isEmpty ? "<|endoftext|>" : separator).utf8)
    self.validationFraction = validationFraction
    var total = 0
    var warnings: [String] = []
    for path in files {
      let file = try MappedFile(path)
      if let warning = try file.withText({ (text) throws(ApusError) in try TextPolicy().check(text, file: path) }) {
        warnings.append(warning)
      }
      total += file.count
    }
    totalBytes = total
    self.warnings = warnings
    let beginning = try MappedFile(first).withBytes { Array($0.prefix(1 << 20)) }
    self.rule = rule.resolved(names: files, beginning: beginning, separator: self.separator)
  }

  /// Calls `body` with every document, the split it belongs to, and the bytes of all files read so far.
  public func forEachDocument(
    _ body: (Span<UInt8>, Split, Int) throws(ApusError) -> Void
  ) throws(ApusError) {
    var index = 0
    var read = 0
    for path in files {
      let file = try MappedFile(path)
      try file.withText { (text) throws(ApusError) in
        try forEachDocument(in: text, path, &index) { (document, split, place) throws(ApusError) in
          try body(document, split, read + place)
        }
      }
      read += file.count
    }
  }

  /// Encodes everything into `builder`. `progress` is called with the bytes read so far and may throw to stop.
  public func write(
    to builder: CorpusBuilder, progress: (Int) throws(ApusError) -> Void = { _ in }
  ) throws(ApusError) {
    try forEachDocument { (document, split, read) throws(ApusError) in
      let before = max(0, read - document.count)
      try builder.add(document, to: split) { (done) throws(ApusError) in try progress(min(read, before + done)) }
    }
  }

  private func forEachDocument(
    in bytes: Span<UInt8>, _ path: String, _ index: inout Int,
    _ body: (Span<UInt8>, Split, Int) throws(ApusError) -> Void
  ) throws(ApusError) {
    switch rule {
    case .text:
      let cut = CorpusBuilder.characterStart(bytes, atOrBefore: Int(Double(bytes.count) * (1 - validationFraction)))
      try body(bytes.extracting(0..<cut), .train, cut)
      try body(bytes.extracting(cut..<bytes.count), .validation, bytes.count)
    case .file:
      try body(bytes, split(ofDocument: index), bytes.count)
      index += 1
    case .automatic, .separator, .jsonl:
      let cutter = DocumentCutter(rule: rule, separator: separator, file: path)
      var place = 0
      while let document = try cutter.next(in: bytes, &place) {
        try body(document.span, split(ofDocument: index), min(place, bytes.count))
        index += 1
      }
    }
  }

  private func split(ofDocument index: Int) -> Split {
    let (before, after) = (Double(index) * validationFraction, Double(index + 1) * validationFraction)
    return after.rounded(.down) > before.rounded(.down) ? .validation : .train
  }
}

extension TextCorpus {
  /// The tokens of one file, for evaluation, cut into documents as for training: where the text has separators or is
  /// JSON lines, each document ends with the token that says so; any other text is one document without an end.
  ///
  /// With `chunk` the text is one whole instead, whose tokens are cut into documents of so many.
  public static func tokens(
    ofFile path: String, tokenizer: any Tokenizer, chunk: Int? = nil, warn: (String) -> Void = { _ in }
  ) throws(ApusError) -> TokenCorpus {
    let special = tokenizer.specialTokens
    let found = try TextCorpus([path])
    found.warnings.forEach(warn)
    let isCut = chunk == nil && (found.rule == .separator || found.rule == .jsonl)
    let end = isCut ? special.endOfText : nil
    let corpus = end == nil ? try TextCorpus([path], rule: .file) : found
    var ids: [Int32] = []
    var documentEnds: [Int] = []
    try corpus.forEachDocument { (document, _, _) throws(ApusError) in
      try CorpusBuilder.forEachPiece(of: document) { (piece) throws(ApusError) in
        try tokenizer.encode(piece, special: .plainText, into: &ids)
      }
      if let end {
        ids.append(end)
        documentEnds.append(ids.count)
      }
    }
    if let chunk { documentEnds = Array(stride(from: chunk, through: ids.count, by: chunk)) }
    return TokenCorpus(
      ids, documentEnds: documentEnds,
      identity: CorpusIdentity(
        vocabularySize: tokenizer.vocabularySize, endOfText: end))
  }
}

extension MappedFile {
  /// Calls `body` with the file's bytes as text.
  func withText<Result>(_ body: (Span<UInt8>) throws(ApusError) -> Result) throws(ApusError) -> Result {
    try withBytes { (bytes) throws(ApusError) in try body(bytes.bindMemory(to: UInt8.self).span) }
  }
}

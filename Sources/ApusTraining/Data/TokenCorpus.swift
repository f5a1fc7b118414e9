// One split of a corpus: the tokens of all its shards as one long row, with the places where documents end. It copies
// tokens on request and holds none; what rows and segments are made of them is PackedBatcher's business.

public import ApusCore

/// Which part of a corpus.
public enum Split: String, Sendable, CaseIterable {
  /// What the model learns from.
  case train
  /// What it is judged by; never learnt from.
  case validation
}

/// The tokens of a split, over one or more stores.
public struct TokenCorpus: Sendable {
  /// Vocabulary, tokenizer and end of text.
  public let identity: CorpusIdentity
  /// How many tokens there are.
  public let count: Int
  /// How many documents end in it.
  public let documentCount: Int

  private let stores: [any TokenStore]
  private let firstTokens: [Int]
  private let firstDocuments: [Int]

  init(identity: CorpusIdentity, stores: [any TokenStore]) {
    self.identity = identity
    self.stores = stores
    firstTokens = stores.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    firstDocuments = stores.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.documentCount) }
    count = firstTokens.last ?? 0
    documentCount = firstDocuments.last ?? 0
  }

  /// Opens the shards `train-*.tokens` or `validation-*.tokens` of a folder, in the order of their names.
  /// - Throws: `missingInput` where there is none, `badData` where one is corrupt or made with another tokenizer.
  public init(folder: String, split: Split) throws(ApusError) {
    let names = try ShardNames.present(in: folder, split)
    guard let first = names.first else {
      throw ApusError(
        .missingInput, "has no shard \(ShardNames.name(split, 0))", file: folder,
        remedy: "make shards with apus tokenize-corpus")
    }
    let opened = try Shard("\(folder)/\(first)")
    var shards = [opened]
    for name in names.dropFirst() {
      let shard = try Shard("\(folder)/\(name)")
      guard shard.identity == opened.identity else {
        throw ApusError(
          .badData, "was made with another tokenizer than \(first)", file: shard.path, place: "offset 16",
          remedy: "keep the shards of one corpus in one folder")
      }
      shards.append(shard)
    }
    self.init(identity: opened.identity, stores: shards)
  }

  /// A corpus in memory; `documentEnds` are the rising indices of the tokens after each document's last.
  public init(_ tokens: [Int32], documentEnds: [Int], identity: CorpusIdentity) {
    self.init(identity: identity, stores: [MemoryStore(tokens: tokens, ends: documentEnds)])
  }

  /// What begins texts for a model that has learnt from this: the token between documents, where there are enough of
  /// them to have learnt from what follows it.
  public var opening: [Int32] {
    documentCount >= DocumentRule.leastDocuments ? [identity.endOfText].compactMap { $0 } : []
  }

  /// Writes the tokens of `range` to `tokens` from `offset` on.
  public func copy(_ range: Range<Int>, to tokens: inout [Int32], at offset: Int) throws(ApusError) {
    for (index, store) in stores.enumerated() {
      let first = firstTokens[index]
      let part = range.clamped(to: first..<firstTokens[index + 1])
      guard !part.isEmpty else { continue }
      try store.copy(
        part.lowerBound - first..<part.upperBound - first, to: &tokens, at: offset + part.lowerBound - range.lowerBound)
    }
  }

  /// The index of the token after the last one of document `index`.
  public func end(ofDocument index: Int) -> Int {
    let store = firstDocuments.lastIndex { $0 <= index }.map { min($0, stores.count - 1) } ?? 0
    return firstTokens[store] + stores[store].end(ofDocument: index - firstDocuments[store])
  }

  /// The first document that ends at or after token `token`; `documentCount` where there is none. Binary search.
  public func document(endingAtOrAfter token: Int) -> Int {
    var (low, high) = (0, documentCount)
    while low < high {
      let middle = (low + high) / 2
      if end(ofDocument: middle) < token { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Tokens in memory.
private struct MemoryStore: TokenStore {
  let tokens: [Int32]
  let ends: [Int]

  var count: Int { tokens.count }
  var documentCount: Int { ends.count }

  func end(ofDocument index: Int) -> Int { ends[index] }

  func copy(_ range: Range<Int>, to target: inout [Int32], at offset: Int) {
    for index in range { target[offset + index - range.lowerBound] = tokens[index] }
  }
}

/// How the shards of a folder are named.
enum ShardNames {
  static let suffix = ".tokens"

  static func name(_ split: Split, _ index: Int) -> String {
    let digits = String(index)
    return "\(split.rawValue)-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + suffix
  }

  static func present(in folder: String, _ split: Split) throws(ApusError) -> [String] {
    try FileSystem.list(folder).filter { isShard($0, of: split) }.sorted()
  }

  static func isShard(_ name: String) -> Bool { Split.allCases.contains { isShard(name, of: $0) } }

  private static func isShard(_ name: String, of split: Split) -> Bool {
    name.hasPrefix("\(split.rawValue)-") && name.hasSuffix(suffix)
  }
}

// What there is to say about shards of tokens. Opening one verifies all of it.

import ApusCore
import ApusTraining

/// Shards in facts.
struct ShardSummary: Summary {
  private let shards: [Shard]

  init(_ paths: [String]) throws(ApusError) {
    var shards: [Shard] = []
    for path in paths { shards.append(try Shard(path)) }
    self.shards = shards
  }

  var lines: [String] {
    var table = TextTable(["shard", "tokens", "documents", "bytes of text", "bytes/token"], left: [0])
    for shard in shards {
      let ratio = Double(shard.textBytes) / Double(max(1, shard.count))
      table.add([
        shard.path, "\(shard.count)", "\(shard.documentCount)", "\(shard.textBytes)", Quantity.decimals(ratio, 2),
      ])
    }
    return table.lines + [""] + identities
  }

  /// What the tokens are, once for all shards that agree on it.
  private var identities: [String] {
    var seen: [CorpusIdentity] = []
    for shard in shards where !seen.contains(shard.identity) { seen.append(shard.identity) }
    return seen.map { identity in
      let end = identity.endOfText.map { "documents end with \($0)" } ?? "no token ends documents"
      let tokenizer = "tokenizer \(String(identity.fingerprint, radix: 16))"
      return "vocabulary of \(identity.vocabularySize), \(end), \(tokenizer); all checksums are right"
    }
  }

  var json: JSON {
    let list = shards.map { shard -> JSON in
      .fields([
        ("path", .string(shard.path)), ("tokens", JSON(shard.count)), ("documents", JSON(shard.documentCount)),
        ("text_bytes", JSON(shard.textBytes)), ("vocabulary", JSON(shard.identity.vocabularySize)),
        ("end_of_text", shard.identity.endOfText.map { JSON(Int($0)) } ?? .null),
        ("tokenizer_fingerprint", .string(String(shard.identity.fingerprint, radix: 16))),
      ])
    }
    return .fields([("kind", "shards"), ("shards", .array(list))])
  }
}

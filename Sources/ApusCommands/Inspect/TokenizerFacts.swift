// What there is to say about a tokenizer, alone or of a model.

import ApusCore
import ApusTokenizers

/// A tokenizer in facts.
struct TokenizerFacts {
  let tokenizer: any Tokenizer
  private static let mostShown = 8

  /// All that a person asks of a tokenizer that stands alone.
  var facts: Facts {
    var facts: Facts = [
      ("model", tokenizer.modelName),
      ("vocabulary", "\(tokenizer.vocabularySize) tokens; \(tokenizer.mergeCount) merges"),
    ]
    if !tokenizer.splitting.isEmpty { facts.append(("splitting", tokenizer.splitting.joined(separator: ", then "))) }
    let (longest, bytes) = longestToken
    facts += [("longest token", "\(longest), \(bytes) bytes"), ("texts begin with", opening)]
    for (index, token) in tokens.prefix(Self.mostShown).enumerated() {
      facts.append((index == 0 ? "added tokens" : "", describe(token)))
    }
    if tokens.isEmpty { facts.append(("added tokens", "none")) }
    if tokens.count > Self.mostShown { facts.append(("", "and \(tokens.count - Self.mostShown) more")) }
    return facts
  }

  /// What is said of it beside a model.
  var brief: Facts {
    let opening = tokenizer.opening.isEmpty ? "" : "; texts begin with \(opening)"
    let named = tokens.filter { !roles(of: $0).isEmpty }
    let others = tokens.count - named.count
    var facts: Facts = [("tokenizer", "\(tokenizer.modelName), \(tokenizer.vocabularySize) tokens\(opening)")]
    facts += named.map { ("", describe($0)) }
    if others > 0 { facts.append(("", named.isEmpty ? "\(others) added tokens" : "and \(others) more added tokens")) }
    return facts
  }

  var fields: [(String, JSON)] {
    let special = tokenizer.specialTokens
    let added = tokens.map { token -> JSON in
      ["id": JSON(Int(token.id)), "content": .string(text(token.content)), "special": JSON(token.isSpecial)]
    }
    func id(_ id: Int32?) -> JSON { id.map { JSON(Int($0)) } ?? .null }
    return [
      ("model", .string(tokenizer.modelName)), ("vocabulary", JSON(tokenizer.vocabularySize)),
      ("merges", JSON(tokenizer.mergeCount)), ("splitting", .array(tokenizer.splitting.map { .string($0) })),
      ("opening", .integers(tokenizer.opening)), ("end_of_text", id(special.endOfText)),
      ("beginning_of_text", id(special.beginningOfText)), ("unknown", id(special.unknown)),
      ("padding", id(special.padding)), ("mask", id(special.mask)), ("added_tokens", .array(added)),
    ]
  }

  private var tokens: [AddedToken] { tokenizer.specialTokens.tokens }

  private var opening: String {
    let names = tokenizer.opening.map { "\(text(tokenizer.content(of: $0) ?? [])) (\($0))" }
    return names.isEmpty ? "themselves" : names.joined(separator: ", ")
  }

  private func roles(of token: AddedToken) -> [String] {
    let special = tokenizer.specialTokens
    let roles = [
      (special.endOfText, "ends texts"), (special.beginningOfText, "begins texts"), (special.unknown, "unknown"),
      (special.padding, "padding"), (special.mask, "mask"), (special.classification, "before a text"),
      (special.separator, "between texts"),
    ]
    return roles.filter { $0.0 == token.id }.map(\.1)
  }

  private func describe(_ token: AddedToken) -> String {
    let roles = roles(of: token)
    let words = roles.isEmpty && !token.isSpecial ? ["a word"] : roles
    return "\(text(token.content)) (\(token.id))" + (words.isEmpty ? "" : ": " + words.joined(separator: ", "))
  }

  private var longestToken: (text: String, bytes: Int) {
    var longest: [UInt8] = []
    for id in 0..<Int32(clamping: tokenizer.vocabularySize) where !tokenizer.specialTokens.isSpecial(id) {
      if let bytes = tokenizer.bytes(of: id), bytes.count > longest.count { longest = bytes }
    }
    return (JSON.string(String(text(longest).prefix(40))).text(), longest.count)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).printable }
}

/// A tokenizer that stands alone.
struct TokenizerSummary: Summary {
  private let path: String
  private let tokenizer: TokenizerFacts

  init(_ path: String) throws(ApusError) { self.init(path, try TokenizerFile.load(path: path)) }

  /// Of a tokenizer that was read from `path`.
  init(_ path: String, _ tokenizer: any Tokenizer) {
    self.path = path
    self.tokenizer = TokenizerFacts(tokenizer: tokenizer)
  }

  var lines: [String] {
    let facts: Facts = [("tokenizer", path)]
    return (facts + tokenizer.facts).lines
  }

  var json: JSON { .fields([("kind", "tokenizer"), ("path", .string(path))] + tokenizer.fields) }
}

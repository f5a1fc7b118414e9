// What there is to say about a tokenizer.

import ApusCore
import ApusTokenizers

/// A tokenizer in facts.
struct TokenizerSummary: Summary {
  private let path: String
  private let tokenizer: any Tokenizer
  private static let mostShown = 8

  init(_ path: String) throws(ApusError) { self.init(path, try TokenizerFile.load(path: path)) }

  /// Of a tokenizer that was read from `path`.
  init(_ path: String, _ tokenizer: any Tokenizer) {
    self.path = path
    self.tokenizer = tokenizer
  }

  var lines: [String] {
    var table = TextTable(["", ""], left: [0, 1])
    table.add(["tokenizer", path])
    table.add(["model", tokenizer.modelName])
    table.add(["vocabulary", "\(tokenizer.vocabularySize) tokens; \(tokenizer.mergeCount) merges"])
    if !tokenizer.splitting.isEmpty { table.add(["splitting", tokenizer.splitting.joined(separator: ", then ")]) }
    let (longest, bytes) = longestToken
    table.add(["longest token", "\(longest), \(bytes) bytes"])
    table.add(["texts begin with", opening])
    for (index, token) in tokens.prefix(Self.mostShown).enumerated() {
      table.add([index == 0 ? "added tokens" : "", describe(token)])
    }
    if tokens.isEmpty { table.add(["added tokens", "none"]) }
    if tokens.count > Self.mostShown { table.add(["", "and \(tokens.count - Self.mostShown) more"]) }
    return table.lines
  }

  var json: JSON {
    let special = tokenizer.specialTokens
    let added = tokens.map { token -> JSON in
      ["id": JSON(Int(token.id)), "content": .string(text(token.content)), "special": JSON(token.isSpecial)]
    }
    return .fields([
      ("kind", "tokenizer"), ("path", .string(path)), ("model", .string(tokenizer.modelName)),
      ("vocabulary", JSON(tokenizer.vocabularySize)), ("merges", JSON(tokenizer.mergeCount)),
      ("splitting", .array(tokenizer.splitting.map { .string($0) })), ("opening", .integers(tokenizer.opening)),
      ("end_of_text", special.endOfText.map { JSON(Int($0)) } ?? .null),
      ("beginning_of_text", special.beginningOfText.map { JSON(Int($0)) } ?? .null),
      ("unknown", special.unknown.map { JSON(Int($0)) } ?? .null),
      ("padding", special.padding.map { JSON(Int($0)) } ?? .null), ("added_tokens", .array(added)),
    ])
  }

  private var tokens: [AddedToken] { tokenizer.specialTokens.tokens }

  private var opening: String {
    let names = tokenizer.opening.map { "\(text(tokenizer.bytes(of: $0) ?? [])) (\($0))" }
    return names.isEmpty ? "themselves" : names.joined(separator: ", ")
  }

  private func describe(_ token: AddedToken) -> String {
    let special = tokenizer.specialTokens
    let roles = [
      (special.endOfText, "ends texts"), (special.beginningOfText, "begins texts"), (special.unknown, "unknown"),
      (special.padding, "padding"),
    ].filter { $0.0 == token.id }.map(\.1)
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

  private func text(_ bytes: [UInt8]) -> String { DemoTraining.printable(String(decoding: bytes, as: UTF8.self)) }
}

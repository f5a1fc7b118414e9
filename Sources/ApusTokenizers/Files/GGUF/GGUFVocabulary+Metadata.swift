// The keys `tokenizer.ggml.*` of a GGUF file's metadata, read and written. What they mean for a text is
// GGUFVocabulary+Tokenizer's business.

public import ApusCore
public import ApusFormats

extension GGUFVocabulary {
  private static let prefix = "tokenizer.ggml."

  /// What metadata say of the tokenizer; nil where there is none.
  /// - Throws: `badData` where a value is not what it should be.
  public init?(_ metadata: GGUFMetadata) throws(ApusError) {
    func key(_ name: String) -> String { Self.prefix + name }
    guard let model = try metadata.string(key("model")), !["none", "no_vocab"].contains(model) else { return nil }
    self.init(model: model)
    pre = try metadata.string(key("pre"))
    tokens = PackedStrings(try metadata.strings(key("tokens")))
    merges = PackedStrings(try metadata.strings(key("merges")))
    scores = try metadata.floats(key("scores")) ?? []
    types = (try metadata.ints(key("token_type")) ?? []).map { Int32(truncatingIfNeeded: $0) }
    normalizationMap = (try metadata.ints(key("precompiled_charsmap")) ?? []).map { UInt8(truncatingIfNeeded: $0) }
    for part in Self.parts {
      guard let id = try metadata.int(key(part.name)) else { continue }
      // All ones stands for none.
      self[keyPath: part.path] = id == Int(UInt32.max) ? nil : Int32(truncatingIfNeeded: id)
    }
    for flag in Self.flags { self[keyPath: flag.path] = try metadata.bool(key(flag.name)) }
  }

  /// Writes the keys into metadata.
  public func write(to metadata: inout GGUFMetadata) {
    func set(_ name: String, _ value: GGUFValue) { metadata[Self.prefix + name] = value }
    set("model", .text(model))
    if let pre { set("pre", .text(pre)) }
    set("tokens", .array(tokens.ggufArray))
    if !scores.isEmpty { set("scores", .array(GGUFArray(scores))) }
    if !types.isEmpty { set("token_type", .array(GGUFArray(types))) }
    if merges.count > 0 { set("merges", .array(merges.ggufArray)) }
    for part in Self.parts {
      if let id = self[keyPath: part.path], id >= 0 { set(part.name, .uint32(UInt32(id))) }
    }
    for flag in Self.flags { if let value = self[keyPath: flag.path] { set(flag.name, .bool(value)) } }
  }

  private static var parts: [(name: String, path: WritableKeyPath<GGUFVocabulary, Int32?>)] {
    [
      ("bos_token_id", \.beginning), ("eos_token_id", \.end), ("unknown_token_id", \.unknown),
      ("padding_token_id", \.padding), ("seperator_token_id", \.separator), ("cls_token_id", \.classification),
      ("mask_token_id", \.mask),
    ]
  }

  private static var flags: [(name: String, path: WritableKeyPath<GGUFVocabulary, Bool?>)] {
    [
      ("add_bos_token", \.addsBeginning), ("add_eos_token", \.addsEnd), ("add_sep_token", \.addsSeparator),
      ("add_space_prefix", \.addsSpacePrefix), ("remove_extra_whitespaces", \.removesExtraSpaces),
    ]
  }
}

extension PackedStrings {
  /// The strings of an array; none where there is no array.
  init(_ array: GGUFArray?) {
    self.init()
    guard let array else { return }
    reserve(count: array.count, bytes: array.stringBytes)
    array.forEachString { _, string in append(string) }
  }

  var ggufArray: GGUFArray { GGUFArray(strings: (0..<count).map { Array(self[$0]) }) }
}

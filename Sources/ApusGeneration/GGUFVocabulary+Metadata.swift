// The tokenizer's keys of a GGUF file, between the file's metadata and the value that tokenizers are made from. Neither
// of the two rooms knows the other.

public import ApusCore
public import ApusFormats
public import ApusTokenizers

extension GGUFVocabulary {
  private static let prefix = "tokenizer.ggml."

  /// What a file says of its tokenizer; nil where it has none.
  /// - Throws: `badData` that names the key.
  public init?(_ metadata: GGUFMetadata) throws(ApusError) {
    func key(_ name: String) -> String { Self.prefix + name }
    func id(_ name: String) throws(ApusError) -> Int32? {
      try metadata.int(key(name)).flatMap { Int32(exactly: $0) }
    }
    guard let model = try metadata.string(key("model")), model != "none", model != "no_vocab" else { return nil }
    self.init(model: model)
    pre = try metadata.string(key("pre"))
    tokens = Self.packed(try metadata.required(key("tokens"), metadata.strings(key("tokens"))))
    scores = try metadata.doubles(key("scores"))?.map { Float($0) } ?? []
    types = try metadata.ints(key("token_type"))?.map { Int32(truncatingIfNeeded: $0) } ?? []
    merges = try metadata.strings(key("merges")).map(Self.packed) ?? PackedStrings()
    beginning = try id("bos_token_id")
    end = try id("eos_token_id")
    unknown = try id("unknown_token_id")
    padding = try id("padding_token_id")
    separator = try id("seperator_token_id")
    classification = try id("cls_token_id")
    mask = try id("mask_token_id")
    addsBeginning = try metadata.bool(key("add_bos_token"))
    addsEnd = try metadata.bool(key("add_eos_token"))
    addsSeparator = try metadata.bool(key("add_sep_token"))
    addsSpacePrefix = try metadata.bool(key("add_space_prefix"))
    removesExtraSpaces = try metadata.bool(key("remove_extra_whitespaces"))
    normalizationMap = try metadata.ints(key("precompiled_charsmap"))?.map { UInt8(truncatingIfNeeded: $0) } ?? []
  }

  /// The keys of a GGUF file that say the same.
  public var metadata: GGUFMetadata {
    var metadata = GGUFMetadata()
    func set(_ name: String, _ value: GGUFValue?) { metadata[Self.prefix + name] = value }
    set("model", .text(model))
    set("pre", pre.map { .text($0) })
    set("tokens", .array(GGUFArray(strings: Self.list(tokens))))
    if !scores.isEmpty { set("scores", .array(GGUFArray(scores))) }
    if !types.isEmpty { set("token_type", .array(GGUFArray(types))) }
    if merges.count > 0 { set("merges", .array(GGUFArray(strings: Self.list(merges)))) }
    let ids = [
      ("bos_token_id", beginning), ("eos_token_id", end), ("unknown_token_id", unknown), ("padding_token_id", padding),
      ("seperator_token_id", separator), ("cls_token_id", classification), ("mask_token_id", mask),
    ]
    for (name, id) in ids { set(name, id.map { .uint32(UInt32(clamping: $0)) }) }
    let flags = [
      ("add_bos_token", addsBeginning), ("add_eos_token", addsEnd), ("add_sep_token", addsSeparator),
      ("add_space_prefix", addsSpacePrefix), ("remove_extra_whitespaces", removesExtraSpaces),
    ]
    for (name, flag) in flags { set(name, flag.map { .bool($0) }) }
    return metadata
  }

  private static func list(_ strings: PackedStrings) -> [[UInt8]] { (0..<strings.count).map { Array(strings[$0]) } }

  private static func packed(_ array: GGUFArray) -> PackedStrings {
    var strings = PackedStrings()
    array.forEachString { _, bytes in strings.append(bytes) }
    return strings
  }
}

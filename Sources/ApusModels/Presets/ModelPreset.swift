// Published models by name: the keys of their configurations, run through the same readers as a `config.json`, so that
// shapes, counts and costs have one source. It knows no weights and allocates none.

public import ApusCore

/// A published model's shape.
public struct ModelPreset: Sendable {
  /// What it is called, in lower case: `llama-3-8b`.
  public let name: String
  /// Where the shape was published.
  public let source: String
  /// What the configuration does not say as it was published; nil where it says all.
  public let note: String?
  /// The keys of `config.json` that make the shape, as published.
  public let configuration: JSON.Object

  /// Every preset, family by family.
  public static let all: [ModelPreset] = families.flatMap(\.presets)

  /// The preset of a name; capitals and hyphens do not matter, and a beginning that only one has is enough.
  /// - Throws: `usage` for a name that none or several have.
  public static func named(_ name: String) throws(ApusError) -> ModelPreset {
    let wanted = letters(name)
    let near = wanted.isEmpty ? [] : all.filter { letters($0.name).starts(with: wanted) }
    if let found = near.first(where: { letters($0.name) == wanted }) { return found }
    if near.count == 1 { return near[0] }
    guard near.isEmpty else {
      throw ApusError(
        .usage, "several presets are called '\(name)…'",
        remedy: "use one of: \(near.map(\.name).joined(separator: ", "))")
    }
    let hint = nearest(to: wanted).map { "did you mean '\($0)'? " } ?? ""
    throw ApusError(
      .usage, "there is no preset '\(name.prefix(60))'", remedy: hint + "`apus inspect --presets` lists all")
  }

  /// The name whose beginning of as many letters is nearest; nil where a third of them differ.
  private static func nearest(to wanted: [UInt8]) -> String? {
    func text(_ letters: some Sequence<UInt8>) -> String { String(decoding: Array(letters), as: UTF8.self) }
    guard !wanted.isEmpty else { return nil }
    let beginnings = all.map { text(letters($0.name).prefix(wanted.count)) }
    let found = Spelling.nearest(to: text(wanted.prefix(60)), among: beginnings, within: (wanted.count + 1) / 3)
    return found.flatMap(beginnings.firstIndex).map { all[$0].name }
  }

  /// What the architecture's reader makes of the configuration.
  /// - Throws: `badData` where the configuration is none; no preset's is.
  public func specification() throws(ApusError) -> Specification {
    try CheckpointFolder.configuration(.object(configuration), file: "preset \(name)").1
  }

  // Points count: 1.3b is not 13b.
  static func letters(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter { (97...122).contains($0) || (48...57).contains($0) || $0 == 46 }
  }
}

/// Models that one publication describes.
struct PresetFamily {
  /// One model of a family.
  struct Member {
    let name: String
    let keys: JSON.Object
    let note: String?

    init(_ name: String, _ keys: JSON.Object, note: String? = nil) {
      self.name = name
      self.keys = keys
      self.note = note
    }
  }

  /// The publication.
  let source: String
  /// What its models have in common, `model_type` among it.
  let common: JSON.Object
  /// The models.
  let members: [Member]

  var presets: [ModelPreset] {
    members.map { ModelPreset(name: $0.name, source: source, note: $0.note, configuration: common + $0.keys) }
  }
}

extension JSON.Object {
  /// The keys of both; of equal ones the right's value.
  static func + (left: JSON.Object, right: JSON.Object) -> JSON.Object {
    var joined = left
    for (key, value) in right { joined[key] = value }
    return joined
  }
}

extension ModelPreset {
  /// The families that are known. A new one is one value in a neighbouring file and one line here.
  static let families: [PresetFamily] = [
    .gpt1, .gpt2, .gpt3, .gpt4, .pythia,
    .bert, .roberta,
    .llama1, .llama2, .llama3, .llama31, .llama32, .tinyLLaMA, .smolLM2,
    .mistral, .mistral3, .mixtral, .mixtral22,
    .gemma, .gemma2, .gemma3,
    .qwen15MoE, .qwen25, .qwen3, .qwen3MoE,
    .phi, .phi3, .olmo2, .falcon, .starCoder2,
  ]
}

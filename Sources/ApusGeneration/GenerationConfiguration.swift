// `generation_config.json` of a Hugging Face folder, of which one thing is read: the ids that end and begin texts, where
// they differ from those of `config.json` (several ends, as in LLaMA 3). Sampling defaults in it are the caller's choice.

import ApusCore

/// What a model's folder says about generation.
struct GenerationConfiguration {
  /// Ids that end a text; empty where the folder says nothing.
  var endTokens: Set<Int32> = []
  /// The id that begins a text.
  var beginToken: Int32?

  /// Reads the file if there is one.
  init(_ location: ModelLocation) throws(ApusError) {
    let name = "generation_config.json"
    guard location.has(name) else { return }
    let path = location.file(name)
    let fields = try JSON.read(path)
    endTokens = Set(try Self.ids(fields["eos_token_id"], path, "eos_token_id"))
    beginToken = try Self.ids(fields["bos_token_id"], path, "bos_token_id").first
  }

  private static func ids(_ value: JSON?, _ path: String, _ key: String) throws(ApusError) -> [Int32] {
    guard let value, !value.isNull else { return [] }
    let values = value.array ?? [value]
    let ids = values.compactMap { $0.int.flatMap { Int32(exactly: $0) } }.filter { $0 >= 0 }
    guard ids.count == values.count else {
      throw ApusError(
        .badData, "is neither a token id nor a list of them", file: path, place: key,
        remedy: "correct or remove the key")
    }
    return ids
  }
}

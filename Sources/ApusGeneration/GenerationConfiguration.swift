// `generation_config.json` of a Hugging Face folder, of which one thing is read: the ids that end and begin texts,
// where they differ from those of `config.json` (several ends, as in LLaMA 3). Sampling defaults in it are the caller's
// choice.

import ApusCore
import ApusModels

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
    let fields = try JSON.Reader(JSON.read(location.file(name)), file: location.file(name))
    endTokens = Set(try fields.tokens("eos_token_id").compactMap { Int32(exactly: $0) })
    beginToken = try fields.tokens("bos_token_id").first.flatMap { Int32(exactly: $0) }
  }
}

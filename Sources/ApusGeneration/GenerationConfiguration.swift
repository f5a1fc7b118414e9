// `generation_config.json` of a Hugging Face folder, of which one thing is read and written: the ids that end and begin
// texts, where they differ from those of `config.json` (several ends, as in LLaMA 3). Sampling defaults in it are the
// caller's choice.

import ApusCore
import ApusModels

/// What a model's folder says about generation.
struct GenerationConfiguration {
  /// Ids that end a text; empty where the folder says nothing.
  var endTokens: Set<Int32> = []
  /// The id that begins a text.
  var beginToken: Int32?

  static let fileName = "generation_config.json"

  /// Reads the file if there is one.
  init(_ location: ModelLocation) throws(ApusError) {
    guard location.has(Self.fileName) else { return }
    let path = location.file(Self.fileName)
    let fields = try JSON.Reader(JSON.read(path), file: path)
    endTokens = Set(try fields.tokens("eos_token_id").compactMap { Int32(exactly: $0) })
    beginToken = try fields.tokens("bos_token_id").first.flatMap { Int32(exactly: $0) }
  }

  /// Writes the file.
  func save(to folder: String) throws(ApusError) {
    var fields: JSON.Object = [:]
    if let beginToken { fields["bos_token_id"] = JSON(Int(beginToken)) }
    fields["eos_token_id"] = JSON(endTokens.sorted().map { Int($0) })
    try AtomicFile.write(JSON.object(fields).serialized(pretty: true), to: FileSystem.join(folder, Self.fileName))
  }
}

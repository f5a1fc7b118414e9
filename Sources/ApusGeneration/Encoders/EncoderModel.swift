// The door for programs that compare texts or fill gaps in them: an encoder and its tokenizer, loaded from one path. It
// is to encoders what LanguageModel is to decoders. It knows no command and no stream.

public import ApusCore
public import ApusModels
import ApusTensor
public import ApusTokenizers

/// An encoder with its tokenizer. Immutable: any number of tasks may use one at the same time.
///
/// ```swift
/// let model = try EncoderModel.load("all-MiniLM-L6-v2")
/// let vectors = try model.embed(["A cat sleeps.", "A dog barks."])
/// ```
public final class EncoderModel: Sendable {
  /// The model.
  public let model: Model
  /// Its tokenizer.
  public let tokenizer: any Tokenizer
  /// Where it came from, which says how embeddings are made; nil: nothing does.
  let location: ModelLocation?

  private let pool: ThreadPool
  private let kernels: Kernels

  /// Joins an encoder and its tokenizer.
  /// - Parameters:
  ///   - model: the weights, which nobody may train meanwhile.
  ///   - tokenizer: the one that the model was trained with.
  ///   - packing: lay the weights out for products once, which takes memory and makes later passes faster; the caller
  ///     must be the model's only user at that moment.
  ///   - pool: the threads to compute with.
  /// - Throws: `badData` for a decoder, which sees only what comes before a token.
  public convenience init(
    _ model: Model, tokenizer: any Tokenizer, packing: Bool = true, pool: ThreadPool = .shared
  ) throws(ApusError) {
    try self.init(model, tokenizer, nil, packing: packing, pool: pool)
  }

  private init(
    _ model: Model, _ tokenizer: any Tokenizer, _ location: ModelLocation?, packing: Bool, pool: ThreadPool
  ) throws(ApusError) {
    try Self.requireEncoder(model, location)
    self.model = model
    self.tokenizer = tokenizer
    self.location = location
    self.pool = pool
    kernels = try Kernels.select()
    if packing { model.packForInference(in: makeWorkspace()) }
  }

  /// Loads a GGUF file, a Hugging Face folder, or the finished model or latest checkpoint of a run folder.
  /// - Throws: `missingInput` where nothing is there or the tokenizer is missing, `badData` where something is damaged,
  ///   of an unknown architecture, or a decoder.
  public static func load(_ path: String) throws(ApusError) -> EncoderModel {
    let location = try ModelLocation(path)
    let model = try location.loadModel()
    try requireEncoder(model, location)
    let tokenizer =
      if location.gguf == nil { try TokenizerFile.load(path: location.folder) } else { try location.loadTokenizer() }
    guard let tokenizer else {
      throw ApusError(
        .missingInput, "the file holds no tokenizer", file: location.name, remedy: "use a file that holds one")
    }
    return try EncoderModel(model, tokenizer, location, packing: true, pool: .shared)
  }

  private static func requireEncoder(_ model: Model, _ location: ModelLocation?) throws(ApusError) {
    guard model.specification.encoder == nil else { return }
    throw ApusError(
      .badData, "a decoder (\(model.specification.architecture)) neither fills gaps nor embeds texts",
      file: location?.name,
      remedy: "use an encoder such as BERT or RoBERTa, or `apus generate` and `apus logits` with this model")
  }

  /// The ids of a text, whose special tokens mean themselves, in the model's frame; what exceeds `limit` tokens with
  /// the frame is left out at the end of the text.
  func tokenized(_ text: String, limit: Int = .max) throws(ApusError) -> (text: TokenizedText, leftOut: Int) {
    let ids = try tokenizer.encode(text, special: .recognised)
    let room = max(0, limit - tokenizer.framed([], and: nil).ids.count)
    let kept = min(ids.count, room)
    return (tokenizer.framed(Array(ids.prefix(kept)), and: nil), ids.count - kept)
  }

  /// Memory for the passes of one caller.
  func makeWorkspace() -> Workspace { Workspace(pool: pool, kernels: kernels) }
}

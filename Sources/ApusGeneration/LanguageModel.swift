// The door for programs that want text: a model, its tokenizer and its end-of-text tokens, loaded from one path.

public import ApusCore
import ApusModels
public import ApusTokenizers

/// A model with its tokenizer, ready to continue texts. Immutable: any number of tasks may use one at the same time.
///
/// ```swift
/// let model = try LanguageModel.load("run")
/// for try await piece in model.stream("Once upon a time", GenerationOptions(maximumTokens: 100)) {
///   print(piece, terminator: "")
/// }
/// ```
public final class LanguageModel: Sendable {
  /// The model.
  public let model: any NextTokenModel
  /// The tokenizer; nil where the model came without one and only ids can be used.
  public let tokenizer: (any Tokenizer)?
  /// The tokens that end a text; there may be several.
  public let endOfText: Set<Int32>
  /// The token that a text begins with when nothing else is given.
  public let beginningOfText: Int32?

  /// Joins a model and a tokenizer, which says what begins and ends a text where the caller does not.
  public init(
    _ model: any NextTokenModel, tokenizer: (any Tokenizer)?, endOfText: Set<Int32>? = nil,
    beginningOfText: Int32? = nil
  ) {
    self.model = model
    self.tokenizer = tokenizer
    let end = tokenizer?.specialTokens.endOfText
    self.endOfText = endOfText ?? Set([end].compactMap { $0 })
    self.beginningOfText = beginningOfText ?? tokenizer?.specialTokens.beginningOfText ?? end
  }

  /// Loads a GGUF file, a Hugging Face folder, or the finished model or latest checkpoint of a run folder.
  /// - Throws: `missingInput` where nothing is there, `badData` where it is damaged or of an unknown architecture.
  public static func load(_ path: String) throws(ApusError) -> LanguageModel {
    let location = try ModelLocation(path)
    let tokenizer = try location.loadTokenizer()
    let model = try location.loadModel()
    let generation = try GenerationConfiguration(location)
    // Ids beyond the vocabulary, which configurations of small models often have from defaults, can never come.
    let known = 0..<Int32(clamping: model.specification.vocabulary)
    let ends = [generation.endTokens, model.endTokens].map { $0.filter(known.contains) }
    return LanguageModel(
      try Transformer(model), tokenizer: tokenizer, endOfText: ends.first { !$0.isEmpty },
      beginningOfText: [generation.beginToken, model.beginToken].compactMap { $0 }.first(where: known.contains))
  }

  /// The ids of a prompt. It begins with the tokens that the tokenizer's files ask for, unless it does already; without
  /// such, an empty text becomes the token that begins texts.
  ///
  /// `special` says whether the text of special tokens in the prompt means them.
  /// - Throws: `usage` where there is no tokenizer, or the prompt is empty and no token begins texts.
  public func encode(_ prompt: String, special: SpecialTokenPolicy = .plainText) throws(ApusError) -> [Int32] {
    guard let tokenizer else {
      throw ApusError(.usage, "the model came without a tokenizer", remedy: "give the prompt as token ids")
    }
    var ids = try tokenizer.encode(prompt, special: special)
    if !ids.starts(with: tokenizer.opening) { ids = tokenizer.opening + ids }
    if !ids.isEmpty { return ids }
    guard let beginningOfText else {
      throw ApusError(
        .usage, "the prompt is empty, and this model has no token that begins a text",
        remedy: "give a prompt of at least one character")
    }
    return [beginningOfText]
  }

  /// Generates on the caller's thread.
  /// - Throws: `usage` for wrong options, or a prompt that is empty or longer than the context.
  public func generator(
    _ prompt: [Int32], _ options: GenerationOptions = GenerationOptions(),
    isCancelled: @escaping () -> Bool = { false }
  ) throws(ApusError) -> Generator {
    try Generator(
      model, tokenizer, prompt: prompt, options: options, endOfText: endOfText, isCancelled: isCancelled)
  }

  /// The tokens that continue a text, computed on a thread of their own; see `TokenStream`.
  public func tokens(_ prompt: String, _ options: GenerationOptions = GenerationOptions()) -> TokenStream {
    TokenStream { isCancelled throws(ApusError) in
      try self.generator(try self.encode(prompt), options, isCancelled: isCancelled)
    }
  }

  /// The text that continues a text, piece by piece, computed on a thread of its own; see `TokenStream`.
  public func stream(_ prompt: String, _ options: GenerationOptions = GenerationOptions()) -> TextStream {
    TextStream(tokens(prompt, options))
  }
}

extension Model {
  fileprivate var endTokens: Set<Int32> { Set(specification.endTokens.compactMap { Int32(exactly: $0) }) }
  fileprivate var beginToken: Int32? { specification.beginToken.flatMap { Int32(exactly: $0) } }
}

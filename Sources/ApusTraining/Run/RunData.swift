// The text of a run: a folder of shards with its tokenizer. Either the configuration names one, or the run makes its
// own from text, once: a resumed run finds it and needs the text no more.

public import ApusCore
public import ApusTokenizers

/// The corpus and the tokenizer of a run.
public struct RunData: Sendable {
  /// What the corpus was tokenized with; for a causal model it begins texts as the training text's documents begin.
  public var tokenizer: any Tokenizer
  /// What is learnt from.
  public var train: TokenCorpus
  /// What is never learnt from.
  public var validation: TokenCorpus

  /// Opens a folder of shards that holds its tokenizer too.
  /// - Throws: `badData` where the tokenizer is not the one that the shards were made with.
  public init(folder: String, objective: Objective.Kind = .causal) throws(ApusError) {
    train = try TokenCorpus(folder: folder, split: .train)
    validation = try TokenCorpus(folder: folder, split: .validation)
    let path = "\(folder)/tokenizer.json"
    guard validation.identity == train.identity, Checksum.of(try FileSystem.readAll(path)) == train.identity.fingerprint
    else {
      throw ApusError(
        .badData, "is not the tokenizer that the shards were made with", file: path,
        remedy: "make the shards anew with tokenize-corpus")
    }
    tokenizer = try TokenizerFile.load(path: path)
    if objective == .causal { tokenizer.opening = train.opening }
  }

  /// Called with what is being done, how much of it is done, and how much there is; may throw to stop.
  public typealias Progress = (String, Int, Int) throws(ApusError) -> Void

  /// Makes tokenizer and shards of the configuration's text in `folder`, unless that exists.
  /// - Returns: what is odd about the text, in words.
  @discardableResult public static func prepare(
    _ configuration: PretrainConfiguration, folder: String, progress: Progress
  ) throws(ApusError) -> [String] {
    if FileSystem.isFolder(folder) { return [] }
    let data = configuration.data
    let corpus = try TextCorpus(
      data.text, rule: data.documents, separator: data.separator, validationFraction: data.validationFraction)
    let tokenizer = try self.tokenizer(configuration, for: corpus, progress: progress)
    let builder = try CorpusBuilder(folder, tokenizer: tokenizer)
    do throws(ApusError) {
      try corpus.write(to: builder) { (read) throws(ApusError) in
        try progress("tokenizing", read, corpus.totalBytes)
      }
      for split in Split.allCases where builder.counts[split] == nil { throw nothing(left: split, of: corpus) }
      try builder.finish()
    } catch {
      builder.abandon()
      throw error
    }
    return corpus.warnings
  }

  /// A text of which nothing is left for one of the two splits.
  private static func nothing(left split: Split, of corpus: TextCorpus) -> ApusError {
    let share = "the validation share of \(corpus.validationFraction)"
    return ApusError(
      .badData,
      split == .train ? "no text is left to learn from after \(share)" : "\(share) leaves no text to validate on",
      file: corpus.files.joined(separator: ", "),
      remedy: "give more text, another data.validation_fraction, or data.documents = text to cut one long text")
  }

  /// Refuses a prompt of samples that the tokenizer cannot write, before training comes to it.
  func check(_ settings: EvaluationSettings, _ objective: Objective) throws(ApusError) {
    guard settings.sampleTokens > 0 else { return }
    do throws(ApusError) {
      guard case .masked(let masking) = objective else { return _ = try tokenizer.encode(settings.samplePrompt) }
      let ids = try tokenizer.encode(settings.samplePrompt, special: .recognised)
      if !ids.isEmpty && !ids.contains(masking.vocabulary.mask) { throw ApusError(.usage, "it has no mask to fill") }
    } catch {
      throw ApusError(
        .usage, "evaluation.sample_prompt '\(settings.samplePrompt)' is no prompt: \(error.problem)",
        remedy: "choose one of the text's characters, for a masked model with a mask in it, "
          + "or evaluation.sample_tokens = 0 for no samples")
    }
  }

  private static func tokenizer(
    _ configuration: PretrainConfiguration, for corpus: TextCorpus, progress: Progress
  ) throws(ApusError) -> any Tokenizer {
    let settings = configuration.tokenizer
    if let path = settings.path { return try given(path, configuration) }
    let isMasked = configuration.objective == .masked
    let specials = isMasked ? MaskedVocabulary.specialTokens.map { Array($0.utf8) } : nil
    let trained =
      switch settings.algorithm {
      case .characters: try characters(of: corpus, specials, progress: progress)
      case .bpe: try bytePairs(of: corpus, settings, specials, progress: progress).maskingSpaces()
      }
    guard isMasked else { return trained }
    let parts = try MaskedVocabulary(trained)
    return trained.framed(between: parts.first, and: parts.last)
  }

  /// An existing tokenizer, if it has what the objective needs.
  private static func given(_ path: String, _ configuration: PretrainConfiguration) throws(ApusError) -> any Tokenizer {
    let tokenizer = try TokenizerFile.load(path: path)
    do throws(ApusError) { _ = try Objective(configuration, tokenizer, for: .training) } catch {
      throw ApusError(error.kind, error.problem, file: path, remedy: error.remedy)
    }
    return tokenizer
  }

  /// The characters of all the text, validation included, so that all of it can be encoded; as nanoGPT does.
  private static func characters(
    of corpus: TextCorpus, _ specials: [[UInt8]]?, progress: Progress
  ) throws(ApusError) -> PipelineTokenizer {
    let custom = corpus.rule == .text ? [] : [Array("<|endoftext|>".utf8)]
    var trainer = try CharacterTrainer(specialTokens: specials ?? custom)
    var isEmpty = true
    try corpus.forEachDocument { (document, _, read) throws(ApusError) in
      try CorpusBuilder.forEachPiece(of: document) { (piece) throws(ApusError) in
        try progress("collecting characters", read, corpus.totalBytes)
        piece.withUnsafeBufferPointer { trainer.add($0) }
      }
      if !document.isEmpty { isEmpty = false }
    }
    if isEmpty { throw nothing(left: .train, of: corpus) }
    return try trainer.train()
  }

  /// Byte pairs of the training text, as far as the settings allow.
  private static func bytePairs(
    of corpus: TextCorpus, _ settings: TokenizerSettings, _ specials: [[UInt8]]?, progress: Progress
  ) throws(ApusError) -> PipelineTokenizer {
    var options = BytePairTrainer.Options(vocabularySize: settings.vocabularySize)
    if let specials { options.specialTokens = specials }
    var trainer = try BytePairTrainer(options)
    var rest = settings.trainingBytes
    try corpus.forEachDocument { (document, split, _) throws(ApusError) in
      guard split == .train, rest > 0 else { return }
      let part = document.extracting(0..<CorpusBuilder.characterStart(document, atOrBefore: min(rest, document.count)))
      let done = settings.trainingBytes - rest
      try part.withUnsafeBufferPointer { (part) throws(ApusError) in
        try trainer.add(part) { (step) throws(ApusError) in
          guard case .counting(let bytes, _) = step else { return }
          try progress("counting words", done + bytes, min(corpus.totalBytes, settings.trainingBytes))
        }
      }
      rest -= document.count
    }
    if rest == settings.trainingBytes { throw nothing(left: .train, of: corpus) }
    return try trainer.train { (step) throws(ApusError) in
      guard case .merged(_, let tokens) = step else { return }
      try progress("learning merges", tokens, settings.vocabularySize)
    }.tokenizer
  }
}

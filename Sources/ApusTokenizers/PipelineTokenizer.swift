// The tokenizer of all formats: added tokens are cut out, the rest is normalised and split into pieces, the model turns
// each piece into ids. The parts are values; this file only leads bytes through them and keeps scratch for each thread.

public import ApusCore
import Synchronization

/// A tokenizer made of a normaliser, a splitter and a model.
public struct PipelineTokenizer: Tokenizer {
  /// What happens to the text before it is cut.
  let normalizer: Normalizer
  /// How the text is cut before the model sees it.
  public let splitter: Splitter
  /// The special and added tokens.
  public let specialTokens: SpecialTokens
  let model: TokenizerModel
  /// How tokens join to text.
  public let joining: TokenJoining
  /// What is put round the ids of a text on request.
  private(set) var postProcessor: PostProcessor
  /// How the tokenizer's file wants texts cut.
  public var truncation: Truncation?
  /// How the tokenizer's file wants texts filled up.
  public var padding: Padding?
  /// The components as `tokenizer.json` spells them.
  private(set) var source: ComponentSource

  let scratch = ScratchPool()
  let plainFinder: AddedTokenFinder
  let normalizedFinder: AddedTokenFinder
  private let wordBorders: WordBorders?
  /// Added tokens that are looked for in the normalised text are decoded as it has them.
  private let normalizedContents: [Int32: [UInt8]]

  init(
    normalizer: Normalizer = Normalizer(), splitter: Splitter, model: TokenizerModel,
    specialTokens: SpecialTokens = SpecialTokens(), joining: TokenJoining = .concatenated,
    postProcessor: PostProcessor = .none, source: ComponentSource? = nil
  ) {
    self.normalizer = normalizer
    self.splitter = splitter
    self.model = model
    self.specialTokens = specialTokens
    self.joining = joining
    self.postProcessor = postProcessor
    self.source = source ?? ComponentSource(splitter, model)
    let isPlain: (AddedToken) -> Bool = { !$0.isNormalized || normalizer.isIdentity }
    plainFinder = AddedTokenFinder(specialTokens.tokens.filter(isPlain))
    let normalized = specialTokens.tokens.filter { !isPlain($0) }
    normalizedFinder = AddedTokenFinder(normalized) { normalizer.apply(to: $0.content) }
    normalizedContents = Dictionary(normalized.map { ($0.id, normalizer.apply(to: $0.content)) }) { first, _ in first }
    wordBorders = model.wordBorders
  }

  /// One more than the greatest id.
  public var vocabularySize: Int {
    max(model.vocabulary.size, Int(specialTokens.tokens.last?.id ?? -1) + 1)
  }

  /// The token as the vocabulary has it.
  public func content(of id: Int32) -> [UInt8]? {
    normalizedContents[id] ?? specialTokens.token(of: id)?.content ?? model.vocabulary.bytes(of: id).map { Array($0) }
  }

  /// The bytes that the vocabulary has no token for and that encoding leaves out.
  public var lostBytes: [UInt8] { model.lostBytes }

  /// Puts round the ids of a text, or of two, what the model expects there.
  public func framed(_ ids: [Int32], and second: [Int32]?) -> TokenizedText { postProcessor.apply(ids, second) }

  /// The tokens that begin every text a model reads; part of what is put round a text.
  public var opening: [Int32] {
    get { postProcessor.opening }
    set {
      guard newValue != opening else { return }
      postProcessor.opening = newValue
      source.postProcessor = postProcessor.json(replacing: source.postProcessor, name: spelling)
    }
  }

  /// The tokenizer that puts texts between two tokens, as encoders expect them, and whose file says so.
  public func framed(between first: Int32, and last: Int32) -> PipelineTokenizer {
    var framed = self
    framed.postProcessor = PostProcessor(before: [first], behind: [last])
    framed.source.postProcessor = framed.postProcessor.json(replacing: source.postProcessor, name: spelling)
    return framed
  }

  /// The tokenizer whose mask takes the white space before it, as RoBERTa's does: where a token holds the space before
  /// its word, so does a gap.
  public func maskingSpaces() -> PipelineTokenizer {
    var masking = PipelineTokenizer(
      normalizer: normalizer, splitter: splitter, model: model, specialTokens: specialTokens.withMaskTakingSpace(),
      joining: joining, postProcessor: postProcessor, source: source)
    (masking.truncation, masking.padding) = (truncation, padding)
    return masking
  }

  /// Appends the ids of `text`.
  /// - Throws: `badData` with the offset of the first character that the vocabulary cannot express; `usage` for a text
  ///   of 2 GiB or more, which is to be encoded by parts, and for a special token where these are forbidden.
  public func encode(_ text: Span<UInt8>, special: SpecialTokenPolicy, into ids: inout [Int32]) throws(ApusError) {
    var work = scratch.take()
    defer { scratch.giveBack(work) }
    try encode(text, special: special, &work, into: &ids)
  }

  /// The number of tokens of `text`; no more than a few thousand ids are held at a time.
  /// - Throws: what encoding throws.
  public func countTokens(_ text: Span<UInt8>, special: SpecialTokenPolicy) throws(ApusError) -> Int {
    var work = scratch.take()
    work.count = 0
    var rest: [Int32] = []
    defer {
      work.count = nil
      scratch.giveBack(work)
    }
    try encode(text, special: special, &work, into: &rest)
    return rest.count + (work.count ?? 0)
  }

  /// The same with the scratch that is given.
  func encode(
    _ text: Span<UInt8>, special: SpecialTokenPolicy, _ work: inout EncodingScratch, into ids: inout [Int32]
  ) throws(ApusError) {
    guard text.count <= Int32.max else {
      throw ApusError(
        .usage, "a text of \(text.count) bytes is too long to be encoded at once", remedy: "encode it by documents")
    }
    let outcome = text.withUnsafeBufferPointer { text in
      var run = Run(tokenizer: self, special: special, text: text)
      run.encode(&work, &ids)
      return run
    }
    if let found = outcome.refused { throw forbidden(found) }
    if let missing = outcome.missing { throw inexpressible(text, at: missing) }
  }

  /// The way of one text through the parts.
  private struct Run {
    let tokenizer: PipelineTokenizer
    let special: SpecialTokenPolicy
    let text: UnsafeBufferPointer<UInt8>
    /// The offset of what cannot be expressed, if there is anything.
    var missing: Int?
    /// The first token that the text must not hold.
    var refused: AddedTokenFinder.Match?

    mutating func encode(_ work: inout EncodingScratch, _ ids: inout [Int32]) {
      let (tokenizer, text) = (tokenizer, text)
      forEachSegment(of: text, tokenizer.plainFinder, &ids) { run, segment, ids in
        if tokenizer.normalizer.isIdentity { return run.encodePieces(of: text, segment, offset: 0, &work, &ids) }
        let normal = tokenizer.normalizer.apply(to: Array(text[segment]))
        normal.withUnsafeBufferPointer { normal in
          run.forEachSegment(of: normal, tokenizer.normalizedFinder, &ids) { run, inner, ids in
            // A text that begins with a token does not begin with what follows it.
            let isStart = segment.lowerBound == 0 && inner.lowerBound == 0
            run.encodePieces(
              of: UnsafeBufferPointer(rebasing: normal[inner]), 0..<inner.count, offset: segment.lowerBound,
              isStart: isStart,
              isNormal: true, &work, &ids)
          }
        }
      }
    }

    /// Cuts out added tokens; calls `body` with what lies between.
    private mutating func forEachSegment(
      of text: UnsafeBufferPointer<UInt8>, _ finder: AddedTokenFinder, _ ids: inout [Int32],
      _ body: (inout Run, Range<Int>, inout [Int32]) -> Void
    ) {
      var place = 0
      let policy = special
      while place < text.count {
        let match = finder.firstMatch(in: text, from: place) { $0.isAlwaysFound || policy.isFound($0.id) }
        let end = match?.place.lowerBound ?? text.count
        if place < end { body(&self, place..<end, &ids) }
        guard let match else { return }
        ids.append(match.id)
        let isSpecial = tokenizer.specialTokens.isSpecial(match.id)
        if refused == nil, policy.refuses(match.id, isSpecial: isSpecial) { refused = match }
        place = match.place.upperBound
      }
    }

    private mutating func encodePieces(
      of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, offset: Int, isStart: Bool = true,
      isNormal: Bool = false,
      _ work: inout EncodingScratch, _ ids: inout [Int32]
    ) {
      let segment = UnsafeBufferPointer(rebasing: text[range])
      let borders = tokenizer.wordBorders
      let model = tokenizer.model
      var missing: Int?
      tokenizer.splitter.forEachPiece(in: segment, range: 0..<segment.count, isStart: isStart && range.lowerBound == 0)
      {
        piece in
        let failure =
          if let borders { work.encodeWords(piece, borders, model, &ids) } else { work.encode(piece, model, &ids) }
        work.settle(&ids)
        if let failure, missing == nil {
          missing = offset + range.lowerBound + Self.offset(of: piece, in: segment) + (isNormal ? 0 : failure)
        }
      }
      self.missing = self.missing ?? missing
    }

    /// Where a piece lies in a text; 0 where a step has made it anew.
    private static func offset(of piece: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Int {
      guard let piece = piece.baseAddress, let start = text.baseAddress else { return 0 }
      let offset = piece - start
      return 0..<text.count ~= offset ? offset : 0
    }
  }

  private func forbidden(_ match: AddedTokenFinder.Match) -> ApusError {
    let content = specialTokens.token(of: match.id)?.content ?? []
    return ApusError(
      .badData, "the text holds the special token '\(String(decoding: content, as: UTF8.self))'",
      place: "byte \(match.place.lowerBound)", remedy: "take it out, or let special tokens be plain text")
  }

  private func inexpressible(_ text: Span<UInt8>, at offset: Int) -> ApusError {
    let offset = min(offset, text.count - 1)
    let length = max(1, UTF8Validation.characterLength(in: text, at: offset))
    let bytes = (offset..<offset + length).map { text[$0] }
    let isText = UTF8Validation.firstInvalid(in: bytes) == nil
    let shown =
      isText
      ? "the character '\(String(decoding: bytes, as: UTF8.self))'" : "the byte 0x\(String(bytes[0], radix: 16))"
    return ApusError(
      .badData, "the vocabulary has no token for \(shown)", place: "byte \(offset)",
      remedy: "train the tokenizer on text that holds it, or give it an unknown token")
  }
}

/// Scratch for as many threads as encode at the same time; what one has learnt about words serves the next.
final class ScratchPool: Sendable {
  private let idle = Mutex<[EncodingScratch]>([])

  func take() -> EncodingScratch { idle.withLock { $0.popLast() } ?? EncodingScratch() }

  func giveBack(_ scratch: consuming EncodingScratch) {
    let scratch = scratch
    idle.withLock { $0.append(scratch) }
  }
}

// The tokenizer of all formats: special tokens are cut out, the rest is split into pieces, the model turns each piece into
// ids. The parts are values; this file only leads bytes through them and keeps scratch for each thread.

public import ApusCore
import Synchronization

/// A tokenizer made of a splitter and a model.
public struct PipelineTokenizer: Tokenizer {
  /// What turns a piece into ids.
  enum Model: Sendable {
    case bytePair(BytePairModel)
    case wordLevel(WordLevelModel)

    var vocabulary: Vocabulary {
      switch self {
      case .bytePair(let model): model.vocabulary
      case .wordLevel(let model): model.vocabulary
      }
    }
  }

  /// How the text is cut before the model sees it.
  public let splitter: Splitter
  /// The special and added tokens.
  public let specialTokens: SpecialTokens
  /// The mark that is put behind every word before merging; empty for none.
  public let endOfWord: [UInt8]
  let model: Model
  /// The component of `tokenizer.json` that adds tokens around a text: it changes no ids here and is written back as it came.
  var postProcessor: JSON = .null

  private let scratch = ScratchPool()

  init(splitter: Splitter, model: Model, specialTokens: SpecialTokens = SpecialTokens(), endOfWord: [UInt8] = []) {
    self.splitter = splitter
    self.model = model
    self.specialTokens = specialTokens
    self.endOfWord = endOfWord
  }

  /// One more than the greatest id.
  public var vocabularySize: Int {
    max(model.vocabulary.size, Int(specialTokens.tokens.last?.id ?? -1) + 1)
  }

  /// Words with a mark at their end are joined by spaces.
  public var joining: TokenJoining { endOfWord.isEmpty ? .concatenated : .wordEndAsSpace }

  /// The bytes of a token; the mark of the end of a word reads as a space.
  public func bytes(of id: Int32) -> [UInt8]? {
    if let added = specialTokens.token(of: id) { return added.content }
    guard let bytes = model.vocabulary.bytes(of: id) else { return nil }
    guard !endOfWord.isEmpty, bytes.count >= endOfWord.count, bytes.suffix(endOfWord.count).elementsEqual(endOfWord)
    else { return Array(bytes) }
    return bytes.dropLast(endOfWord.count) + [UInt8(ascii: " ")]
  }

  /// The bytes that the vocabulary has no token for and that encoding leaves out.
  public var lostBytes: [UInt8] {
    if case .bytePair(let model) = model { model.lostBytes } else { [] }
  }

  /// Appends the ids of `text`.
  /// - Throws: `badData` with the offset of the first character that the vocabulary cannot express; `usage` for a text of 2
  ///   GiB or more, which is to be encoded by parts.
  public func encode(_ text: Span<UInt8>, special: SpecialTokenPolicy, into ids: inout [Int32]) throws(ApusError) {
    guard text.count <= Int32.max else {
      throw ApusError(
        .usage, "a text of \(text.count) bytes is too long to be encoded at once", remedy: "encode it by documents")
    }
    var missing: Int?
    var work = scratch.take()
    var place = 0
    while place < text.count, missing == nil {
      let match = special == .recognised ? specialTokens.firstMatch(in: text, from: place) : nil
      let end = match?.place.lowerBound ?? text.count
      let start = place
      missing = text.extracting(start..<end).withUnsafeBufferPointer { segment in
        encodeSegment(segment, &work, &ids).map { $0 + start }
      }
      if let match { ids.append(match.id) }
      place = match?.place.upperBound ?? text.count
    }
    scratch.giveBack(work)
    if let missing { throw inexpressible(text, at: missing) }
  }

  /// The offset of what cannot be expressed, if there is anything.
  private func encodeSegment(
    _ text: UnsafeBufferPointer<UInt8>, _ work: inout EncodingScratch, _ ids: inout [Int32]
  ) -> Int? {
    var missing: Int?
    splitter.forEachPiece(in: text, range: 0..<text.count) { piece in
      let failure =
        switch model {
        case .bytePair(let model): work.encode(piece, endOfWord, model, &ids)
        case .wordLevel(let model): Self.encode(piece, model, &ids)
        }
      if let failure, missing == nil { missing = offset(of: piece, in: text) + failure }
    }
    return missing
  }

  @inline(__always)
  private static func encode(
    _ piece: UnsafeBufferPointer<UInt8>, _ model: WordLevelModel, _ ids: inout [Int32]
  ) -> Int? {
    guard let token = model.token(of: piece) else { return 0 }
    ids.append(token)
    return nil
  }

  private func offset(of piece: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Int {
    guard let piece = piece.baseAddress, let text = text.baseAddress else { return 0 }
    return piece - text
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

/// What one thread needs to encode: merging scratch and a cache of words.
struct EncodingScratch {
  private var merger = BytePairMerger()
  private var cache = WordCache()
  private var marked: [UInt8] = []

  /// Appends the ids of `word`; the offset of a byte that nothing stands for, if there is one.
  @inline(__always)
  mutating func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ endOfWord: [UInt8], _ model: BytePairModel, _ ids: inout [Int32]
  ) -> Int? {
    let isCached = word.count <= WordCache.longestWord
    if isCached && cache.append(word, to: &ids) { return nil }
    return merge(word, endOfWord, model, isCached, &ids)
  }

  private mutating func merge(
    _ word: UnsafeBufferPointer<UInt8>, _ endOfWord: [UInt8], _ model: BytePairModel, _ isCached: Bool,
    _ ids: inout [Int32]
  ) -> Int? {
    let missing: Int?
    if endOfWord.isEmpty {
      missing = model.encode(word, &merger)
    } else {
      marked.removeAll(keepingCapacity: true)
      marked.append(contentsOf: word)
      marked += endOfWord
      missing = marked.withUnsafeBufferPointer { model.encode($0, &merger) }
    }
    if missing == nil && isCached { cache.remember(word, merger.symbols) }
    ids += merger.symbols
    return missing
  }
}

/// Scratch for as many threads as encode at the same time; what one has learnt about words serves the next.
private final class ScratchPool: Sendable {
  private let idle = Mutex<[EncodingScratch]>([])

  func take() -> EncodingScratch { idle.withLock { $0.popLast() } ?? EncodingScratch() }

  func giveBack(_ scratch: consuming EncodingScratch) {
    let scratch = scratch
    idle.withLock { $0.append(scratch) }
  }
}

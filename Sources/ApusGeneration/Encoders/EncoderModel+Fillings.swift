// What a masked language model would put into the gaps of a text (Devlin et al. 2019; transformers' `fill-mask`). Each
// gap is guessed by itself, the others standing open.

public import ApusCore
import ApusModels
import ApusTensor
import ApusTokenizers

/// A token that may stand in a gap.
public struct Filling: Sendable, Equatable {
  /// The token.
  public var id: Int32
  /// The token's text by itself; one that goes on inside a word has its mark.
  public var token: String
  /// The model's probability for it, 0...1.
  public var probability: Double
  /// The text with this token in this gap, as the tokenizer spells it: often in lower case.
  public var text: String
}

/// A text whose gaps were filled.
public struct FilledText: Sendable, Equatable {
  /// One gap.
  public struct Gap: Sendable, Equatable {
    /// Its index among the tokens, those round the text included.
    public var position: Int
    /// The most probable tokens, the best first; of equals the lower id.
    public var fillings: [Filling]
  }

  /// The gaps, in the order of the text.
  public var gaps: [Gap]
  /// The text with the most probable token in each gap.
  public var text: String
}

extension EncoderModel {
  /// The spellings of a gap; the tokenizer's own is another where it has another.
  private static let masks = ["[MASK]", "<mask>"]

  /// The `count` most probable tokens for each gap, written `[MASK]` or `<mask>`.
  /// - Throws: `usage` for a text without a gap, or longer than the context; `badData` where the model has no head for
  ///   masked tokens or the tokenizer no mask.
  public func fill(_ text: String, count: Int = 5) throws(ApusError) -> FilledText {
    guard let mask = tokenizer.specialTokens.mask, let own = tokenizer.specialTokens.token(of: mask)?.content else {
      throw ApusError(
        .badData, "the tokenizer has no mask, the token that stands for a gap", file: location?.name,
        remedy: "name it as mask_token in tokenizer_config.json, or use a masked language model")
    }
    let ids = try tokenizer.encode(Self.respelt(text, own), special: .recognised)
    let framed = tokenizer.framed(ids, and: nil)
    try check(framed.ids, for: mask, spelt: own)
    try requireHead()
    let guesses = try guess(framed, at: framed.ids.indices.filter { framed.ids[$0] == mask }, count)
    return try filled(ids, ids.indices.filter { ids[$0] == mask }, guesses)
  }

  /// The text with all spellings of a gap made the tokenizer's own.
  private static func respelt(_ text: String, _ own: [UInt8]) -> [UInt8] {
    masks.reduce(Array(text.utf8)) { text, other in
      let other = Array(other.utf8)
      return other == own ? text : text.replacing(other, with: own)
    }
  }

  private func check(_ ids: [Int32], for mask: Int32, spelt: [UInt8]) throws(ApusError) {
    guard ids.contains(mask) else {
      throw ApusError(
        .usage, "the text has no gap to fill", remedy: "write \(String(decoding: spelt, as: UTF8.self)) where one is")
    }
    let context = model.specification.longestSequence
    guard ids.count <= context else {
      throw ApusError(
        .usage, "the text has \(ids.count) tokens, the model's context is \(context)", remedy: "shorten the text")
    }
  }

  private func requireHead() throws(ApusError) {
    guard model.specification.encoder?.maskedHead == nil else { return }
    throw ApusError(
      .badData, "the model has no head that guesses masked tokens, only hidden states", file: location?.name,
      remedy: "use a checkpoint with a masked-language-model head, or ask for embeddings")
  }

  private typealias Guess = (position: Int, tokens: [(id: Int32, probability: Double)])

  private func guess(_ text: TokenizedText, at positions: [Int], _ count: Int) throws(ApusError) -> [Guess] {
    let workspace = makeWorkspace()
    var batch = PackedBatch(sequence: text.ids)
    batch.types = text.types
    let hidden = try model.hidden(batch, in: workspace)
    var guesses: [Guess] = []
    for position in positions {
      let logits = try model.logits(hidden, rows: position..<position + 1, in: workspace).values
      guesses.append((position, try mostProbable(logits, count)))
    }
    return guesses
  }

  /// The most probable ids that are tokens, with their share of the whole vocabulary.
  private func mostProbable(_ logits: [Float], _ count: Int) throws(ApusError) -> [(id: Int32, probability: Double)] {
    guard logits.allSatisfy(\.isFinite), let greatest = logits.max() else {
      throw ApusError(
        .badData, "the model's logits are not finite", file: location?.name,
        remedy: "its weights are damaged, or its training diverged: take an earlier checkpoint")
    }
    let weights = logits.map { Double.exp(Double($0 - greatest)) }
    let sum = weights.reduce(0, +)
    let ranked = logits.indices.filter { tokenizer.content(of: Int32($0)) != nil }
      .sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
    return ranked.prefix(count).map { (Int32($0), weights[$0] / sum) }
  }

  private func filled(_ ids: [Int32], _ places: [Int], _ guesses: [Guess]) throws(ApusError) -> FilledText {
    var best = ids
    var gaps: [FilledText.Gap] = []
    for (place, guess) in zip(places, guesses) {
      var fillings: [Filling] = []
      for (id, probability) in guess.tokens {
        var single = ids
        single[place] = id
        fillings.append(
          Filling(id: id, token: try text(of: [id]), probability: probability, text: try text(of: single)))
      }
      if let first = guess.tokens.first { best[place] = first.id }
      gaps.append(FilledText.Gap(position: guess.position, fillings: fillings))
    }
    return FilledText(gaps: gaps, text: try text(of: best))
  }

  private func text(of ids: [Int32]) throws(ApusError) -> String {
    let text = String(decoding: try tokenizer.decode(ids), as: UTF8.self)
    guard let mask = tokenizer.specialTokens.mask.flatMap(tokenizer.specialTokens.token), mask.takesSpaceBefore else {
      return text
    }
    // A gap that stands open shows the space that its mask took.
    let own = String(decoding: mask.content, as: UTF8.self)
    let spaced = text.replacing(own, with: " " + own)
    return ids.first == mask.id ? String(spaced.dropFirst()) : spaced
  }
}

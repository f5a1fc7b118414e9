// Masking (Devlin et al. 2019): some tokens are chosen; most of these become the mask, a few a random token, and the
// rest stay; what they were is to be predicted. It is drawn anew whenever a row is seen (Liu et al. 2019): Philox by
// the row and the place in it, so nothing is stored, and threads, micro-batches and resumption change nothing.
//
// A token is chosen with the given probability; of whole words, each is, with all its pieces, so that the share of
// tokens is the same. Where chance chooses none of a sequence, the one whose draw came nearest is, as BERT always takes
// one at least. Random tokens come from the whole vocabulary, special ones and the token itself included, as in BERT
// and transformers.

import ApusCore

/// How tokens are masked.
public struct MaskingSettings: Sendable, Equatable {
  /// The share of tokens that are chosen.
  public var probability = 0.15
  /// Of the chosen, the share that becomes the mask.
  public var maskShare = 0.8
  /// Of the chosen, the share that becomes a random token; the rest stay as they are.
  public var randomShare = 0.1
  /// Whether the pieces of a word are chosen together.
  public var wholeWords = false

  /// BERT's.
  public init() {}
}

/// Masks the tokens of sequences.
public struct Masking: Sendable {
  /// Tokens of a sequence that frame its text: the first and the last.
  static let frame = 2

  /// How tokens are masked.
  public let settings: MaskingSettings
  /// The tokens that play a part in it.
  public let vocabulary: MaskedVocabulary

  private let draws: Philox
  private let limits: (chosen: UInt64, masked: UInt64, random: UInt64)

  /// Masking whose draws follow from `seed`.
  public init(_ settings: MaskingSettings, _ vocabulary: MaskedVocabulary, seed: UInt64) {
    self.settings = settings
    self.vocabulary = vocabulary
    draws = Philox(seed: seed)
    func limit(_ share: Double) -> UInt64 { UInt64(max(0, min(1, share)) * 0x1p32) }
    limits = (
      limit(settings.probability), limit(settings.maskShare), limit(settings.maskShare + settings.randomShare)
    )
  }

  /// Masks tokens of the sequence in `range` and makes what they were their targets; the other targets stay.
  /// - Parameters:
  ///   - row: tells the row that the sequence belongs to from all others.
  ///   - start: the index of the row's first token.
  /// - Returns: how many were chosen.
  func apply(
    to range: Range<Int>, of tokens: inout [Int32], targets: inout [Int32], row: Int, start: Int
  ) -> Int {
    var chosen = 0
    var nearest: (draw: UInt32, word: Range<Int>)?
    var place = range.lowerBound
    while let word = nextWord(in: tokens, from: &place, to: range.upperBound) {
      let draw = draws.block(UInt64(word.lowerBound - start), UInt64(row))[0]
      if UInt64(draw) < limits.chosen {
        mask(word, &tokens, &targets, row, start)
        chosen += word.count
      } else if draw < nearest?.draw ?? .max {
        nearest = (draw, word)
      }
    }
    guard chosen == 0, let nearest else { return chosen }
    mask(nearest.word, &tokens, &targets, row, start)
    return nearest.word.count
  }

  /// The next tokens that are chosen together, at or after `place`, which moves behind them.
  private func nextWord(in tokens: [Int32], from place: inout Int, to end: Int) -> Range<Int>? {
    while place < end, !vocabulary.isOrdinary(tokens[place]) { place += 1 }
    guard place < end else { return nil }
    let first = place
    place += 1
    while settings.wholeWords, place < end, vocabulary.areOneWord(tokens[place - 1], tokens[place]) { place += 1 }
    return first..<place
  }

  private func mask(_ word: Range<Int>, _ tokens: inout [Int32], _ targets: inout [Int32], _ row: Int, _ start: Int) {
    for index in word {
      let draw = draws.block(UInt64(index - start), UInt64(row))
      targets[index] = tokens[index]
      if UInt64(draw[1]) < limits.masked {
        tokens[index] = vocabulary.mask
      } else if UInt64(draw[1]) < limits.random {
        let number = UInt64(draw[2]) | UInt64(draw[3]) << 32
        tokens[index] = Int32(number.multipliedFullWidth(by: UInt64(vocabulary.size)).high)
      }
    }
  }
}

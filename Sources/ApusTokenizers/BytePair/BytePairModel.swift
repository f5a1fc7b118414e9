// Byte-pair encoding as a model (Sennrich et al. 2016; on bytes: Radford et al. 2019): a word becomes its smallest
// symbols, then the merges apply by rank. It knows neither how text is cut into words nor how a file is laid out.

import ApusCore

/// A vocabulary with merges.
struct BytePairModel: Sendable {
  /// What a word is made of before anything is merged.
  enum Unit: Sendable { case bytes, characters }

  /// What else a file may say, as the `tokenizers` library has it.
  struct Options: Sendable {
    /// A word that is a token as a whole is that token, whatever the merges say (Llama 3).
    var prefersWholeWords = false
    /// Stands for what the vocabulary lacks. Without it a missing byte is left out, as in the `tokenizers` library (see
    /// `lostBytes`), and a missing character is an error.
    var unknown: Int32?
    /// Neighbouring unknown characters are one token.
    var fusesUnknown = false
    /// For each byte the token that stands for it in characters that the vocabulary lacks.
    var byteTokens: [Int32]?
    /// Put before every symbol but a word's first.
    var prefix: [UInt8] = []
    /// Put behind a word's last symbol.
    var suffix: [UInt8] = []
    /// How probable it is in training that a merge is left out; see ``MergeDropout``.
    var dropout: Double?
  }

  let unit: Unit
  private(set) var vocabulary: Vocabulary
  /// The merges in order of rank, as pairs of ids.
  let merges: [(left: Int32, right: Int32)]
  let options: Options

  private let pairs: PairMap<Merge>
  /// For `unit == .bytes`: the token of each byte, or -1.
  private let tokenOfByte: [Int32]

  /// - Throws: `badData` where a merge makes a token that the vocabulary lacks.
  init(
    unit: Unit, vocabulary: Vocabulary, merges: [(left: Int32, right: Int32)], options: Options = Options()
  ) throws(ApusError) {
    self.unit = unit
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    var pairs = PairMap(merges: merges.count)
    var content: [UInt8] = []
    for (rank, merge) in merges.enumerated() {
      content.removeAll(keepingCapacity: true)
      vocabulary.append(merge.left, to: &content)
      let head = content.count
      vocabulary.append(merge.right, to: &content)
      content.removeSubrange(head..<min(content.count, head + options.prefix.count))
      guard let id = vocabulary.id(of: content) else {
        throw ApusError(.badData, "the vocabulary lacks the token that it makes", place: "merge \(rank)")
      }
      pairs.update(merge.left, merge.right, Merge(rank: UInt32(rank), id: id))
    }
    self.pairs = pairs
    tokenOfByte = (0...255).map { vocabulary.id(of: [UInt8($0)]) ?? -1 }
  }

  /// The bytes that have no token and are left out.
  var lostBytes: [UInt8] {
    unit == .bytes && options.unknown == nil ? (0...255).filter { tokenOfByte[Int($0)] < 0 } : []
  }

  /// Leaves the ids of `word` in `merger.symbols`; the offset of a character that is an error, if there is one.
  func encode(_ word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    merger.symbols.removeAll(keepingCapacity: true)
    merger.places.removeAll()
    // As in the library, chance comes before whole words.
    if options.prefersWholeWords, merger.queue.draws == nil, let id = vocabulary.id(of: word) {
      merger.symbols.append(id)
      merger.places.append(0, word.count)
      return nil
    }
    let missing =
      unit == .bytes && options.prefix.isEmpty && options.suffix.isEmpty
      ? appendBytes(of: word, &merger) : appendCharacters(of: word, &merger)
    let single = merger.places.isKept ? merger.symbols : []
    merger.merge(with: pairs)
    if merger.places.isKept { join(single, in: &merger) }
    return missing
  }

  private func appendBytes(of word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    var unknowns = Unknowns()
    for offset in word.indices {
      let token = tokenOfByte[Int(word[offset])]
      if token >= 0 {
        unknowns.flush(&merger)
        merger.symbols.append(token)
        merger.places.append(offset, offset + 1)
      } else {
        unknowns.add(offset..<offset + 1, self, &merger)
      }
    }
    unknowns.flush(&merger)
    return unknowns.missing
  }

  private func appendCharacters(of word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    guard let base = word.baseAddress else { return nil }
    var unknowns = Unknowns()
    var offset = 0
    while offset < word.count {
      let length = unit == .bytes ? 1 : UTF8Coding.scalar(base, offset, word.count).length
      let character = UnsafeBufferPointer(rebasing: word[offset..<offset + length])
      if let token = token(of: character, isFirst: offset == 0, isLast: offset + length == word.count) {
        unknowns.flush(&merger)
        merger.symbols.append(token)
        merger.places.append(offset, offset + length)
      } else if let byteTokens = options.byteTokens {
        // As in the library, an unknown character before these comes behind them.
        for place in character.indices {
          merger.symbols.append(byteTokens[Int(character[place])])
          merger.places.append(offset + place, offset + place + 1)
        }
      } else {
        unknowns.add(offset..<offset + length, self, &merger)
      }
      offset += length
    }
    unknowns.flush(&merger)
    return unknowns.missing
  }

  /// Joins the places of the symbols that were merged: a merged token's content is that of its parts.
  private func join(_ single: [Int32], in merger: inout BytePairMerger) {
    var joined = TokenPlaces(isKept: true)
    var next = 0
    for id in merger.symbols where next < single.count {
      let (first, length) = (next, vocabulary.bytes(of: id)?.count ?? 0)
      var covered = vocabulary.bytes(of: single[next])?.count ?? 0
      next += 1
      while covered < length, next < single.count {
        covered += (vocabulary.bytes(of: single[next])?.count ?? 0) - options.prefix.count
        next += 1
      }
      joined.append(Int(merger.places.ranges[first].lowerBound), Int(merger.places.ranges[next - 1].upperBound))
    }
    merger.places = joined
  }

  private func token(of character: UnsafeBufferPointer<UInt8>, isFirst: Bool, isLast: Bool) -> Int32? {
    let hasPrefix = !isFirst && !options.prefix.isEmpty
    let hasSuffix = isLast && !options.suffix.isEmpty
    guard hasPrefix || hasSuffix else { return vocabulary.id(of: character) }
    return vocabulary.id(of: (hasPrefix ? options.prefix : []) + Array(character) + (hasSuffix ? options.suffix : []))
  }

  /// Unknown characters on their way to the symbols: fused ones wait for the next known one.
  private struct Unknowns {
    var missing: Int?
    private var waiting: Int32?
    private var place = 0..<0

    mutating func add(_ character: Range<Int>, _ model: BytePairModel, _ merger: inout BytePairMerger) {
      guard let unknown = model.options.unknown else {
        if model.unit == .characters { missing = missing ?? character.lowerBound }
        return
      }
      if !model.options.fusesUnknown { flush(&merger) }
      place = (waiting == nil ? character.lowerBound : place.lowerBound)..<character.upperBound
      waiting = unknown
    }

    mutating func flush(_ merger: inout BytePairMerger) {
      guard let waiting else { return }
      merger.symbols.append(waiting)
      merger.places.append(place.lowerBound, place.upperBound)
      self.waiting = nil
    }
  }
}

// Byte-pair encoding as a model (Sennrich et al. 2016; on bytes: Radford et al. 2019): a word becomes its smallest symbols, then
// the merges apply by rank. It knows neither how text is cut into words nor how a file is laid out.

import ApusCore

/// A vocabulary with merges.
struct BytePairModel: Sendable {
  /// What a word is made of before anything is merged.
  enum Unit: Sendable { case bytes, characters }

  let unit: Unit
  private(set) var vocabulary: Vocabulary
  /// The merges in order of rank, as pairs of ids.
  let merges: [(left: Int32, right: Int32)]
  /// A word that is a token as a whole is that token, whatever the merges say (Llama 3).
  let prefersWholeWords: Bool
  /// Stands for what the vocabulary lacks. Without it a missing byte is left out, as in the `tokenizers` library (see
  /// `lostBytes`), and a missing character is an error.
  let unknown: Int32?

  private let pairs: PairMap<Merge>
  /// For `unit == .bytes`: the token of each byte, or -1.
  private let tokenOfByte: [Int32]

  /// - Throws: `badData` where a merge makes a token that the vocabulary lacks.
  init(
    unit: Unit, vocabulary: Vocabulary, merges: [(left: Int32, right: Int32)], prefersWholeWords: Bool = false,
    unknown: Int32? = nil
  ) throws(ApusError) {
    self.unit = unit
    self.vocabulary = vocabulary
    self.merges = merges
    self.prefersWholeWords = prefersWholeWords
    self.unknown = unknown
    var pairs = PairMap(merges: merges.count)
    var content: [UInt8] = []
    for (rank, merge) in merges.enumerated() {
      content.removeAll(keepingCapacity: true)
      vocabulary.append(merge.left, to: &content)
      vocabulary.append(merge.right, to: &content)
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
    unit == .bytes && unknown == nil ? (0...255).filter { tokenOfByte[Int($0)] < 0 } : []
  }

  /// Leaves the ids of `word` in `merger.symbols`; the offset of a character that is an error, if there is one.
  func encode(_ word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    merger.symbols.removeAll(keepingCapacity: true)
    if prefersWholeWords, let id = vocabulary.id(of: word) {
      merger.symbols.append(id)
      return nil
    }
    let missing = unit == .bytes ? appendBytes(of: word, &merger) : appendCharacters(of: word, &merger)
    merger.merge(with: pairs)
    return missing
  }

  private func appendBytes(of word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    var missing: Int?
    for offset in word.indices {
      let token = tokenOfByte[Int(word[offset])]
      if token >= 0 { merger.symbols.append(token) } else { add(unknownAt: offset, &merger, &missing) }
    }
    return missing
  }

  private func appendCharacters(of word: UnsafeBufferPointer<UInt8>, _ merger: inout BytePairMerger) -> Int? {
    var missing: Int?
    var offset = 0
    while offset < word.count {
      let length = max(1, UTF8Validation.characterLength(in: word.span, at: offset))
      let character = UnsafeBufferPointer(rebasing: word[offset..<offset + length])
      if let token = vocabulary.id(of: character) {
        merger.symbols.append(token)
      } else {
        add(unknownAt: offset, &merger, &missing)
      }
      offset += length
    }
    return missing
  }

  private func add(unknownAt offset: Int, _ merger: inout BytePairMerger, _ missing: inout Int?) {
    if let unknown {
      merger.symbols.append(unknown)
    } else if unit == .characters {
      missing = missing ?? offset
    }
  }
}

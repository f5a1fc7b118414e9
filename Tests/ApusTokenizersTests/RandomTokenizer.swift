// Random small tokenizers of every kind of model, each with its slow twin and texts that make it work.

import ApusCore

@testable import ApusTokenizers

/// A random tokenizer and its twin.
struct RandomTokenizer {
  enum Kind: Int, CaseIterable { case merges, ranks, sentencePieces, wordPieces, unigram }

  let kind: Kind
  let fast: PipelineTokenizer
  let slow: SlowTokenizer
  private static let letters = ["a", "b", "c", "é", "中", "▁"]
  private static let parts = letters + [" ", "  ", "'s", "1", "\n", "A", "!", "😀", "e\u{301}", "\u{3000}", "<|x|>"]

  init(_ kind: Kind, using generator: inout SeededGenerator) throws(ApusError) {
    self.kind = kind
    let pattern = [SplitPattern.gpt2, .cl100k, .qwen2, .o200k, .tekken].randomElement(using: &generator) ?? .gpt2
    let expression = try Regex(Array((pattern.regularExpression ?? "").utf8))
    var splitter = Splitter([pattern])
    var tokens = Tokens()
    let model: TokenizerModel
    switch kind {
    case .merges:
      model = .bytePair(try tokens.merges(using: &generator))
      slow = SlowTokenizer(expression: expression, ids: tokens.ids, model: .merges(tokens.pairs))
    case .ranks, .sentencePieces:
      let isBytes = kind == .ranks
      if !isBytes { splitter = Splitter([]) }
      let wholeWords = isBytes && Bool.random(using: &generator)
      model = .rankedPair(try tokens.ranks(isBytes, wholeWords, using: &generator))
      slow = SlowTokenizer(
        expression: isBytes ? expression : nil, ids: tokens.ids,
        model: .ranks(
          tokens.ranks.mapValues { Int($0) }, isBytes: isBytes, wholeWords: wholeWords, byteTokens: tokens.byteTokens))
    case .wordPieces:
      model = .wordPiece(try tokens.wordPieces(using: &generator))
      slow = SlowTokenizer(
        expression: expression, ids: tokens.ids, model: .longestFirst(mark: Array("##".utf8), unknown: 0))
    case .unigram:
      splitter = Splitter([])
      let unigram = try tokens.unigram(using: &generator)
      model = .unigram(unigram)
      let least = tokens.scores.values.min() ?? 0
      slow = SlowTokenizer(
        expression: nil, ids: tokens.ids,
        model: .mostProbable(tokens.scores, unknownScore: least - 10, unknown: 0))
    }
    fast = PipelineTokenizer(splitter: splitter, model: model)
  }

  /// Whether its tokens keep every byte.
  var keepsBytes: Bool { kind == .merges || kind == .ranks || kind == .sentencePieces }

  /// A text of pieces that its tokens know, or of any bytes.
  func text(upTo length: Int, using generator: inout SeededGenerator) -> [UInt8] {
    if Int.random(in: 0..<4, using: &generator) == 0 { return RandomText.bytes(upTo: length, using: &generator) }
    let parts = Bool.random(using: &generator) ? Self.parts : Self.letters
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 0...length, using: &generator) {
      text += Array((parts.randomElement(using: &generator) ?? "a").utf8)
      if text.count >= length { break }
    }
    return text
  }

  /// A vocabulary that grows by joining what it has.
  private struct Tokens {
    var vocabulary = Vocabulary()
    var ids: [[UInt8]: Int32] = [:]
    var pairs: [SlowTokenizer.Pair: Int] = [:]
    var ranks: [[UInt8]: UInt32] = [:]
    var scores: [[UInt8]: Double] = [:]
    var byteTokens: [Int32] = []
    private var pool: [[UInt8]] = []

    @discardableResult
    private mutating func insert(_ token: [UInt8]) throws(ApusError) -> Bool {
      guard ids[token] == nil else { return false }
      ids[token] = Int32(vocabulary.size)
      try vocabulary.insert(token, id: vocabulary.size)
      return true
    }

    /// Two tokens to be joined.
    private func pair(using generator: inout SeededGenerator) -> (left: [UInt8], right: [UInt8]) {
      let letter = Array("a".utf8)
      return (pool.randomElement(using: &generator) ?? letter, pool.randomElement(using: &generator) ?? letter)
    }

    private mutating func insertBytes() throws(ApusError) {
      for byte in UInt8.min...UInt8.max { try insert([byte]) }
      pool = RandomTokenizer.parts.flatMap { $0.utf8.map { [$0] } }
    }

    mutating func merges(using generator: inout SeededGenerator) throws(ApusError) -> BytePairModel {
      try insertBytes()
      var merges: [(left: Int32, right: Int32)] = []
      for rank in 0..<Int.random(in: 1...80, using: &generator) {
        let (left, right) = pair(using: &generator)
        try insert(left + right)
        pool.append(left + right)
        pairs[SlowTokenizer.Pair(left: left, right: right)] = rank
        merges.append((ids[left] ?? 0, ids[right] ?? 0))
      }
      return try BytePairModel(unit: .bytes, vocabulary: vocabulary, merges: merges)
    }

    mutating func ranks(
      _ isBytes: Bool, _ wholeWords: Bool, using generator: inout SeededGenerator
    ) throws(ApusError) -> RankedPairModel {
      if isBytes {
        try insertBytes()
      } else {
        // Bytes stand for characters that are no token; as text they are not found.
        for byte in UInt8.min...UInt8.max {
          byteTokens.append(Int32(vocabulary.size))
          try vocabulary.insert([byte], id: vocabulary.size, isFound: false)
        }
        pool = RandomTokenizer.letters.map { Array($0.utf8) }
        for letter in pool where Int.random(in: 0..<5, using: &generator) > 0 { try insert(letter) }
        pool = pool.filter { ids[$0] != nil }
        if pool.isEmpty { pool = [Array("a".utf8)] }
      }
      for _ in 0..<Int.random(in: 1...60, using: &generator) {
        let (left, right) = pair(using: &generator)
        try insert(left + right)
        pool.append(left + right)
      }
      var numbers = Array(0..<UInt32(vocabulary.size))
      if Bool.random(using: &generator) { numbers.shuffle(using: &generator) }
      for (token, id) in ids { ranks[token] = numbers[Int(id)] }
      return RankedPairModel(
        unit: isBytes ? .bytes : .characters, vocabulary: vocabulary, ranks: numbers, prefersWholeWords: wholeWords,
        byteTokens: isBytes ? nil : byteTokens)
    }

    mutating func wordPieces(using generator: inout SeededGenerator) throws(ApusError) -> WordPieceModel {
      try insert(Array("[UNK]".utf8))
      pool = RandomTokenizer.parts.map { Array($0.utf8) }
      for _ in 0..<Int.random(in: 10...80, using: &generator) {
        let (left, right) = pair(using: &generator)
        let piece = Bool.random(using: &generator) ? left : left + right
        try insert(Bool.random(using: &generator) ? piece : Array("##".utf8) + piece)
        if piece.count < 8 { pool.append(piece) }
      }
      return WordPieceModel(vocabulary: vocabulary, unknown: 0)
    }

    mutating func unigram(using generator: inout SeededGenerator) throws(ApusError) -> UnigramModel {
      try insert(Array("<unk>".utf8))
      pool = RandomTokenizer.parts.map { Array($0.utf8) }
      for _ in 0..<Int.random(in: 5...60, using: &generator) {
        let (left, right) = pair(using: &generator)
        let piece = Bool.random(using: &generator) ? left : left + right
        try insert(piece)
        if piece.count < 8 { pool.append(piece) }
      }
      var all = [Double](repeating: 0, count: vocabulary.size)
      for (token, id) in ids.sorted(by: { $0.value < $1.value }) {
        all[Int(id)] = Double.random(in: -9 ... -1, using: &generator)
        scores[token] = all[Int(id)]
      }
      return UnigramModel(vocabulary: vocabulary, scores: all, unknown: 0)
    }
  }
}

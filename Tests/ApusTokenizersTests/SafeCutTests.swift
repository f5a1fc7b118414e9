// Texts counted in parts: whatever the text and wherever it is cut, the words are those of the whole; and there is
// somewhere to cut in every script, with lines or without.

import ApusCore
import Testing

@testable import ApusTokenizers

@Suite struct SafeCutTests {
  /// Every way in which a trainer cuts text.
  enum Way: CaseIterable {
    case gpt2, cl100k, qwen2, o200k, tekken, words, rustWords, wordPiece, unigram

    func counter(specials: SpecialTokens) throws -> WordCounter {
      let pattern: SplitPattern
      switch self {
      case .gpt2: pattern = .gpt2
      case .cl100k: pattern = .cl100k
      case .qwen2: pattern = .qwen2
      case .o200k: pattern = .o200k
      case .tekken: pattern = .tekken
      case .words: pattern = .words
      case .rustWords: pattern = .rustWords
      case .wordPiece:
        return WordPieceTrainer.counter(BertNormalizer(lowercases: true), specials)
      case .unigram: return UnigramTrainer.counter(specials)
      }
      return WordCounter(splitter: Splitter([pattern]), specialTokens: specials)
    }
  }

  private static let specials = ["<|end|>", "a b", "9.z", "\u{301}x y"].enumerated().map {
    AddedToken(id: Int32($0.offset), content: Array($0.element.utf8))
  }

  private static func counts(_ text: [UInt8], _ counter: WordCounter, partSize: Int) -> WordCounts {
    var counter = counter
    counter.partSize = partSize
    var counts = WordCounts()
    text.withUnsafeBufferPointer { text in
      counter.count(text, pool: ThreadPool(threads: 1)) { (parts, _) throws(Never) in
        for part in parts { counts.add(part) }
      }
    }
    return counts
  }

  private static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: text += RandomText.bytes(upTo: 8, using: &generator)
      case 1: text += specials[Int.random(in: 0..<specials.count, using: &generator)].content
      default: text += Array(RandomText.text(upTo: 8, using: &generator).utf8)
      }
    }
    return text
  }

  /// With parts of one byte the text is cut wherever it may be.
  @Test(arguments: Way.allCases)
  func partsGiveTheWordsOfTheWhole(_ way: Way) throws {
    var generator = SeededGenerator(71)
    for specials in [SpecialTokens(), SpecialTokens(Self.specials)] {
      let counter = try way.counter(specials: specials)
      for _ in 0..<2_000 {
        let text = Self.text(&generator)
        let whole = Self.counts(text, counter, partSize: .max / 2)
        let parts = Self.counts(text, counter, partSize: Int.random(in: 1...4, using: &generator))
        #expect(whole.entries.elementsEqual(parts.entries) { $0 == $1 }, "\(way): \(text)")
        if !whole.entries.elementsEqual(parts.entries, by: { $0 == $1 }) { return }
      }
    }
  }

  @Test(arguments: [
    "Die Vögel ziehen, 17 Tage lang.", "Птицы летят на юг", "طيور تطير جنوبا", "पक्षी दक्षिण की ओर उड़ते हैं",
    "새들이 남쪽으로 난다",
    "鸟儿向南飞，明年再回来。", "鳥は南へ飛ぶ。来年また戻る。", "1. 2. 3.", "x9y8z7w6",
  ])
  func everyScriptIsCutSomewhere(_ sentence: String) throws {
    for (end, ways) in [("\n", Way.allCases), ("", [.gpt2, .cl100k, .qwen2, .o200k, .tekken])] {
      let text = Array(String(repeating: sentence + end, count: 200).utf8)
      for way in ways {
        let cuts = SafeCuts(try way.counter(specials: SpecialTokens()).splitter)
        text.withUnsafeBufferPointer { text in
          for place in stride(from: 0, to: text.count - 100, by: 37) {
            #expect(cuts.next(in: text, from: place) - place <= sentence.utf8.count + 1, "\(way), \(sentence)")
          }
        }
      }
    }
  }

  @Test func aBorderIsNeverInsideACharacterOrAWord() {
    let text = Array("né à l'été 12٣4中。字!\n/ab\u{3000} c".utf8)
    let cuts = SafeCuts(Splitter([.o200k]))
    var places: [Int] = []
    text.withUnsafeBufferPointer { text in
      var place = 0
      while place < text.count {
        place = cuts.next(in: text, from: place + 1)
        places.append(place)
      }
    }
    var parts: [String] = []
    for (start, end) in zip([0] + places, places) { parts.append(String(decoding: text[start..<end], as: UTF8.self)) }
    #expect(parts == ["né", " à", " l'été", " 12٣4", "中", "。字", "!\n/ab\u{3000} c"])
  }
}

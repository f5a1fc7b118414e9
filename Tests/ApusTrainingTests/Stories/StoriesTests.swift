import Foundation
import Testing

@testable import ApusTraining

@Suite struct StoriesTests {
  @Test func theGrammarIsUnambiguousAndLarge() {
    #expect(StoryGrammar().flaws() == [])
    print("rules: \(Stories.ruleCount), longest story: at most \(Stories.longest) bytes")
    #expect(Stories.ruleCount >= 20_000)
    #expect(Stories.longest <= 1000)
  }

  @Test func storiesReadBackToTheirExactProbability() throws {
    let stories = Stories(seed: 5)
    for index in 0..<200 {
      let story = stories.story(UInt64(index))
      let bits = try #require(Stories.bits(of: story.text))
      #expect(abs(bits - story.bits) < 1e-9)
      #expect(story.text.count <= Stories.longest && story.bits > 40)
    }
  }

  @Test func otherTextsAreNotStories() {
    let text = Stories(seed: 5).story(1).text
    #expect(Stories.bits(of: Array(text.dropLast())) == nil)
    #expect(Stories.bits(of: text + Array(" The end.".utf8)) == nil)
    #expect(Stories.bits(of: []) == nil && Stories.bits(of: Array("Once upon a time".utf8)) == nil)
    let wrong = String(decoding: text, as: UTF8.self).replacingOccurrences(of: " was ", with: " wos ")
    #expect(Stories.bits(of: Array(wrong.utf8)) == nil)
  }

  @Test func aStoryDependsOnSeedAndNumberAlone() {
    let backwards = (0..<50).reversed().map { Stories(seed: 9).story($0) }
    #expect(backwards.reversed() == (0..<50).map { Stories(seed: 9).story($0) })
    #expect(Stories(seed: 9).story(3) != Stories(seed: 10).story(3))
    #expect(Stories(seed: 9).story(.max) != Stories(seed: 9).story(0))
    #expect(Set((0..<500).map { Stories(seed: 9).story($0).text }).count == 500)
  }

  @Test func storiesAreCleanText() {
    for index in 0..<300 {
      let text = String(decoding: Stories(seed: 2).story(UInt64(index)).text, as: UTF8.self)
      #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
      #expect(!text.contains("  ") && !text.contains("{") && !text.contains("<") && !text.contains(" ,"))
      #expect([".", "!"].contains(text.suffix(1)))
    }
  }

  @Test func girlsAndBoysHaveNamesOfTheirOwn() {
    let names = StoryWords.lists["name"]?.words ?? []
    var seen = 0
    for index in 0..<800 {
      let words = String(decoding: Stories(seed: 3).story(UInt64(index)).text, as: UTF8.self).split(separator: " ")
      for (kind, rest) in zip(words, words.indices.dropFirst()) where kind == "girl" || kind == "boy" {
        guard rest + 1 < words.count, ["named", "called"].contains(words[rest]) else { continue }
        let name = words[rest + 1].filter(\.isLetter)
        #expect(names.firstIndex(of: name).map { ($0 % 2 == 0) == (kind == "girl") } == true)
        seen += 1
      }
    }
    print("girls and boys with their names: \(seen)")
    #expect(seen > 30)
  }

  /// Names follow Zipf's law: log frequency falls by 1 as log rank grows by 1, down to the tail.
  @Test func ranksFollowZipf() {
    let weights = Zipf.weights(800, 1, 3)
    let total = Double(weights.reduce(0, +))
    let slope = log(Double(weights[700]) / Double(weights[70])) / log(703.0 / 73.0)
    #expect(abs(slope + 1) < 1e-4)
    // Learning the n most frequent words leaves a loss that falls slowly and steadily: what a power law of learning
    // needs.
    let left = [10, 100, 400].map { first in
      weights[first...].reduce(0.0) { $0 - Double($1) / total * log2(Double($1) / total) }
    }
    #expect(left[0] > left[1] && left[1] > left[2] && left[2] > 0.15 * left[0])
  }

  @Test func ordersArePermutationsNearTheCommonOne() {
    let order = Zipf.order(500, window: 10, seed: 1)
    #expect(Set(order).count == 500 && order != Zipf.order(500, window: 10, seed: 2))
    #expect(order.enumerated().allSatisfy { rank, word in Int(word) < rank + 10 })
    #expect(Zipf.order(5, window: 1, seed: 3) == [0, 1, 2, 3, 4])
  }
}

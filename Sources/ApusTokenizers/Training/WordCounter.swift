// Counts the words of a text on several threads. The text is cut where the splitting pattern has a border in any case,
// each part is counted by itself, and the parts are added in order: the result does not depend on the number of
// threads.

import ApusCore
import Synchronization

/// Cuts text into words and counts them; special tokens in the text are cut out and not counted. What is normalised
/// is taken line by line, without the line feeds.
struct WordCounter: Sendable {
  var normalizer = Normalizer()
  /// For what goes on a line that was cut: without what the normaliser puts before a line.
  var continuing = Normalizer()
  let splitter: Splitter
  let specialTokens: SpecialTokens
  /// Bytes of a part: large enough for its words to repeat, small enough to keep memory bounded.
  var partSize = 1 << 20

  /// Counts the words of `text`, and calls `body` again and again with the tables of the next parts in order and how
  /// many bytes are done; it may throw to stop.
  func count<Failure: Error>(
    _ text: UnsafeBufferPointer<UInt8>, pool: ThreadPool,
    _ body: (_ parts: [WordCounts], _ bytes: Int) throws(Failure) -> Void
  ) throws(Failure) {
    var parts: [Range<Int>] = []
    var start = 0
    let cuts = SafeCuts(splitter)
    while start < text.count {
      let end = cut(text, cuts, from: min(start + partSize, text.count))
      parts.append(start..<end)
      start = end
      if parts.count == 4 * pool.threads || start == text.count {
        try body(count(parts, of: text, pool: pool), start)
        parts.removeAll()
      }
    }
  }

  /// The first safe place that no special token reaches.
  private func cut(_ text: UnsafeBufferPointer<UInt8>, _ cuts: SafeCuts, from place: Int) -> Int {
    var place = cuts.next(in: text, from: place)
    while place < text.count, isTouchedBySpecialToken(text, place) { place = cuts.next(in: text, from: place + 1) }
    return place
  }

  private func isTouchedBySpecialToken(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    var start = max(0, place - specialTokens.longest)
    let reach = text.span.extracting(0..<min(text.count, place + specialTokens.longest))
    while let match = specialTokens.firstMatch(in: reach, from: start)?.place, match.lowerBound < place {
      if match.upperBound >= place { return true }
      start = match.lowerBound + 1
    }
    return false
  }

  private func count(
    _ parts: [Range<Int>], of text: UnsafeBufferPointer<UInt8>, pool: ThreadPool
  ) -> [WordCounts] {
    let results = Mutex([WordCounts](repeating: WordCounts(), count: parts.count))
    pool.run(parts.count) { index, _ in
      let part = countPart(parts[index], of: text)
      results.withLock { $0[index] = part }
    }
    return results.withLock { $0 }
  }

  private func countPart(_ part: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> WordCounts {
    var counts = WordCounts()
    var place = part.lowerBound
    while place < part.upperBound {
      // A special token may begin right behind the part: what stands before it must know that the text ends there.
      let reach = min(text.count, part.upperBound + max(4, specialTokens.longest))
      let match = specialTokens.firstMatch(in: text.span.extracting(0..<reach), from: place)?.place
      let end = min(match?.lowerBound ?? reach, part.upperBound + 4, text.count)
      let segment = UnsafeBufferPointer(rebasing: text[place..<end])
      let isInsideLine = place == part.lowerBound && place > 0 && text[place - 1] != 0x0A
      count(segment, length: min(end, part.upperBound) - place, isInsideLine, &counts)
      place = match.map { $0.lowerBound < part.upperBound ? $0.upperBound : part.upperBound } ?? part.upperBound
    }
    return counts
  }

  /// Counts the words that begin in the first `length` bytes of a part of the text without special tokens.
  private func count(
    _ segment: UnsafeBufferPointer<UInt8>, length: Int, _ isInsideLine: Bool, _ counts: inout WordCounts
  ) {
    guard !normalizer.isIdentity else {
      return splitter.forEachPiece(in: segment, range: 0..<length) { counts.add($0) }
    }
    var start = 0
    while start < length {
      let end = segment[start..<length].firstIndex(of: 0x0A) ?? length
      let normalizer = isInsideLine && start == 0 ? continuing : normalizer
      normalizer.apply(to: Array(segment[start..<end])).withUnsafeBufferPointer { line in
        splitter.forEachPiece(in: line, range: 0..<line.count) { counts.add($0) }
      }
      start = end + 1
    }
  }
}

// Counts the words of a text on several threads. The text is cut at places where every splitting pattern has a border,
// each part is counted by itself, and the parts are added in order: the result does not depend on the number of
// threads.

import ApusCore
import Synchronization

/// Cuts text into words and counts them; special tokens in the text are cut out and not counted. What is normalised
/// is taken line by line, without the line feeds.
struct WordCounter: Sendable {
  var normalizer = Normalizer()
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
    while start < text.count {
      let end = Splitter.safeCut(in: text, after: min(start + partSize, text.count))
      parts.append(start..<end)
      start = end
      if parts.count == 4 * pool.threads || start == text.count {
        try body(count(parts, of: text, pool: pool), start)
        parts.removeAll()
      }
    }
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
      let reach = min(text.count, part.upperBound + specialTokens.longest)
      let match = specialTokens.firstMatch(in: text.span.extracting(0..<reach), from: place)?.place
      let end = min(match?.lowerBound ?? reach, part.upperBound + 1, text.count)
      let segment = UnsafeBufferPointer(rebasing: text[place..<end])
      count(segment, length: min(end, part.upperBound) - place, &counts)
      place = match.map { $0.lowerBound < part.upperBound ? $0.upperBound : part.upperBound } ?? part.upperBound
    }
    return counts
  }

  /// Counts the words that begin in the first `length` bytes of a part of the text without special tokens.
  private func count(_ segment: UnsafeBufferPointer<UInt8>, length: Int, _ counts: inout WordCounts) {
    guard !normalizer.isIdentity else {
      return splitter.forEachPiece(in: segment, range: 0..<length) { counts.add($0) }
    }
    var start = 0
    while start < length {
      let end = segment[start..<length].firstIndex(of: 0x0A) ?? length
      normalizer.apply(to: Array(segment[start..<end])).withUnsafeBufferPointer { line in
        splitter.forEachPiece(in: line, range: 0..<line.count) { counts.add($0) }
      }
      start = end + 1
    }
  }
}

// Counts the words of a text on several threads. The text is cut at places where every splitting pattern has a border,
// each part is counted by itself, and the parts are added in order: the result does not depend on the number of
// threads.

import ApusCore
import Synchronization

/// Cuts text into words and counts them; special tokens in the text are cut out and not counted.
struct WordCounter: Sendable {
  let splitter: Splitter
  let specialTokens: SpecialTokens

  /// Bytes of a part: large enough for its words to repeat, small enough to keep memory bounded.
  private static let partSize = 1 << 20

  /// Adds the words of `text` to `counts`; `progress` hears how many bytes are done and may throw to stop.
  func count<Failure: Error>(
    _ text: UnsafeBufferPointer<UInt8>, into counts: inout WordCounts, pool: ThreadPool,
    progress: (Int) throws(Failure) -> Void
  ) throws(Failure) {
    var parts: [Range<Int>] = []
    var start = 0
    while start < text.count {
      let end = Splitter.safeCut(in: text, after: min(start + Self.partSize, text.count))
      parts.append(start..<end)
      start = end
      if parts.count == 4 * pool.threads || start == text.count {
        add(parts, of: text, to: &counts, pool: pool)
        parts.removeAll()
        try progress(start)
      }
    }
  }

  private func add(
    _ parts: [Range<Int>], of text: UnsafeBufferPointer<UInt8>, to counts: inout WordCounts, pool: ThreadPool
  ) {
    let results = Mutex([WordCounts](repeating: WordCounts(), count: parts.count))
    pool.run(parts.count) { index, _ in
      let part = countPart(parts[index], of: text)
      results.withLock { $0[index] = part }
    }
    for part in results.withLock({ $0 }) { counts.add(part) }
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
      splitter.forEachPiece(in: segment, range: 0..<min(end, part.upperBound) - place) { counts.add($0) }
      place = match.map { $0.lowerBound < part.upperBound ? $0.upperBound : part.upperBound } ?? part.upperBound
    }
    return counts
  }
}

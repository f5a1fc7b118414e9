// The merges of a training written down: for people each as it is learnt, for programs one JSON object at the end.

import ApusCore
import ApusTokenizers
import Synchronization

/// Writes merges with their counts.
final class MergeTrace: Sendable {
  private let format: OutputFormat
  private let output: Output
  private let shown = Mutex(0)

  init(format: OutputFormat, output: Output) {
    self.format = format
    self.output = output
  }

  /// Whether merges are shown as they are learnt.
  var isLive: Bool { format == .text }

  /// Writes the next merge, and hands it to whoever reads.
  func show(_ merge: TrainedMerge) throws(ApusError) {
    let number = shown.withLock { number in
      number += 1
      return number
    }
    try output.line("\(number)\t\(merge.leftText) + \(merge.rightText)\t\(merge.count)")
    try output.flush()
  }

  /// Writes all merges where they were not shown.
  func end(_ merges: [TrainedMerge]) throws(ApusError) {
    guard !isLive else { return }
    let steps = merges.enumerated().map { index, merge -> JSON in
      [
        "step": JSON(index + 1), "pair": [.string(merge.leftText), .string(merge.rightText)],
        "count": .int(merge.count),
      ]
    }
    try output.line(JSON.object(["merges": .array(steps)]).text())
  }
}

// The merges of a training written down: for people each as it is learnt, for programs one JSON object at the end.

import ApusCore
import ApusTokenizers
import Synchronization

/// Writes merges with their counts.
final class MergeTrace: Sendable {
  private let format: OutputFormat
  private let output: Output
  private let shown = Mutex(0)

  private let isAllThereIs: Bool

  /// - Parameter isAllThereIs: whether nothing else is made of the training, which ends then where nobody reads on.
  init(format: OutputFormat, output: Output, isAllThereIs: Bool) {
    self.format = format
    self.output = output
    self.isAllThereIs = isAllThereIs
  }

  /// Whether merges are shown as they are learnt.
  var isLive: Bool { format == .text }

  /// Writes the next merge, and hands it to whoever reads.
  func show(_ merge: TrainedMerge) throws(ApusError) {
    let number = shown.withLock { number in
      number += 1
      return number
    }
    try output.traceLine(
      "\(number)\t\(merge.leftText) + \(merge.rightText)\t\(merge.count)", isAllThereIs: isAllThereIs)
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
    try output.traceLine(JSON.object(["merges": .array(steps)]).text(), isAllThereIs: isAllThereIs)
  }
}

extension Output {
  /// Writes a line of a trace and hands it to whoever reads; where a pipe's reader went away, that is an error only if
  /// the trace is all there is.
  func traceLine(_ text: String, isAllThereIs: Bool) throws(ApusError) {
    if isClosedByReader && !isAllThereIs { return }
    do throws(ApusError) {
      try line(text)
      try flush()
    } catch {
      if isAllThereIs || !isClosedByReader { throw error }
    }
  }
}

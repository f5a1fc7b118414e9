// The log of a run: one JSON object a line for every step. A checkpoint records the log's length, and a resumed run
// cuts it back to that: however often a run was killed, its log ends as that of an undisturbed one.

import ApusCore

/// An open `log.jsonl`.
final class RunLog {
  /// Bytes written so far.
  private(set) var length: Int

  private let file: OutputFile

  /// Opens the log and cuts it back to `length` bytes.
  init(_ path: String, keeping length: Int) throws(ApusError) {
    let present = FileSystem.exists(path) ? try FileSystem.size(path) : 0
    guard present >= length else {
      throw ApusError(
        .badData, "has \(present) bytes where a checkpoint recorded \(length)", file: path,
        remedy: "restore the log or start the run anew with --overwrite")
    }
    file = try OutputFile(appendingTo: path, keeping: length)
    self.length = length
  }

  /// Appends a record; it survives the program at once.
  func append(_ report: StepReport) throws(ApusError) {
    let line = report.json.serialized(pretty: false) + [0x0A]
    try file.write(line)
    try file.flush()
    length += line.count
  }

  /// Returns when all records are on the disk.
  func sync() throws(ApusError) { try file.synchronize() }

  /// The points of the loss curves in a log.
  static func history(_ path: String) throws(ApusError) -> LossHistory {
    var history = LossHistory()
    for line in try FileSystem.readAll(path).split(separator: 0x0A) {
      guard case .object(let record) = try JSON.parse(Array(line), file: path),
        let step = record["step"]?.int, let loss = record["loss"]?.double
      else { continue }
      history.append(step: step, loss: loss, validation: record["validation_loss"]?.double)
    }
    return history
  }
}

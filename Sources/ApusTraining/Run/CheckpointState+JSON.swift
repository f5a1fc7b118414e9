// A checkpoint's numbers as state.json, for the program and for people: besides what is read back it names the
// schedule's place in plain words.

import ApusCore

extension CheckpointState {
  /// The record; `files` lists the other files of the checkpoint.
  func json(files: JSON) -> JSON {
    .object(
      JSON.Object([
        ("version", .int(1)), ("step", .int(Int64(progress.step))), ("position", .int(Int64(progress.position))),
        ("tokens", .int(Int64(progress.tokens))), ("best_validation_loss", bestLoss.map { .double($0) } ?? .null),
        ("best_step", bestStep.map { .int(Int64($0)) } ?? .null), ("log_bytes", .int(Int64(logLength))),
        ("configuration_fingerprint", .string(String(fingerprint, radix: 16))), ("files", files),
        ("pending_step", pending?.json ?? .null),
      ]))
  }

  /// Reads a record; nil where something is missing or cannot be.
  init?(_ object: JSON.Object) {
    guard object["version"]?.int == 1, let step = object["step"]?.int, let position = object["position"]?.int,
      let tokens = object["tokens"]?.int, let logLength = object["log_bytes"]?.int,
      let fingerprint = object["configuration_fingerprint"]?.string.flatMap({ UInt64($0, radix: 16) }),
      step >= 0, position >= 0, tokens >= 0, logLength >= 0
    else { return nil }
    self.init()
    progress.step = step
    progress.position = position
    progress.tokens = tokens
    bestLoss = object["best_validation_loss"]?.double
    bestStep = object["best_step"]?.int
    self.logLength = logLength
    pending = object["pending_step"]?.object.flatMap(StepReport.init(record:))
    self.fingerprint = fingerprint
  }
}

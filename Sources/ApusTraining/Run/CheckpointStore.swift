// A checkpoint: a folder in Hugging Face layout (config.json, model.safetensors, tokenizer.json) with the optimiser's
// moments and the numbers that a run continues from.
//
// It is written under a name that begins with a dot, everything synced, state.json last, and then renamed: whatever
// kills the process, or the machine, a visible folder is complete. state.json also holds each file's size and checksum,
// so that damage of the disk is found and the checkpoint before is taken.

import ApusCore
import ApusModels
import ApusTensor
import ApusTokenizers

/// What a run has to remember besides tensors.
public struct CheckpointState: Sendable, Equatable {
  /// Where training stands.
  public var progress = Trainer.Progress()
  /// The least validation loss at a checkpoint so far; nil before the first.
  public var bestLoss: Double?
  /// The step of that checkpoint.
  public var bestStep: Int?
  /// The last step, where its validation was abandoned: it is not in the log yet.
  public var pending: StepReport?
  /// Bytes of the log that belong to the steps done.
  public var logLength = 0
  /// Fingerprint of the settings that decide the result.
  public var fingerprint: UInt64 = 0

  /// The beginning of a run.
  public init() {}
}

/// Writing, finding and reading checkpoints of a run.
struct CheckpointStore {
  let folder: RunFolder

  private static let stateFile = "state.json"
  private static let optimizerFile = "optimizer.safetensors"

  // MARK: - Writing

  /// Saves everything as the checkpoint after `state.progress.step` steps.
  func write(_ state: CheckpointState, trainer: Trainer, tokenizer: any Tokenizer) throws(ApusError) {
    try FileSystem.makeFolders(folder.checkpoints)
    try AtomicFolder.write(to: folder.checkpoint(state.progress.step)) { (partial) throws(ApusError) in
      try Self.writeModel(trainer.model, tokenizer, to: partial)
      try trainer.optimizer.save(to: "\(partial)/\(Self.optimizerFile)")
      var files: [(String, JSON)] = []
      for file in try FileSystem.list(partial) { files.append((file, try Self.fileRecord("\(partial)/\(file)"))) }
      let record = state.json(files: .object(JSON.Object(files)))
      try AtomicFile.write(record.serialized(pretty: true), to: "\(partial)/\(Self.stateFile)")
    }
  }

  /// Saves a checkpoint's state again, its tensors being the same.
  func rewrite(_ state: CheckpointState) throws(ApusError) {
    let path = "\(folder.checkpoint(state.progress.step))/\(Self.stateFile)"
    let files = try JSON.read(path)["files"] ?? .object(JSON.Object())
    try AtomicFile.write(state.json(files: files).serialized(pretty: true), to: path)
  }

  /// Writes the finished model, which nothing continues from.
  func writeFinal(_ model: Model, tokenizer: any Tokenizer) throws(ApusError) {
    try AtomicFolder.write(to: folder.final) { (partial) throws(ApusError) in
      try Self.writeModel(model, tokenizer, to: partial)
    }
  }

  private static func writeModel(_ model: Model, _ tokenizer: any Tokenizer, to partial: String) throws(ApusError) {
    try model.save(to: partial)
    try tokenizer.save(to: partial)
  }

  /// Removes all but the last `keep` checkpoints up to `step` and the best, and what a killed process left.
  func prune(keep: Int, best: Int?, upTo step: Int) throws(ApusError) {
    let steps = try folder.checkpointSteps()
    let kept = Set(steps.filter { $0 <= step }.suffix(keep) + [best].compactMap { $0 })
    for old in steps where !kept.contains(old) { try AtomicFolder.remove(folder.checkpoint(old)) }
    try removeLeftovers()
  }

  /// Removes what a killed process left half written or half removed.
  func removeLeftovers() throws(ApusError) {
    for parent in [folder.path, folder.checkpoints] where FileSystem.isFolder(parent) {
      for name in try FileSystem.list(parent) where RunFolder.isLeftover(name) {
        try FileSystem.remove("\(parent)/\(name)")
      }
    }
  }

  // MARK: - Reading

  /// The last checkpoint that is whole, and warnings about damaged ones that were passed over; nil where there is none.
  func latest() throws(ApusError) -> (path: String, state: CheckpointState, warnings: [String])? {
    var warnings: [String] = []
    for step in try folder.checkpointSteps().reversed() {
      let path = folder.checkpoint(step)
      do throws(ApusError) {
        return (path, try Self.verifiedState(path), warnings)
      } catch {
        warnings.append(error.description)
      }
    }
    guard warnings.isEmpty else {
      throw ApusError(
        .badData, "no checkpoint is whole: \(warnings.joined(separator: "; "))", file: folder.checkpoints,
        remedy: "start the run anew with --overwrite")
    }
    return nil
  }

  /// Puts a checkpoint's weights, moments and progress into a trainer.
  func load(_ path: String, _ state: CheckpointState, into trainer: Trainer) throws(ApusError) {
    let saved = try Model.load(folder: path)
    guard saved.specification == trainer.model.specification else {
      throw ApusError(
        .badData, "holds a model of another shape than the configuration's", file: "\(path)/config.json",
        remedy: "resume with the run's own configuration")
    }
    for (parameter, source) in zip(trainer.model.parameters, saved.parameters) {
      parameter.value.copyValues(from: source.value)
    }
    try trainer.optimizer.load(from: "\(path)/\(Self.optimizerFile)")
    trainer.progress = state.progress
  }

  private static func verifiedState(_ path: String) throws(ApusError) -> CheckpointState {
    let file = "\(path)/\(stateFile)"
    let record = try JSON.parse(FileSystem.readAll(file), file: file)
    guard case .object(let object) = record, case .object(let files)? = object["files"],
      let state = CheckpointState(object)
    else { throw ApusError(.badData, "is no checkpoint's state", file: file, remedy: "remove that checkpoint") }
    for (name, expected) in files {
      let path = "\(path)/\(name)"
      guard try fileRecord(path) == expected else {
        throw ApusError(.badData, "differs from what was saved", file: path, remedy: "remove that checkpoint")
      }
    }
    return state
  }

  private static func fileRecord(_ path: String) throws(ApusError) -> JSON {
    let file = try MappedFile(path)
    let checksum = Checksum.of(file)
    return .object(
      JSON.Object([("bytes", .int(Int64(file.count))), ("checksum", .string(String(checksum, radix: 16)))]))
  }
}

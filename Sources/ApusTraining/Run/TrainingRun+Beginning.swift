// How a run begins, in three parts whose order matters: first everything that can be refused is, on text made beside
// what the folder holds; then the folder is taken, and an old run gives way; then the state of a resumed run is put
// back. So a run that cannot be destroys none that was.

public import ApusCore
import ApusModels
import ApusTensor

extension TrainingRun {
  /// What the checks found out.
  struct Prepared {
    /// Whether text was made, to be moved into its place, and not one that was there is used.
    var hasDraft = false
    /// What is odd about it, in words.
    var oddities: [String] = []
    /// The checkpoint to continue from.
    var latest: Checkpoint?
  }

  typealias Checkpoint = (path: String, state: CheckpointState, warnings: [String])

  // MARK: Check

  /// Refuses now what `start` would be refused for later: a run that is in the way, or another process that trains
  /// here.
  public static func check(_ folder: RunFolder, _ start: Start) throws(ApusError) {
    _ = try open(folder, start)
  }

  /// The right to write to the folder, as far as what it holds allows it; removes nothing.
  static func open(_ folder: RunFolder, _ start: Start) throws(ApusError) -> FileLock {
    if start == .new && folder.holdsRun {
      throw ApusError(
        .usage, "holds a run already", file: folder.path,
        remedy: "continue it with --resume or replace it with --overwrite")
    }
    if start == .overwrite { try checkIsRun(folder) }
    try FileSystem.makeFolders(folder.path)
    return try folder.lock()
  }

  /// Everything that can be refused; the folder's run stays as it is.
  static func prepare(
    _ configuration: PretrainConfiguration, in folder: RunFolder, _ start: Start, progress: RunData.Progress
  ) throws(ApusError) -> Prepared {
    var prepared = Prepared()
    if start == .resume { prepared.latest = try latest(configuration, in: folder) }
    prepared.hasDraft = configuration.data.shards == nil && (start == .overwrite || !FileSystem.isFolder(folder.data))
    do throws(ApusError) {
      if prepared.hasDraft {
        try FileSystem.makeFolders(folder.draft)
        prepared.oddities = try RunData.prepare(configuration, folder: folder.draftData, progress: progress)
      }
      let text = prepared.hasDraft ? folder.draftData : folder.data
      let data = try RunData(folder: configuration.data.shards ?? text, objective: configuration.objective)
      let objective = try Objective(configuration, data.tokenizer, for: .training)
      try data.check(configuration.evaluation, objective)
      _ = try specification(configuration, data)
      _ = try Trainer.batcher(configuration, data.train, objective)
    } catch {
      try? FileSystem.remove(folder.draft)
      throw error
    }
    return prepared
  }

  /// The checkpoint to continue from, where the configuration is the one that the run began with.
  private static func latest(
    _ configuration: PretrainConfiguration, in folder: RunFolder
  ) throws(ApusError) -> Checkpoint? {
    let changed = try self.configuration(of: folder).map(configuration.differences) ?? []
    guard changed.isEmpty else {
      throw ApusError(
        .usage, "the run began with another \(changed.joined(separator: ", "))", file: folder.configuration,
        remedy: "resume without changing what decides the result, or start anew with --overwrite")
    }
    guard let latest = try CheckpointStore(folder: folder).latest() else { return nil }
    guard latest.state.fingerprint == configuration.fingerprint else {  // configuration.json was edited since
      throw ApusError(
        .usage, "was made with other settings than the configuration's", file: latest.path,
        remedy: "resume with the settings that the run began with, or start anew with --overwrite")
    }
    return latest
  }

  /// The model's shape on this text.
  private static func specification(
    _ configuration: PretrainConfiguration, _ data: RunData
  ) throws(ApusError) -> Specification {
    let identity = data.train.identity
    let specification = try configuration.model.specification(
      vocabulary: identity.vocabularySize, endOfText: identity.endOfText)
    try configuration.requireMemory(for: specification)
    return specification
  }

  /// Refuses to remove what no run wrote.
  private static func checkIsRun(_ folder: RunFolder) throws(ApusError) {
    guard folder.holdsRun else { return }
    guard (try? configuration(of: folder)) != nil else {
      throw ApusError(
        .usage, "holds files but no run's configuration.json: they are not removed", file: folder.path,
        remedy: "choose another folder, or remove them yourself")
    }
    guard FileSystem.isFolder(folder.data) else { return }
    for name in try FileSystem.list(folder.data)
    where !["tokenizer.json", "tokenizer_config.json"].contains(name) && !ShardNames.isShard(name) {
      throw ApusError(
        .usage, "no run wrote this file: it is not removed", file: "\(folder.data)/\(name)",
        remedy: "choose another folder, or move the file away")
    }
  }

  // MARK: Take

  /// Makes the folder this run's. A process that is killed here leaves a run that can be resumed or overwritten.
  static func take(
    _ folder: RunFolder, _ start: Start, _ configuration: PretrainConfiguration, _ prepared: Prepared
  ) throws(ApusError) {
    if start == .overwrite { try remove(folder, withText: prepared.hasDraft) }
    try AtomicFile.write(configuration.json.serialized(pretty: true) + [0x0A], to: folder.configuration)
    guard prepared.hasDraft else { return }
    for name in try FileSystem.list(folder.draft) {
      try FileSystem.remove("\(folder.path)/\(name)")
      try FileSystem.rename("\(folder.draft)/\(name)", to: "\(folder.path)/\(name)")
    }
    try FileSystem.remove(folder.draft)
    try FileSystem.synchronizeFolder(folder.path)
  }

  /// Shards stay where the next run makes none: it may have been given these.
  private static func remove(_ folder: RunFolder, withText: Bool) throws(ApusError) {
    // The checkpoints first: without them nothing can be continued by mistake.
    let text = withText ? [folder.data] : []
    for part in [folder.checkpoints, folder.final] + text + [folder.log, folder.plot, folder.configuration] {
      try FileSystem.remove(part)
    }
  }

  // MARK: Restore

  /// The trainer of a model on the run's text: a new one, or as the latest checkpoint left it.
  static func trainer(
    _ configuration: PretrainConfiguration, _ data: RunData, from latest: Checkpoint?, _ store: CheckpointStore,
    _ workspace: Workspace
  ) throws(ApusError) -> Trainer {
    let model = try Model(
      specification: specification(configuration, data), seed: configuration.seed(for: .weights))
    let trainer = try Trainer(
      model, corpus: data.train, objective: try Objective(configuration, data.tokenizer, for: .training),
      configuration: configuration, workspace: workspace)
    if let latest { try store.load(latest.path, latest.state, into: trainer) }
    return trainer
  }
}

// The folder of a run: what lies where, who may write to it, and which checkpoint is the latest. Nothing is chosen that
// is not complete: checkpoints come into being by one rename, and half-made or half-removed ones have names that begin
// with a dot.
//
//   configuration.json   the effective configuration
//   data/                tokenizer and shards, where the run made its own
//   checkpoints/         step-000200/ … , each complete by itself
//   log.jsonl, loss.svg  every step, and its picture
//   final/               the finished model in Hugging Face layout

public import ApusCore

/// Where the parts of a run lie.
public struct RunFolder: Sendable, Equatable {
  /// The folder.
  public let path: String

  /// The folder at `path`, which need not exist yet.
  public init(_ path: String) { self.path = path }

  /// The effective configuration.
  public var configuration: String { "\(path)/configuration.json" }
  /// Tokenizer and shards of the run's own.
  public var data: String { "\(path)/data" }
  /// What is being made before the folder is taken: every part of it then moves into the folder.
  public var draft: String { "\(path)/.draft" }
  /// Tokenizer and shards that are being made, to become `data`.
  public var draftData: String { "\(draft)/data" }
  /// The folder of checkpoints.
  public var checkpoints: String { "\(path)/checkpoints" }
  /// The log of every step.
  public var log: String { "\(path)/log.jsonl" }
  /// The picture of the loss curves.
  public var plot: String { "\(path)/loss.svg" }
  /// The finished model.
  public var final: String { "\(path)/final" }

  /// Whether a run has left something here that took work; a configuration alone did not.
  public var holdsRun: Bool {
    [data, checkpoints, log, final].contains { FileSystem.exists($0) }
  }

  /// The folder of the checkpoint after `step` steps.
  public func checkpoint(_ step: Int) -> String { "\(checkpoints)/\(Self.name(step))" }

  /// The steps of all complete checkpoints, rising.
  public func checkpointSteps() throws(ApusError) -> [Int] {
    guard FileSystem.isFolder(checkpoints) else { return [] }
    return try FileSystem.list(checkpoints).compactMap(Self.step).sorted()
  }

  /// The right to write to the folder.
  ///
  /// - Throws: `usage` where another process has it; `inputOutput` where the folder cannot be written.
  func lock() throws(ApusError) -> FileLock {
    if let lock = try FileLock("\(path)/.lock") { return lock }
    throw ApusError(
      .usage, "another process is training here", file: path, remedy: "wait for it or choose another folder")
  }

  /// Whether a name is that of something of a run's that is half made or half removed.
  static func isLeftover(_ name: String) -> Bool {
    if name == ".draft" { return true }
    let parts = [".configuration.json.", ".final.", ".loss.svg.", ".step-"]
    return parts.contains(where: name.hasPrefix) && [".partial", ".removed"].contains(where: name.hasSuffix)
  }

  static func name(_ step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func step(_ name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), self.name(step) == name else { return nil }
    return step
  }
}

// A table of training runs: what a fit is made from. Numbers are in parameters, tokens, FLOPs and one unit of loss.

import ApusCore

/// A trained model, or a checkpoint of one: a row of a table.
public struct MeasuredRun: Sendable, Equatable {
  /// What the run is called, where the table says it; rows of one name are checkpoints of one run.
  public var name: String?
  /// N, the number of parameters.
  public var parameters: Double
  /// D, the number of training tokens.
  public var tokens: Double
  /// C, the training's FLOPs; 6 N D where the table does not say.
  public var compute: Double
  /// The loss.
  public var loss: Double
  /// The number of different tokens among those of the training, where the table says it: fewer than D are repeated.
  public var uniqueTokens: Double?
  /// The line of the file on which the run stands.
  public var line: Int

  /// Makes a run; without `compute` it counts 6 N D.
  public init(
    name: String? = nil, parameters: Double, tokens: Double, compute: Double? = nil, loss: Double,
    uniqueTokens: Double? = nil, line: Int = 0
  ) {
    self.name = name
    self.parameters = parameters
    self.tokens = tokens
    self.compute = compute ?? 6 * parameters * tokens
    self.loss = loss
    self.uniqueTokens = uniqueTokens
    self.line = line
  }

  /// How a report names the run.
  public var label: String { name.map { "\($0) (line \(line))" } ?? "line \(line)" }
}

/// Runs with the unit of their loss.
public struct RunTable: Sendable, Equatable {
  /// Where they come from.
  public var file: String
  /// The runs, in the file's order.
  public var runs: [MeasuredRun]
  /// The unit of every loss.
  public var lossUnit: LossUnit
  /// What was read from which column, in which unit, and what was computed instead: sentences.
  public var notes: [String]

  /// Makes a table of runs from elsewhere than a file.
  public init(_ runs: [MeasuredRun], file: String = "runs", lossUnit: LossUnit = .natsPerToken) {
    self.file = file
    self.runs = runs
    self.lossUnit = lossUnit
    notes = []
  }

  /// The file's name without its folder.
  public var name: String { FileSystem.name(of: file) }

  /// The table without its `count` rows of highest loss, and without others of the lowest loss among those.
  ///
  /// The replication of Chinchilla leaves out five (Besiroglu et al. 2024, arXiv:2404.10102, section 2).
  public func droppingHighestLosses(_ count: Int) -> RunTable {
    guard count > 0 else { return self }
    let limit = runs.map(\.loss).sorted(by: >).dropFirst(count - 1).first ?? -.infinity
    var table = self
    table.runs = runs.filter { $0.loss < limit }
    return table
  }

  /// From where to where the runs go; nothing where there are none.
  var extent: FittedRange {
    func range(_ values: [Double]) -> ClosedRange<Double>? {
      guard let least = values.min(), let most = values.max(), least <= most else { return nil }
      return least...most
    }
    return FittedRange(
      parameters: range(runs.map(\.parameters)), tokens: range(runs.map(\.tokens)), compute: range(runs.map(\.compute)))
  }

  /// The runs that belong together when a bootstrap draws: rows of one name, and every nameless row alone.
  var clusters: [[Int]] {
    var places: [String: Int] = [:]
    var clusters: [[Int]] = []
    for (index, run) in runs.enumerated() {
      if let name = run.name, let place = places[name] {
        clusters[place].append(index)
      } else {
        if let name = run.name { places[name] = clusters.count }
        clusters.append([index])
      }
    }
    return clusters
  }

  /// An error about the table as a whole, or a column of it.
  func error(_ problem: String, column: RunColumn? = nil, remedy: String) -> ApusError {
    let lines = runs.map(\.line)
    let place = column.map { "lines \(lines.min() ?? 0) to \(lines.max() ?? 0), \($0.rawValue)" }
    return ApusError(.badData, problem, file: file, place: place, remedy: remedy)
  }
}

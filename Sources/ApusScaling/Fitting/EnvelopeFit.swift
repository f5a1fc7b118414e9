// Chinchilla's first approach: of all training curves, which one has the least loss at each number of FLOPs, and a
// power law of its size (Hoffmann et al. 2022, arXiv:2203.15556, section 3.1). Curves are the rows of one run's name.
//
// A point inside a run whose learning rate decays later is worse than a run that ends there, so the envelope leans to
// whichever runs end nearest. The paper trained each size four times over for it.

public import ApusCore

/// A point of the envelope: the best curve at a number of FLOPs.
public struct EnvelopePoint: Sendable, Equatable {
  /// The FLOPs.
  public let compute: Double
  /// The best curve's number of parameters.
  public let parameters: Double
  /// Its tokens there.
  public let tokens: Double
  /// Its loss there.
  public let loss: Double
}

/// The best size as a power of the budget, by the envelope of training curves.
public struct EnvelopeFit: Sendable {
  /// The envelope, by compute; the bins at its ends where only the smallest or the largest size could win are left out.
  public let points: [EnvelopePoint]
  /// The power law.
  public let frontier: FrontierFit
  /// a from resamples of the curves.
  public let exponents: [Double]
  /// What was fitted.
  public let table: RunTable

  /// Fits.
  ///
  /// - Parameters:
  ///   - table: The curves: rows of one name at several numbers of tokens.
  ///   - bins: Into how many numbers of FLOPs, evenly in the logarithm, the range is cut; the paper's 1,500.
  ///   - resamples: How often curves are drawn with replacement for the interval.
  ///   - seed: Of the draws.
  ///   - pool: The threads to work on; the result has the same bits for any number.
  /// - Throws: A table without curves, or whose envelope has one size.
  public init(
    _ table: RunTable, bins: Int = 1500, resamples: Int = 400, seed: UInt64 = 0, pool: ThreadPool = .shared
  ) throws(ApusError) {
    let curves = table.clusters.map { rows in rows.map { table.runs[$0] } }.compactMap(TrainingCurve.init)
    let sizes = Set(curves.map(\.parameters))
    guard sizes.count >= 3 else {
      throw table.error(
        "the envelope needs the training curves of three sizes or more; \(curves.count) runs have several rows",
        remedy: "give each checkpoint a row, with the run's name in a column 'run'")
    }
    points = Self.envelope(curves, bins: bins)
    guard let frontier = FrontierFit(points.map { (compute: $0.compute, parameters: $0.parameters) }) else {
      throw table.error(
        "ill-posed: no size between the smallest and the largest is the best anywhere",
        remedy: "add sizes, or longer runs of the larger ones")
    }
    self.frontier = frontier
    self.table = table
    let family = Philox(seed: seed)
    exponents = pool.map(max(0, resamples)) { index in
      var random = family.stream(UInt64(index))
      let drawn = curves.map { _ in curves[Int(random.uniform() * Double(curves.count))] }
      let points = Self.envelope(drawn, bins: bins)
      return FrontierFit(points.map { (compute: $0.compute, parameters: $0.parameters) })?.exponent ?? .nan
    }
  }

  /// Where a lies with probability `level`, by the resamples that have an envelope.
  public func exponentInterval(level: Double = 0.95) -> ConfidenceInterval {
    let sorted = exponents.filter { !$0.isNaN }.sorted()
    let tail = (1 - level) / 2
    return ConfidenceInterval(Statistics.quantile(sorted, tail), Statistics.quantile(sorted, 1 - tail))
  }

  /// What speaks against believing it: sentences, the worst first.
  public var findings: [FitHealth.Finding] {
    let interval = exponentInterval()
    let (lower, upper) = (NumberText.fixed(interval.lower, 2), NumberText.fixed(interval.upper, 2))
    let isKnown = interval.width.isFinite
    let weight: FitHealth.Verdict =
      !isKnown || interval.width > 0.3 ? .illPosed : interval.width > 0.15 ? .doubtful : .sound
    return [
      FitHealth.Finding(
        weight: weight,
        text: (weight == .illPosed ? "Ill-posed: resamples" : "Resamples") + " of the curves put a "
          + (isKnown ? "at \(lower) to \(upper)." : "anywhere.")),
      FitHealth.Finding(
        weight: .sound,
        text: "Points inside a run are worse than a run that ends there with a decayed learning rate; the envelope "
          + "leans to runs that end near it."),
    ]
  }

  /// The best curve in each bin, without the bins at both ends that the smallest and the largest size win.
  private static func envelope(_ curves: [TrainingCurve], bins: Int) -> [EnvelopePoint] {
    guard let first = curves.map(\.first).min(), let last = curves.map(\.last).max(), last > first else { return [] }
    let points = (0..<bins).compactMap { bin -> EnvelopePoint? in
      let log = first + (last - first) * (Double(bin) + 0.5) / Double(bins)
      var best: EnvelopePoint?
      for curve in curves {
        guard let loss = curve.loss(atLog: log), loss < best?.loss ?? .infinity else { continue }
        let compute = Double.exp(log)
        best = EnvelopePoint(
          compute: compute, parameters: curve.parameters, tokens: compute / curve.flopsPerToken, loss: loss)
      }
      return best
    }
    let sizes = points.map(\.parameters)
    guard let least = sizes.min(), let greatest = sizes.max() else { return [] }
    // The smallest size wins at the low end because no smaller one was trained, and likewise the largest.
    return points.filter { $0.parameters > least && $0.parameters < greatest }
  }
}

/// The loss of one run over its training, between its checkpoints by straight lines in ln C.
private struct TrainingCurve {
  let parameters: Double
  let flopsPerToken: Double
  private let logs: [Double]
  private let losses: [Double]

  var first: Double { logs[0] }
  var last: Double { logs[logs.count - 1] }

  /// The curve of a run's rows; nil for a single one.
  init?(_ runs: [MeasuredRun]) {
    guard let run = runs.first, runs.count >= 2, runs.allSatisfy({ $0.parameters == run.parameters }) else {
      return nil
    }
    let sorted = runs.sorted { $0.compute < $1.compute }
    parameters = run.parameters
    flopsPerToken = run.compute / run.tokens
    logs = sorted.map { .log($0.compute) }
    losses = sorted.map(\.loss)
  }

  func loss(atLog log: Double) -> Double? {
    guard log >= first, log <= last else { return nil }
    var (low, high) = (0, logs.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if logs[middle] <= log { low = middle } else { high = middle }
    }
    let width = logs[high] - logs[low]
    guard width > 0 else { return min(losses[low], losses[high]) }
    return losses[low] + (losses[high] - losses[low]) * (log - logs[low]) / width
  }
}

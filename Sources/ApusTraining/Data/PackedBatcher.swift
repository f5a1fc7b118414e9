// Which rows make up a training step: a function of one integer, the position (how many rows came before), so a run
// resumes by remembering it, and shuffling costs O(1) in time and memory. It knows no model and no step size.

public import ApusCore

/// The order in which a corpus is read.
public enum SamplingOrder: String, Sendable, CaseIterable {
  /// Every row once per epoch, each epoch in its own seeded order.
  case epochs
  /// Rows that begin anywhere, drawn independently, as in nanoGPT.
  case crops
}

/// How a corpus is cut into rows and read.
public struct BatcherOptions: Sendable, Equatable {
  /// The most tokens of a row.
  public var context: Int
  /// The order of the rows.
  public var order = SamplingOrder.epochs
  /// Whether a document may be cut so that every row is full. Otherwise a row holds whole documents as long as they
  /// fit, and only those longer than the context are cut.
  public var cutsDocuments = true
  /// Seeds the order.
  public var seed: UInt64

  /// Full rows of `context` tokens in seeded order.
  public init(context: Int, seed: UInt64) {
    self.context = context
    self.seed = seed
  }
}

/// Maps positions to rows of a token stream.
public struct PackedBatcher: Sendable {
  /// The tokens.
  public let stream: CorpusStream
  /// How they are cut and ordered.
  public let options: BatcherOptions
  /// Rows of one epoch.
  public let rowCount: Int

  /// Where rows begin, and the end of the last; nil where all have `context` tokens.
  private let starts: [Int]?
  private var epoch = -1
  private var permutation: Permutation?

  /// - Throws: `badData` where the corpus holds too little to make a row.
  public init(_ stream: CorpusStream, _ options: BatcherOptions) throws(ApusError) {
    self.stream = stream
    self.options = options
    let least = options.order == .crops ? options.context + 1 : 2
    guard stream.count >= least else {
      throw ApusError(
        .badData, "the training text has \(stream.count) tokens, fewer than the \(least) that a row needs",
        remedy: "give more text or a shorter context")
    }
    starts = options.cutsDocuments ? nil : Self.wholeDocuments(stream, options.context)
    rowCount = starts.map { $0.count - 1 } ?? (stream.count + options.context - 1) / options.context
  }

  /// The tokens of the row at `position`.
  mutating func row(at position: Int) -> Range<Int> {
    if options.order == .crops { return crop(at: position) }
    if position / rowCount != epoch || permutation == nil {
      epoch = position / rowCount
      permutation = Permutation(count: rowCount, seed: Seeds.derived(options.seed, .epoch, epoch))
    }
    let row = permutation?[position % rowCount] ?? 0
    if let starts { return starts[row]..<starts[row + 1] }
    return row * options.context..<min((row + 1) * options.context, stream.count)
  }

  private func crop(at position: Int) -> Range<Int> {
    let places = UInt64(stream.count - options.context)
    let start = Int(Seeds.derived(options.seed, .crop, position).multipliedFullWidth(by: places).high)
    return start..<start + options.context
  }

  /// Fills `batch` with the rows at the given positions, as questions and answers of an objective; `check` is called
  /// now and then and may throw to stop.
  public mutating func fill(
    _ batch: inout StepBatch, positions: Range<Int>, objective: Objective = .causal,
    check: () throws(ApusError) -> Void = {}
  ) throws(ApusError) {
    batch.removeAll()
    for position in positions {
      if position & 1023 == 1023 { try check() }
      try objective.append(row(at: position), of: stream, row: position, to: &batch)
    }
  }

  private static func wholeDocuments(_ stream: CorpusStream, _ context: Int) -> [Int] {
    var starts = [0]
    var start = 0
    while start < stream.count {
      let limit = min(start + context, stream.count)
      start = limit == stream.count ? limit : stream.lastBoundary(in: start...limit) ?? limit
      starts.append(start)
    }
    return starts
  }
}

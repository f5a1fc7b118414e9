// apus benchmark threads: what one parallel region costs, which an operation pays before it computes anything.

import ApusCore
import ArgumentParser
import Synchronization

/// `apus benchmark threads`.
struct BenchmarkThreads: Command {
  static let configuration = CommandConfiguration(
    commandName: "threads",
    abstract: "Measure what it costs to share work between threads.",
    discussion: """
      A region is one task for each thread. Dispatch is an empty region, one after another: what the caller spends, \
      whether or not others come in time. Meeting is a region whose tasks wait for each other: what it takes until all \
      threads work on it. The best tenth tells more than the median where other programs use the same cores.
      """)

  @Option(help: ArgumentHelp("Regions in each of the 51 samples.", valueName: "count"))
  var regions = 200

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !(1...1_000_000).contains(regions) { throw ValidationError("--regions is \(regions); give 1 to 1000000.") }
  }

  func run(_ console: Console) throws {
    let pool = ThreadPool(threads: ThreadPool.shared.threads)  // of its own: tasks that meet must not run inline
    let dispatch = samples { pool.run(pool.threads) { _, _ in } }
    let met = Atomic(0)
    var round = 0
    let meeting = samples {
      round += 1
      pool.run(pool.threads) { _, _ in
        met.wrappingAdd(1, ordering: .acquiringAndReleasing)
        while met.load(ordering: .acquiring) < round * pool.threads {}
      }
    }
    switch format {
    case .json: try console.printJSON(json(dispatch, meeting, threads: pool.threads))
    case .text: for line in lines(dispatch, meeting, threads: pool.threads) { try console.output.line(line) }
    }
  }

  /// Seconds of one region in each sample, from the fastest to the slowest.
  private func samples(_ region: () -> Void) -> [Double] {
    let times = (0..<52).map { _ in
      let start = Clock.nanoseconds()
      for _ in 0..<regions { region() }
      return Double(Clock.nanoseconds() - start) * 1e-9 / Double(regions)
    }
    return times.dropFirst().sorted()
  }

  private func lines(_ dispatch: [Double], _ meeting: [Double], threads: Int) -> [String] {
    var table = TextTable(["region on \(threads) threads", "median", "best tenth"], left: [0])
    for (name, times) in [("dispatch", dispatch), ("meeting", meeting)] {
      table.add([name, Quantity.milliseconds(times.median), Quantity.milliseconds(times[times.count / 10])])
    }
    return table.lines
  }

  private func json(_ dispatch: [Double], _ meeting: [Double], threads: Int) -> JSON {
    .fields([
      ("threads", .int(Int64(threads))), ("regions", .int(Int64(regions))),
      ("dispatch_seconds", .double(dispatch.median)),
      ("dispatch_seconds_best_tenth", .double(dispatch[dispatch.count / 10])),
      ("meeting_seconds", .double(meeting.median)),
      ("meeting_seconds_best_tenth", .double(meeting[meeting.count / 10])),
    ])
  }
}

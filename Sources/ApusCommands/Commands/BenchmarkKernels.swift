// apus benchmark kernels: each operation of training at the shapes that matter, against what the machine could do.

import ApusCore
import ApusTensor
import ArgumentParser

/// `apus benchmark kernels`.
struct BenchmarkKernels: Command {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Measure each operation against the machine's limits.",
    discussion: """
      Two limits are measured first: the multiply-add rate of all threads on registers, and the bytes a second that \
      they read from memory at best. An operation needs at least its arithmetic at the one or its bytes at the other, \
      whichever is more; the share is that least time over the median of the rounds. Data that stay in the caches pass \
      faster than memory's rate, and what is written beside what is read can too, so shares of what memory bounds can \
      be above 100 %. Products are rows × outputs × \
      inputs; attention is sequences × tokens, heads × width.
      """)

  @Option(help: ArgumentHelp("How often each operation is timed, after once that is not.", valueName: "count"))
  var rounds = 7

  @Option(help: ArgumentHelp("Only operations whose name or shape holds this text.", valueName: "text"))
  var only: String?

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !(1...10_000).contains(rounds) { throw ValidationError("--rounds is \(rounds); give 1 to 10000.") }
  }

  func run(_ console: Console) throws {
    console.catchInterrupts()
    let chosen = try operations()
    let workspace = try Workspace()
    let limits = Limits(peak: workspace.measuredPeak(), bandwidth: workspace.measuredBandwidth())
    let progress = ProgressReporter(console, "Measuring", total: chosen.count, unit: "operations")
    var results: [Timing] = []
    for (index, operation) in chosen.enumerated() {
      results += try time(operation, in: workspace, console)
      progress.update(index + 1)
    }
    progress.finish()
    switch format {
    case .json: try console.printJSON(json(results, limits, workspace))
    case .text: for line in lines(results, limits, workspace) { try console.output.line(line) }
    }
  }

  private struct Limits {
    var peak: Double
    var bandwidth: Double
  }

  private struct Timing {
    var name: String
    var shape: String
    var work: OperationCase.Work
    var seconds: Double

    func share(_ limits: Limits) -> Double { work.least(peak: limits.peak, bandwidth: limits.bandwidth) / seconds }
    func isBoundByMemory(_ limits: Limits) -> Bool {
      work.isBoundByMemory(peak: limits.peak, bandwidth: limits.bandwidth)
    }
  }

  private func operations() throws(ApusError) -> [OperationCase] {
    let chosen = OperationCase.all.filter { operation in
      only.map { "\(operation.name) \(operation.shape)".contains($0) } ?? true
    }
    guard !chosen.isEmpty else {
      throw ApusError(.usage, "no operation's name or shape holds '\(only ?? "")'", remedy: "leave --only out")
    }
    return chosen
  }

  private func time(
    _ operation: OperationCase, in workspace: Workspace, _ console: Console
  ) throws(ApusError) -> [Timing] {
    let run = operation.prepared()
    _ = run(workspace)
    var runs: [[Double]] = []
    for _ in 0..<rounds {
      try console.interruption.check()
      runs.append(run(workspace))
    }
    return operation.works.enumerated().map { index, work in
      Timing(name: operation.name, shape: operation.shape, work: work, seconds: runs.map { $0[index] }.median)
    }
  }

  private func lines(_ results: [Timing], _ limits: Limits, _ workspace: Workspace) -> [String] {
    var table = TextTable(["operation", "shape", "part", "median", "rate", "limit", "share"], left: [0, 1, 2, 5])
    for result in results {
      let memory = result.isBoundByMemory(limits)
      let rate = (memory ? result.work.bytes : result.work.flops) / result.seconds / 1e9
      table.add([
        result.name, result.shape, result.work.part, Quantity.milliseconds(result.seconds),
        "\(Quantity.decimals(rate, 1)) \(memory ? "GB/s" : "GFLOP/s")", memory ? "memory" : "arithmetic",
        "\(Quantity.decimals(100 * result.share(limits), 0)) %",
      ])
    }
    let threads = workspace.pool.threads
    return table.lines + [
      "",
      "Limits: \(Quantity.decimals(limits.peak / 1e9, 0)) GFLOP/s and \(Quantity.decimals(limits.bandwidth / 1e9, 1)) "
        + "GB/s, \(workspace.kernels.name), \(threads) \(threads == 1 ? "thread" : "threads"), \(rounds) rounds.",
    ]
  }

  private func json(_ results: [Timing], _ limits: Limits, _ workspace: Workspace) -> JSON {
    .fields([
      ("threads", .int(Int64(workspace.pool.threads))), ("isa", .string(workspace.kernels.name)),
      ("rounds", .int(Int64(rounds))), ("peak_flops_per_second", .double(limits.peak)),
      ("bandwidth_bytes_per_second", .double(limits.bandwidth)),
      (
        "operations",
        .array(
          results.map { result in
            .fields([
              ("name", .string(result.name)), ("shape", .string(result.shape)), ("part", .string(result.work.part)),
              ("seconds", .double(result.seconds)), ("flops", .double(result.work.flops)),
              ("bytes", .double(result.work.bytes)),
              ("limit", .string(result.isBoundByMemory(limits) ? "memory" : "arithmetic")),
              ("share_of_limit", .double(result.share(limits))),
            ])
          })
      ),
    ])
  }
}

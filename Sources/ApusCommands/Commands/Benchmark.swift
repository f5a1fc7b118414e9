// apus benchmark: rates of the parts, as tables and as JSON.

import ArgumentParser

/// `apus benchmark`.
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast inference, training, their operations and threads are here.",
    discussion: """
      Times are medians of several rounds unless a help says otherwise. Machines drift: compare two programs in the \
      same minutes, taking turns, and trust ratios rather than rates.
      """,
    subcommands: commands)

  /// One line each.
  static let commands: [any ParsableCommand.Type] = [
    BenchmarkInference.self,
    BenchmarkTraining.self,
    BenchmarkKernels.self,
    BenchmarkThreads.self,
  ]
}

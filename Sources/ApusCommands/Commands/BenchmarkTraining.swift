// apus benchmark training: how fast whole training steps are here, and where their time goes.

import ApusCore
import ApusTensor
public import ApusTraining
public import ArgumentParser

/// `apus benchmark training`.
struct BenchmarkTraining: Command {
  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Measure training steps: tokens per second, share of the machine's peak, time of the parts.",
    discussion: """
      A step is forward, backward, clipping and AdamW on random tokens, which are the same work as real ones. The \
      forward pass with its loss is measured by itself, without dropout; backward is the difference. The share of the \
      peak counts 6 operations for each token and weight plus attention over the whole context, against the \
      multiply-add rate of all threads, measured just before. In masked training only the masked tokens are projected \
      to the vocabulary, and only these are counted for it. Scripts/compare-training-with-pytorch.py takes turns with \
      PyTorch on a real text.
      """)

  @Option(help: "The model: \(Preset.names).")
  var preset = Preset.smallGPT

  @Option(help: ArgumentHelp("Rows of a step (default: what the preset computes at once).", valueName: "count"))
  var batch: Int?

  @Option(help: ArgumentHelp("Tokens of a row (default: the preset's context).", valueName: "count"))
  var context: Int?

  @Option(help: ArgumentHelp("Steps that are measured, after two that are not.", valueName: "count"))
  var steps = 10

  @Option(help: "text or json.")
  var format = OutputFormat.text

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let counts = [("--batch", batch ?? 1), ("--context", context ?? 1), ("--steps", steps)]
    for (name, count) in counts where !(1...1_000_000).contains(count) {
      throw ValidationError("\(name) is \(count); give 1 to 1000000.")
    }
  }

  func run(_ console: Console) throws {
    var configuration = preset.configuration
    let training = configuration.training
    configuration.training.batch = batch ?? (training.microBatch > 0 ? training.microBatch : training.batch)
    configuration.training.microBatch = 0
    configuration.model.context = context ?? configuration.model.context
    let benchmark = TrainingBenchmark(configuration, vocabulary: preset.benchmarkVocabulary, steps: steps)
    console.catchInterrupts()
    let progress = ProgressReporter(console, "Measuring", total: benchmark.warmup + steps, unit: "steps")
    let result = try benchmark.run(in: .stopped(by: console.interruption)) { progress.update($0) }
    progress.finish()
    switch format {
    case .json: try console.printJSON(json(result, configuration))
    case .text: for line in Self.lines(result) { try console.output.line(line) }
    }
  }

  static func lines(_ result: TrainingMeasurement) -> [String] {
    let step = result.steps.median
    var table = TextTable(["part", "median", "share"], left: [0])
    func add(_ part: String, _ seconds: Double) {
      table.add([part, Quantity.milliseconds(seconds), "\(Quantity.decimals(100 * seconds / step, 0)) %"])
    }
    add("forward and loss", result.forwards.median)
    add("backward", result.backward)
    add("clipping and AdamW", result.updates.median)
    add("step", step)
    let share = Quantity.decimals(100 * result.shareOfPeak, 0)
    return table.lines + [""] + operations(result) + [
      "",
      "\(Quantity.short(result.tokensPerSecond)) tokens/s, \(Self.gigaflops(result.flops / step)), "
        + "\(share) % of the measured peak of \(Self.gigaflops(result.peak))",
      "\(Quantity.short(Double(result.parameters))) parameters, \(result.tokens) tokens a step, "
        + "\(Quantity.bytes(result.peakMemory)) of memory at most",
    ]
  }

  /// Means over the measured steps, so that they add up; the dearest operation first.
  private static func operations(_ result: TrainingMeasurement) -> [String] {
    let whole = result.steps.reduce(0, +) / Double(max(1, result.steps.count))
    var table = TextTable(["operation", "forward", "backward", "share"], left: [0])
    let sorted = result.operations.sorted { $0.forward + $0.backward > $1.forward + $1.backward }
    for (kind, forward, backward) in sorted where forward + backward > 0 {
      let isWhole = kind == .output  // its loss and its gradients are one pass
      table.add([
        kind.name, Quantity.milliseconds(forward), isWhole ? "" : Quantity.milliseconds(backward),
        "\(Quantity.decimals(100 * (forward + backward) / whole, 1)) %",
      ])
    }
    return table.lines
  }

  private static func operationsJSON(_ result: TrainingMeasurement) -> [(String, JSON)] {
    result.operations.map { kind, forward, backward in
      let seconds: [(String, JSON)] = [("forward_seconds", .double(forward)), ("backward_seconds", .double(backward))]
      return (kind.name.replacing(" ", with: "_"), .fields(seconds))
    }
  }

  private static func gigaflops(_ rate: Double) -> String { "\(Quantity.decimals(rate / 1e9, 0)) GFLOP/s" }

  private func json(_ result: TrainingMeasurement, _ configuration: PretrainConfiguration) -> JSON {
    .fields([
      ("preset", .string(preset.rawValue)), ("parameters", .int(Int64(result.parameters))),
      ("batch", .int(Int64(configuration.training.batch))), ("context", .int(Int64(configuration.model.context))),
      ("threads", .int(Int64(ThreadPool.shared.threads))), ("steps", .int(Int64(steps))),
      ("tokens_per_second", .double(result.tokensPerSecond)), ("step_seconds", .double(result.steps.median)),
      ("fastest_step_seconds", .double(result.steps.min() ?? .nan)),
      ("forward_seconds", .double(result.forwards.median)), ("backward_seconds", .double(result.backward)),
      ("update_seconds", .double(result.updates.median)),
      ("flops_per_second", .double(result.flops / result.steps.median)),
      ("operations", .fields(Self.operationsJSON(result))),
      ("peak_flops_per_second", .double(result.peak)),
      ("share_of_peak", .double(result.shareOfPeak)), ("peak_memory_bytes", .int(Int64(result.peakMemory))),
    ])
  }
}

extension TrainingMeasurement {
  /// Mean seconds of a measured step, by operation.
  fileprivate var operations: [(kind: OperationProfile.Kind, forward: Double, backward: Double)] {
    let count = Double(max(1, steps.count))
    return OperationProfile.Kind.allCases.map { kind in
      (kind, profile.forwardSeconds(kind) / count, profile.backwardSeconds(kind) / count)
    }
  }

  /// Seconds of the backward pass: what the gradient took beyond the forward pass.
  var backward: Double { max(0, gradients.median - forwards.median) }
  /// At the median step.
  var tokensPerSecond: Double { Double(tokens) / steps.median }
  /// Floating-point rate at the median step as a share of the peak.
  var shareOfPeak: Double { flops / steps.median / peak }
}

extension Preset: ExpressibleByArgument {
  /// Ids that the preset's tokenizer would have on the text it is known for: 65 characters, or the size of its
  /// vocabulary.
  var benchmarkVocabulary: Int {
    configuration.tokenizer.algorithm == .characters ? 65 : configuration.tokenizer.vocabularySize
  }
}

// What one step of training did: what the log records, the progress line shows and the loss plot draws. The fields
// below `timing` depend on the machine's mood; all others are the same on every run, bit for bit.

import ApusCore

/// The outcome of one optimiser step.
public struct StepReport: Sendable, Equatable {
  /// Steps done, this one included.
  public var step: Int
  /// Tokens predicted since the beginning, this step's included.
  public var tokens: Int
  /// Mean cross-entropy of the step's targets before the update, in nats.
  public var loss: Double
  /// The learning rate of the update.
  public var learningRate: Double
  /// The norm of the gradient before clipping.
  public var gradientNorm: Double
  /// How unevenly the experts were used: `experts_per_token` where evenly; nil where there are none.
  public var loadBalancing: Double?
  /// The validation after this step, where there was one.
  public var validation: Evaluation?
  /// What the machine made of it.
  public var timing: StepTiming

  /// States the outcome.
  public init(
    step: Int, tokens: Int, loss: Double, learningRate: Double, gradientNorm: Double, validation: Evaluation? = nil,
    timing: StepTiming = StepTiming()
  ) {
    self.step = step
    self.tokens = tokens
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.validation = validation
    self.timing = timing
  }
}

/// The speed of a step.
public struct StepTiming: Sendable, Equatable {
  /// Wall-clock time of the step, without validation and saving.
  public var seconds = 0.0
  /// Time of its parts: forward and backward with the loss, and the update.
  public var gradientSeconds = 0.0
  /// Time of the norm, clipping and AdamW.
  public var updateSeconds = 0.0
  /// Tokens per second.
  public var tokensPerSecond = 0.0
  /// Floating-point rate as share of the machine's measured multiply-add peak; nil where that was not measured.
  public var shareOfPeak: Double?
  /// Memory of the process.
  public var memoryBytes = 0

  /// Nothing measured.
  public init() {}
}

extension StepReport {
  /// One record of the log.
  var json: JSON {
    var fields: [(String, JSON)] = [
      ("step", .int(Int64(step))), ("tokens", .int(Int64(tokens))), ("loss", .double(loss)),
      ("lr", .double(learningRate)), ("grad_norm", .double(gradientNorm)),
    ]
    if let loadBalancing { fields.append(("load_balancing_loss", .double(loadBalancing))) }
    if let validation {
      fields.append(("validation_loss", .double(validation.loss)))
      fields.append(("validation_accuracy", .double(validation.accuracy)))
      fields.append(("validation_bits_per_byte", validation.bitsPerByte.map { .double($0) } ?? .null))
    }
    fields += [
      ("seconds", .double(timing.seconds)), ("tokens_per_second", .double(timing.tokensPerSecond)),
      ("share_of_peak", timing.shareOfPeak.map { .double($0) } ?? .null),
      ("memory_bytes", .int(Int64(timing.memoryBytes))),
    ]
    return .object(JSON.Object(fields))
  }

  /// A step from its record without a validation; nil where something is missing.
  init?(record: JSON.Object) {
    guard let step = record["step"]?.int, let tokens = record["tokens"]?.int, let loss = record["loss"]?.double,
      let rate = record["lr"]?.double, let norm = record["grad_norm"]?.double
    else { return nil }
    self.init(step: step, tokens: tokens, loss: loss, learningRate: rate, gradientNorm: norm)
    loadBalancing = record["load_balancing_loss"]?.double
    timing.seconds = record["seconds"]?.double ?? 0
    timing.tokensPerSecond = record["tokens_per_second"]?.double ?? 0
    timing.shareOfPeak = record["share_of_peak"]?.double
    timing.memoryBytes = record["memory_bytes"]?.int ?? 0
  }

  /// The names of the record's fields that differ from run to run.
  public static let timingFields = ["seconds", "tokens_per_second", "share_of_peak", "memory_bytes"]
}

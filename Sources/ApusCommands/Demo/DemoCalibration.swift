// How fast this machine trains tiny models, found by training two for a moment, and the plan that follows. It prints
// nothing.

import ApusCore
import ApusScaling
import ApusTensor
import ApusTraining

/// Measures and plans.
struct DemoCalibration {
  /// The settings of the run to come.
  var recipe: DemoRecipe
  /// Ids of the tokenizer.
  var vocabulary: Int
  /// Tokens of the training text.
  var uniqueTokens: Double
  /// The length of the sequences that the model will see: a story, or a row.
  var sequence: Int

  /// The share of the time that is planned for: the rest is for validations, samples and saving, and a machine in a
  /// worse mood.
  static let plannedShare = 0.9
  /// The time of one measurement.
  static let measurementSeconds = 0.8

  /// The plan for `seconds` of training, and the machine's multiply-add peak in FLOP/s.
  func plan(seconds: Double, in workspace: Workspace) throws(ApusError) -> (plan: TrainingPlan, peak: Double) {
    let request = PlanRequest(
      seconds: seconds * Self.plannedShare, context: Double(sequence) / 2, vocabulary: vocabulary,
      uniqueTokens: uniqueTokens)
    let rate = MeasuredRate(
      small: try measure(Self.shape(layers: 2, width: 64, vocabulary), tokensPerStep: 2048, workspace),
      large: try measure(Self.shape(layers: 3, width: 160, vocabulary), tokensPerStep: 2048, workspace))
    let first = try Planner.plan(request, rate: rate)
    // The two frame the choice; the chosen shape itself says how many tokens there is time for.
    let sample = try measure(
      first.shape, tokensPerStep: DemoRecipe.tokensPerStep(tokens: first.tokens), workspace)
    let exact = MeasuredRate(
      shape: sample.shape, context: sample.context, secondsPerToken: sample.secondsPerToken, overheadShare: 0.25)
    let plan = try Planner.plan(request, rate: exact, shapes: [first.shape])
    return (plan, workspace.measuredPeak())
  }

  private func measure(
    _ shape: TransformerShape, tokensPerStep: Double, _ workspace: Workspace
  ) throws(ApusError) -> RateSample {
    var configuration = recipe.configuration(shape, tokensPerStep: tokensPerStep, tokensPerRow: Double(sequence))
    configuration.model.context = sequence
    var benchmark = TrainingBenchmark(configuration, vocabulary: vocabulary, steps: 2)
    let trial = try benchmark.run(in: workspace)
    let step = trial.steps.median
    benchmark.steps = max(3, min(60, Int(Self.measurementSeconds / max(1e-4, step))))
    let measured = try benchmark.run(in: workspace)
    return RateSample(
      shape: shape, context: Double(sequence) / 2,
      secondsPerToken: measured.steps.median / Double(max(1, measured.tokens)))
  }

  private static func shape(layers: Int, width: Int, _ vocabulary: Int) -> TransformerShape {
    TransformerShape(
      layers: layers, width: width, heads: width / 32, feedForward: (width * 8 / 3 + 31) / 32 * 32,
      vocabulary: vocabulary)
  }
}

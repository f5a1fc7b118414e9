// A small plan: which model to train in a given time on this machine. The budget comes from a measured rate; the
// direction from Chinchilla's optimum (arXiv:2203.15556); the last word from what shapes there are and how fast each
// runs here. Issue of scale: the laws were fitted on models a hundred times larger. What is used of them is the balance
// (equal growth of N and D, about 20 tokens a parameter), not the loss they would print.

public import ApusCore

/// What a machine does on small models: seconds a token = operations / rate + layers × width × overhead.
///
/// The second term is the work that is not in matrix products (norms, rotations, the optimiser's pass, dispatch); it is
/// why tiny models reach a small share of the machine's peak.
public struct MeasuredRate: Sendable, Equatable {
  /// Operations a second in products, for models large enough.
  public var flopsPerSecond: Double
  /// Seconds a token, layer and feature outside products.
  public var overhead: Double

  /// Makes a rate.
  public init(flopsPerSecond: Double, overhead: Double) {
    self.flopsPerSecond = flopsPerSecond
    self.overhead = overhead
  }

  /// The rate that explains one measurement, taking `share` of the time as overhead.
  public init(shape: TransformerShape, context: Double, secondsPerToken: Double, overheadShare share: Double) {
    flopsPerSecond = shape.trainingFlops(context: context) / (secondsPerToken * (1 - share))
    overhead = secondsPerToken * share / Double(max(1, shape.layers * shape.width))
  }

  /// The time of training on one token.
  public func secondsPerToken(_ shape: TransformerShape, context: Double) -> Double {
    shape.trainingFlops(context: context) / flopsPerSecond + overhead * Double(shape.layers * shape.width)
  }
}

/// What is to be planned for.
public struct PlanRequest: Sendable, Equatable {
  /// The time for training.
  public var seconds: Double
  /// The number of tokens that a token sees on average.
  public var context: Double
  /// The vocabulary.
  public var vocabulary: Int
  /// The number of different tokens of text; more training than this repeats them.
  public var uniqueTokens: Double
  /// Tokens a parameter to aim at.
  public var targetRatio: Double

  /// Makes a request.
  public init(
    seconds: Double, context: Double, vocabulary: Int, uniqueTokens: Double = .infinity, targetRatio: Double = 20
  ) {
    self.seconds = seconds
    self.context = context
    self.vocabulary = vocabulary
    self.uniqueTokens = uniqueTokens
    self.targetRatio = targetRatio
  }
}

/// A plan with its reasons.
public struct TrainingPlan: Sendable, Equatable {
  /// The model's dimensions.
  public var shape: TransformerShape
  /// The tokens to train on.
  public var tokens: Double
  /// What they cost, in floating-point operations.
  public var compute: Double
  /// The time it should take.
  public var seconds: Double
  /// What Chinchilla's rule would choose for this compute if any size were to be had.
  public var ideal: Allocation
  /// Why, in three plain sentences.
  public var reasons: [String]
}

/// Chooses shapes.
public enum Planner {
  /// The shapes of tiny LLaMA-like decoders: widths in steps that fill vector registers, heads of 32 features, about 2⅔
  /// D of feed-forward.
  public static func tinyShapes(vocabulary: Int) -> [TransformerShape] {
    [32, 64, 96, 128, 160, 192, 256, 320, 384, 512].flatMap { width in
      (1...12).compactMap { layers -> TransformerShape? in
        // Depth in step with width (aspect ratios of 16 to 64); both ends train badly.
        guard width >= 16 * layers, width <= 64 * layers else { return nil }
        let feedForward = (width * 8 / 3 + 31) / 32 * 32
        return TransformerShape(
          layers: layers, width: width, heads: width / 32, feedForward: feedForward, vocabulary: vocabulary)
      }
    }
  }

  /// The shape that comes nearest to the request's tokens a parameter in the time given.
  ///
  /// Nearness is the loss that the imbalance costs under the law's exponents, so being a factor off on either side
  /// counts alike; among shapes as good as equal, the deeper one wins, because small models learn to look back only
  /// with two layers or more.
  public static func plan(
    _ request: PlanRequest, rate: MeasuredRate, shapes: [TransformerShape]? = nil
  ) throws(ApusError) -> TrainingPlan {
    guard request.seconds > 0, request.seconds.isFinite, rate.flopsPerSecond > 0, rate.flopsPerSecond.isFinite else {
      throw ApusError(
        .usage, "cannot plan \(request.seconds) s at \(rate.flopsPerSecond) FLOP/s", remedy: "give a positive time")
    }
    let candidates = (shapes ?? tinyShapes(vocabulary: request.vocabulary)).map { shape in
      (shape: shape, tokens: request.seconds / rate.secondsPerToken(shape, context: request.context))
    }
    func imbalance(_ candidate: (shape: TransformerShape, tokens: Double)) -> Double {
      abs(Double.log(candidate.tokens / Double(candidate.shape.workingParameters) / request.targetRatio))
    }
    guard let nearest = candidates.min(by: { imbalance($0) < imbalance($1) }) else {
      throw ApusError(.usage, "there is no shape to choose from", remedy: "give at least one")
    }
    let equals = candidates.filter { imbalance($0) < imbalance(nearest) + 0.25 }
    let best = equals.max { ($0.shape.layers, -imbalance($0)) < ($1.shape.layers, -imbalance($1)) } ?? nearest
    let compute = best.shape.trainingFlops(context: request.context) * best.tokens
    let size = (compute / 6 / request.targetRatio).squareRoot()
    let ideal = Allocation(parameters: size, tokens: size * request.targetRatio)
    return TrainingPlan(
      shape: best.shape, tokens: best.tokens, compute: compute, seconds: request.seconds, ideal: ideal,
      reasons: reasons(request, rate, best.shape, tokens: best.tokens, compute: compute, ideal: ideal))
  }

  private static func reasons(
    _ request: PlanRequest, _ rate: MeasuredRate, _ shape: TransformerShape, tokens: Double, compute: Double,
    ideal: Allocation
  ) -> [String] {
    let ratio = tokens / Double(shape.workingParameters)
    let reached = compute / request.seconds
    let repeats = tokens / request.uniqueTokens
    let size = NumberText.short(Double(shape.workingParameters))
    return [
      "\(NumberText.duration(request.seconds)) at the \(NumberText.fixed(reached / 1e9, 0)) GFLOP/s measured here on "
        + "such a model "
        + "pay for \(NumberText.short(compute)) operations, and a token costs 6 a parameter to learn from, so "
        + "parameters × tokens is "
        + "fixed.",
      "Chinchilla found that both should grow together, at about \(NumberText.fixed(request.targetRatio, 0)) tokens a "
        + "parameter, which makes "
        + "\(NumberText.short(ideal.parameters)) parameters and \(NumberText.short(ideal.tokens)) tokens.",
      "The nearest good shape is \(shape.layers) layers of width \(shape.width): \(size) working parameters, "
        + "\(NumberText.fixed(100 * Double(shape.embeddingParameters) / Double(shape.workingParameters), 0)) % of them "
        + "in the output "
        + "over \(NumberText.grouped(shape.vocabulary)) tokens, and \(NumberText.fixed(ratio, 0)) tokens for each"
        + (repeats > 1.05 ? ", which reads the text \(NumberText.fixed(repeats, 1)) times." : ", each token new."),
    ]
  }
}

// Mixtures of experts cut finer: Krajewski, Ludziejewski et al. 2024, arXiv:2402.07871. G times as many experts of a
// G-th of the size, G of them a token; the loss gains with G, the router costs with G, and a budget has its best G.

import ApusCore

/// L(N, D, G) = c + (g/G^γ + a)/N^α + b/D^β, with N of all experts without embeddings, 64 experts' expansion.
public struct FineGrainedExpertsLaw: ScalingLaw, Equatable {
  /// Where it stands.
  public var card: LawCard { LawLibrary.krajewskiCard }
  /// E: how many times the feed-forward part of a dense model all experts are.
  public static let expansion = 64.0
  /// Training operations of a parameter in use, and of the router's.
  private static let (flops, routerFlops) = (6.0, 14.0)

  /// Makes the law; its constants are the paper's (table 1).
  public init() {}

  /// A model of this law.
  public struct Shape: Sendable, Equatable {
    /// All parameters without embeddings, N.
    public var total: Double
    /// Those that a token uses, routers left out.
    public var active: Double
    /// The granularity, G.
    public var granularity: Double
    /// Training operations of one token, routers included.
    public var flopsPerToken: Double
  }

  /// The loss of `total` parameters on `tokens` with granularity `granularity`.
  public func loss(total: Double, tokens: Double, granularity: Double) -> Double {
    0.47 + (2.1 / Double.pow(granularity, 0.58) + 18.1) / Double.pow(total, 0.115)
      + 30.8 / Double.pow(tokens, 0.147)
  }

  /// The model whose layers are 64 times as wide as they are many (the paper's assumption), by its `active` parameters.
  public func shape(active: Double, granularity: Double) -> Shape {
    // 12 d² a layer and d = 64 layers: active = 12 · 64² layers³.
    let layers = Double.pow(active / (12 * 64 * 64), 1.0 / 3)
    let width = 64 * layers
    let router = width * Self.expansion * granularity
    return Shape(
      total: width * width * (8 * Self.expansion + 4) * layers, active: active, granularity: granularity,
      flopsPerToken: (12 * width * width * Self.flops + router * Self.routerFlops) * layers)
  }

  /// The best model for a budget, over sizes and the granularities 1 to 64.
  public func best(compute: Double) -> (shape: Shape, tokens: Double, loss: Double) {
    func candidate(_ logActive: Double, _ granularity: Double) -> (shape: Shape, tokens: Double, loss: Double) {
      let shape = shape(active: Double.exp(logActive), granularity: granularity)
      let tokens = compute / shape.flopsPerToken
      return (shape, tokens, loss(total: shape.total, tokens: tokens, granularity: granularity))
    }
    let middle = Double.log(compute / 6) / 2
    var best = candidate(middle, 1)
    for granularity in [1.0, 2, 4, 8, 16, 32, 64] {
      let size = LineSearch.minimum(in: (middle - 8)...(middle + 8)) { candidate($0, granularity).loss }
      let found = candidate(size, granularity)
      if found.loss < best.loss { best = found }
    }
    return best
  }

  /// The best use of `compute` FLOPs; N is of all experts, of which a token uses 12 in 516.
  public func optimum(compute: Double) -> Allocation {
    let best = best(compute: compute)
    return Allocation(parameters: best.shape.total, tokens: best.tokens)
  }

  /// The loss of that best use.
  public func optimalLoss(compute: Double) -> Double? { best(compute: compute).loss }

  /// The formula with its numbers.
  public func explanation(compute: Double) -> [String] {
    let (shape, tokens, loss) = best(compute: compute)
    let short = NumberText.short
    return [
      "L = 0.47 + (2.1/G^0.58 + 18.1)/N^0.115 + 30.8/D^0.147, F = (12 d²·6 + d·64·G·14) layers · D, d = 64 layers",
      "best G = \(FormulaText.number(shape.granularity)): \(short(shape.active)) parameters a token uses, "
        + "\(short(shape.total)) of all experts, \(short(shape.flopsPerToken)) FLOPs a token",
      "D = F / FLOPs a token = \(short(tokens)) tokens, L = \(NumberText.fixed(loss, 4)) nats per token",
    ]
  }
}

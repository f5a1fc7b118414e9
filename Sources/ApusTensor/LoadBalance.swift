// How evenly a pass uses its experts, and the loss that pulls them towards it (Fedus et al. 2021), as transformers'
// load_balancing_loss_func defines it: over the routings of all layers together, with the gradient through the
// probabilities alone. It is over the whole batch of a pass, so a step in micro-batches has another one.

/// Sums over the routings of one pass; nothing where no coefficient is set.
final class LoadBalance {
  /// What the loss's gradient is multiplied by; nil: nothing is collected.
  private(set) var coefficient: Float?
  // [E] each, over all routings: the tokens sent to an expert, by whatever rank, and the sum of its probabilities.
  private var routes: [Double] = []
  private var probabilities: [Double] = []
  // Tokens, counted once for each routing.
  private var tokens = 0

  func begin(coefficient: Float?) {
    self.coefficient = coefficient
    routes.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    tokens = 0
  }

  /// Adds a routing with probabilities `[T, E]`, token after token.
  func add(_ p: Tensor, _ groups: ExpertGroups) {
    guard coefficient != nil else { return }
    while routes.count < groups.experts {
      routes.append(0)
      probabilities.append(0)
    }
    precondition(routes.count == groups.experts, "all routings of a pass have the same number of experts")
    tokens += p.rows
    for expert in 0..<groups.experts { routes[expert] += Double(groups.rows(of: expert).count) }
    for token in 0..<p.rows {
      let row = p.row(token)
      for expert in 0..<groups.experts { probabilities[expert] += Double(row[expert]) }
    }
  }

  /// E · Σ over experts of (routes / tokens) · (mean probability): k where all are used alike; 0 without routings.
  var loss: Double {
    guard tokens > 0 else { return 0 }
    let sum = zip(routes, probabilities).reduce(0) { $0 + $1.0 * $1.1 }
    return Double(routes.count) * sum / (Double(tokens) * Double(tokens))
  }

  /// The derivative of coefficient · loss by an expert's probability for any one token.
  func slope(expert: Int) -> Float {
    Float(Double(coefficient ?? 0) * Double(routes.count) * routes[expert] / (Double(tokens) * Double(tokens)))
  }
}

extension Workspace {
  /// The load-balancing loss of the pass at hand, over all its routings; 0 where `begin` was given no coefficient for
  /// it.
  public func loadBalancingLoss() -> Double { balance.loss }
}

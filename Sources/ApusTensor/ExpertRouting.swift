// How a mixture of experts sends tokens to experts, as data. It knows no tensor.

/// The choice of a token's experts: those of the highest probability, where the softmax runs over all experts
/// (Shazeer et al. 2017; Jiang et al. 2024). Of equally probable experts the first is chosen.
public struct ExpertRouting: Sendable, Equatable {
  /// Experts that each token is sent to, k; at most as many as there are.
  public var expertsPerToken: Int
  /// Whether the chosen experts' probabilities are scaled to sum to 1, as in Mixtral; else they are the weights as they
  /// are.
  public var normalisesWeights: Bool

  /// A routing to `expertsPerToken` experts.
  public init(expertsPerToken: Int, normalisesWeights: Bool) {
    self.expertsPerToken = expertsPerToken
    self.normalisesWeights = normalisesWeights
  }
}

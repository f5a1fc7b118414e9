// AdamW as a training step sees it: take the norm, clip by it, update at the schedule's rate, forget the gradient. The
// moments and the loops over memory are ApusTensor's.

public import ApusTensor

/// The optimiser of a run.
public final class AdamW {
  /// The parameters and their moments; matrices decay, biases and norm gains do not.
  public let state: AdamWState

  private let settings: OptimizerSettings

  /// An optimiser that has made no step yet.
  public init(_ parameters: [Parameter], _ settings: OptimizerSettings) {
    state = AdamWState(parameters)
    self.settings = settings
  }

  /// The norm of all gradients together, before clipping.
  public func gradientNorm(in workspace: Workspace) -> Double { state.gradientNorm(in: workspace) }

  /// The factor for gradients of this norm: clip / (norm + 1e-6), at most 1, as in PyTorch.
  func clipping(norm: Double) -> Double {
    settings.gradientClip > 0 ? min(1, settings.gradientClip / (norm + 1e-6)) : 1
  }

  /// The update after `step` earlier ones, from gradients of norm `norm`; forgets the gradients.
  public func update(step: Int, rate: Double, norm: Double, in workspace: Workspace) {
    state.update(
      AdamWStep(
        step: step + 1, learningRate: rate, gradientScale: clipping(norm: norm), beta1: settings.beta1,
        beta2: settings.beta2, epsilon: settings.epsilon, weightDecay: settings.weightDecay), in: workspace)
    for parameter in state.parameters { parameter.zeroGradient() }
  }
}

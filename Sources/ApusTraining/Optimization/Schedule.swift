// The learning rate of every step: warm-up, then constant, cosine or warm-up–stable–decay. A pure function of the step,
// so a resumed run needs to remember nothing.
//
// Cosine as in nanoGPT's get_lr (Loshchilov and Hutter, arXiv:1608.03983); WSD as in MiniCPM (arXiv:2404.06395) with a
// linear decay. The two count their warm-up differently by tradition, see `rate(at:)`.

import ApusCore

/// A learning-rate schedule over a known number of steps.
public struct Schedule: Sendable, Equatable {
  /// The shape after warm-up.
  public enum Shape: String, Sendable, CaseIterable {
    /// The peak, to the end.
    case constant
    /// Half a cosine from the peak to the minimum.
    case cosine
    /// The peak, then a straight line to the minimum over the last `decaySteps`.
    case wsd
  }

  /// The shape after warm-up.
  public var shape: Shape
  /// The highest rate.
  public var peak: Double
  /// The rate at which the decay ends.
  public var minimum: Double
  /// Steps that climb to the peak.
  public var warmupSteps: Int
  /// Steps of the final decay; only WSD looks at it.
  public var decaySteps: Int
  /// Steps of the whole run.
  public var totalSteps: Int

  /// A schedule; steps are counted from 0.
  public init(
    _ shape: Shape, peak: Double, minimum: Double = 0, warmupSteps: Int = 0, decaySteps: Int = 0, totalSteps: Int
  ) {
    self.shape = shape
    self.peak = peak
    self.minimum = minimum
    self.warmupSteps = warmupSteps
    self.decaySteps = decaySteps
    self.totalSteps = totalSteps
  }

  /// The rate of step `step` (from 0).
  ///
  /// With W warm-up steps, cosine climbs as peak (s + 1) / (W + 1), so that step W is the first at the peak; WSD and
  /// constant climb as peak (s + 1) / W, so that step W − 1 is. WSD falls as minimum + (peak − minimum) (N − s) / D
  /// over its last D of N steps, whose first is still at the peak.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps {
      return peak * Double(step + 1) / Double(shape == .cosine ? warmupSteps + 1 : warmupSteps)
    }
    switch shape {
    case .constant: return peak
    case .cosine: return cosine(at: step)
    case .wsd: return decayed(at: step)
    }
  }

  private func cosine(at step: Int) -> Double {
    guard step < totalSteps else { return minimum }
    let progress = Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
    return minimum + 0.5 * (1 + Double.cos(Double.pi * progress)) * (peak - minimum)
  }

  private func decayed(at step: Int) -> Double {
    guard decaySteps > 0, step > totalSteps - decaySteps else { return peak }
    let share = Double(max(0, totalSteps - step)) / Double(decaySteps)
    return minimum + (peak - minimum) * share
  }
}

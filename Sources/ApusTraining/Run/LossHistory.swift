// The points of a run's loss curves, thinned so that a run of any length fits: the training loss is smoothed and at
// most a few thousand points are held; validation points are all kept. It draws nothing.

/// Loss against steps.
public struct LossHistory: Sendable, Equatable {
  /// A point of a curve.
  public struct Point: Sendable, Equatable {
    /// Steps done.
    public var step: Int
    /// Loss in nats.
    public var loss: Double
  }

  /// The smoothed training loss.
  public private(set) var training: [Point] = []
  /// The validation loss.
  public private(set) var validation: [Point] = []

  private static let capacity = 4096
  private var stride = 1
  private var smoothed: Double?

  /// No points yet.
  public init() {}

  /// Adds a step. Smoothing is exponential over about 20 steps, and shorter at the beginning.
  public mutating func append(step: Int, loss: Double, validation: Double?) {
    let weight = max(0.05, 1 / Double(max(1, step)))
    let mean = smoothed.map { $0 + weight * (loss - $0) } ?? loss
    smoothed = mean
    if step % stride == 0 { training.append(Point(step: step, loss: mean)) }
    if let validation { self.validation.append(Point(step: step, loss: validation)) }
    if training.count >= Self.capacity { thin() }
  }

  private mutating func thin() {
    stride *= 2
    training.removeAll { $0.step % stride != 0 }
  }
}

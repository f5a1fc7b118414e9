// What of a training lies in each device's memory: weights, gradients, optimiser, activations, logits; and the layout
// that fits with the least loss of speed. States: Rajbhandari et al. 2020, arXiv:1910.02054; activations: Korthikanti
// et al. 2022, arXiv:2205.05198, with attention that keeps no scores.

/// How a training is laid out over devices.
public struct TrainingLayout: Sendable, Equatable {
  /// How many devices share each matrix product.
  public var tensorParallel: Int
  /// What data-parallel devices share: 0 nothing, 1 the optimiser, 2 gradients too, 3 weights too (ZeRO).
  public var sharding: Int
  /// Whether layers are computed again in the backward pass instead of being kept; costs a third more operations.
  public var recomputes: Bool

  /// States a layout.
  public init(tensorParallel: Int = 1, sharding: Int = 0, recomputes: Bool = false) {
    self.tensorParallel = tensorParallel
    self.sharding = sharding
    self.recomputes = recomputes
  }

  /// In words.
  public var words: String {
    let shared = [
      "states on every device", "optimiser sharded", "optimiser and gradients sharded", "all states sharded",
    ]
    let split = tensorParallel > 1 ? "tensor parallel over \(tensorParallel), " : ""
    return split + shared[min(max(sharding, 0), 3)] + (recomputes ? ", activations recomputed" : "")
  }
}

/// Bytes on each device.
public struct TrainingMemory: Sendable, Equatable {
  /// Weights, bfloat16.
  public var weights: Double
  /// Gradients, bfloat16.
  public var gradients: Double
  /// Float32 master weights and Adam's two moments.
  public var optimiser: Double
  /// What the backward pass needs of the forward pass, for one row.
  public var activations: Double
  /// Logits of one row, with their gradient: float32 once and bfloat16 once.
  public var logits: Double
  /// The layout they are of.
  public var layout: TrainingLayout

  /// All of it.
  public var total: Double { weights + gradients + optimiser + activations + logits }

  /// What a training of `shape` on `devices` keeps on each, one row of `context` tokens at a time.
  public init(_ shape: TransformerShape, context: Int, devices: Int, layout: TrainingLayout) {
    self.layout = layout
    let parallel = Double(max(1, layout.tensorParallel))
    let replicas = max(1, Double(devices) / parallel)
    let share = Double(shape.parameters) / parallel
    weights = 2 * share / (layout.sharding >= 3 ? replicas : 1)
    gradients = 2 * share / (layout.sharding >= 2 ? replicas : 1)
    optimiser = 12 * share / (layout.sharding >= 1 ? replicas : 1)
    let row = Double(context * shape.width)
    let kept = layout.recomputes ? 2 * row : row * (10 + 24 / parallel)
    // Recomputing needs one layer whole at a time.
    let passing = layout.recomputes ? row * (10 + 24 / parallel) : 0
    activations = Double(shape.layers) * kept + passing
    logits = 6 * Double(context * shape.vocabulary) / parallel
  }

  /// The first layout that fits a device's memory with a tenth to spare, from the fastest to the slowest; nil where
  /// none does.
  public static func fitting(
    _ shape: TransformerShape, context: Int, devices: Int, memory: Double
  ) -> TrainingMemory? {
    layouts(devices: devices).lazy
      .map { TrainingMemory(shape, context: context, devices: devices, layout: $0) }
      .first { $0.total <= 0.9 * memory }
  }

  /// Layouts in the order in which they slow training down.
  static func layouts(devices: Int) -> [TrainingLayout] {
    let shared = devices > 1 ? [0, 1, 2, 3] : [0]
    let parallel = [1, 2, 4, 8].filter { $0 <= devices && devices % $0 == 0 }
    return parallel.flatMap { split in
      [false, true].flatMap { again in
        shared.map { TrainingLayout(tensorParallel: split, sharding: $0, recomputes: again) }
      }
    }
  }
}
